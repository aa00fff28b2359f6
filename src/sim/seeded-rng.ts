// Seeded randomness: xoshiro128** 1.1 (Blackman and Vigna, https://prng.di.unimi.it/xoshiro128starstar.c), one stream
// for each name, so that what one node draws never shifts what another one gets.

import { concat, utf8 } from '../core/bytes.ts';
import type { Primitives } from '../env/primitives.ts';
import type { Rng } from '../env/rng.ts';

const SEED_BYTES = 8;

/** Draws for a simulation. */
export interface SeededRng extends Rng {
  /** A uniform number in [0, 1) with 32 bits. */
  unit(): number;
  /** `true` with `probability` (0–1). Always draws, so that a profile's change does not shift the stream. */
  chance(probability: number): boolean;
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** The generator itself. `state` is 16 bytes, not all zero. */
export function createXoshiro128(state: Uint8Array): SeededRng {
  const view = new DataView(state.buffer, state.byteOffset, state.byteLength);
  let s0 = view.getUint32(0, true);
  let s1 = view.getUint32(4, true);
  let s2 = view.getUint32(8, true);
  let s3 = view.getUint32(12, true);

  const uint32 = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = rotateLeft(s3, 11);
    return result;
  };
  const unit = (): number => uint32() / 2 ** 32;

  return {
    uint32,
    unit,
    chance: (probability) => unit() < probability,
    fill(out) {
      for (let at = 0; at < out.length; at += 4) {
        const word = uint32();
        const end = Math.min(at + 4, out.length);
        for (let i = at; i < end; i += 1) out[i] = word >>> (8 * (i - at));
      }
    },
  };
}

/** The stream `name` of `seed`, a safe integer. */
export function createSeededRng(primitives: Primitives, seed: number, name: string): SeededRng {
  const prefix = new Uint8Array(SEED_BYTES);
  new DataView(prefix.buffer).setFloat64(0, seed);
  return createXoshiro128(primitives.sha256(concat(prefix, utf8(name))).slice(0, 16));
}
