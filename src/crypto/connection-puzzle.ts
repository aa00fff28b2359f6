// The puzzle of a connection: some work by who dials, one hash by who listens. It limits how fast one machine can open
// connections to a listener that is under load; it is no defence against somebody who has many machines.
//
//   digest = BLAKE2b-256(len(label) ‖ label ‖ listener's key ‖ dialer's key ‖ cookie ‖ solution)
//   The solution, 8 bytes, is worth as many bits as the digest begins with zero bits.
//
// The cookie is the listener's and holds for some seconds, so nothing can be worked out beforehand. Both keys are in
// the digest: who makes somebody else solve a puzzle can use the solution neither as another nor elsewhere.
// A solution of b bits takes 2^b hashes on average, about 1 µs each natively.

import { concat, utf8 } from '../core/bytes.ts';
import type { Primitives } from '../env/primitives.ts';
import { lengthPrefixed } from './length-prefix.ts';
import { startsWithZeros } from './zero-bits.ts';

export const PUZZLE_SOLUTION_BYTES = 8;
/** No dialer works on more, whatever is asked: about a second natively. */
export const PUZZLE_BITS_MAX = 20;

const DIGEST_BYTES = 32;
const LABEL: Uint8Array = lengthPrefixed(utf8('bitcraps/connection-puzzle'));

export interface Puzzle {
  readonly listener: Uint8Array;
  readonly dialer: Uint8Array;
  readonly cookie: Uint8Array;
  /** 0…`PUZZLE_BITS_MAX`. */
  readonly bits: number;
}

function subjectOf({ listener, dialer, cookie }: Puzzle, solution: Uint8Array): Uint8Array {
  return concat(LABEL, listener, dialer, cookie, solution);
}

export function checkPuzzle(primitives: Primitives, puzzle: Puzzle, solution: Uint8Array): boolean {
  if (solution.length !== PUZZLE_SOLUTION_BYTES) return false;
  const digest = primitives.blake2b(subjectOf(puzzle, solution), DIGEST_BYTES);
  return startsWithZeros(digest, puzzle.bits);
}

export interface PuzzleSearch {
  /** Tries up to `tries` more; a solution once there is one, else `null`: call again. */
  step(tries: number): Uint8Array | null;
}

/** A search that its caller divides up, so that nothing else has to wait for its end. */
export function searchPuzzle(primitives: Primitives, puzzle: Puzzle): PuzzleSearch {
  const subject = subjectOf(puzzle, new Uint8Array(PUZZLE_SOLUTION_BYTES));
  const solution = subject.subarray(-PUZZLE_SOLUTION_BYTES);
  const view = new DataView(solution.buffer, solution.byteOffset);
  let next = 0;
  return {
    step(tries) {
      for (let i = 0; i < tries; i += 1) {
        view.setUint32(PUZZLE_SOLUTION_BYTES - 4, next);
        next += 1;
        if (startsWithZeros(primitives.blake2b(subject, DIGEST_BYTES), puzzle.bits)) {
          return solution.slice();
        }
      }
      return null;
    },
  };
}
