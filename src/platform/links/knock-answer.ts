// A dialer's side of a knock, the same on every transport: from the listener's challenge to the answer that it wants.

import { bytesEqual } from '../../core/bytes.ts';
import { PUZZLE_BITS_MAX, searchPuzzle } from '../../crypto/connection-puzzle.ts';
import type { Primitives } from '../../env/primitives.ts';
import { cookieParts, decodeKnock, encodeKnock } from '../../wire/knock.ts';

/** Between two looks at everything else: some milliseconds. */
const TRIES_PER_STEP = 2_000;

export interface AnswerSearch {
  /** Works for some milliseconds: the answer, or `null`: call again in another turn. */
  step(): Uint8Array | null;
}

/**
 * `null` for what is no challenge, asks more than anybody does, or is in the name of another listener than `remoteKey`
 * (where that is known): its solution would be of use to somebody else.
 */
export function answerSearch(
  primitives: Primitives,
  self: Uint8Array,
  remoteKey: Uint8Array | null,
  challenge: Uint8Array,
): AnswerSearch | null {
  const knock = decodeKnock(challenge);
  if (knock?.kind !== 'challenge') return null;
  const { listener, cookie } = knock;
  const { bits } = cookieParts(cookie);
  if (bits > PUZZLE_BITS_MAX) return null;
  if (remoteKey !== null && !bytesEqual(remoteKey, listener)) return null;
  const search = searchPuzzle(primitives, { listener, dialer: self, cookie, bits });
  return {
    step() {
      const solution = search.step(TRIES_PER_STEP);
      return solution === null
        ? null
        : encodeKnock({ kind: 'answer', dialer: self, cookie, solution });
    },
  };
}
