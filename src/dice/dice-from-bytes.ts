// From a beacon to two dice without bias: a hash in counter mode, of which bytes of 252 and above are rejected, since
// 252 = 6 · 42 is the largest multiple of six in a byte. A plain modulo would favour the faces 1 to 4.

import { assert } from '../core/assert.ts';
import { concat } from '../core/bytes.ts';
import { hashIn } from '../crypto/hash.ts';
import type { Primitives } from '../env/primitives.ts';

export type Face = 1 | 2 | 3 | 4 | 5 | 6;
export type Dice = readonly [Face, Face];

/** Bytes from here on are rejected. */
export const REJECT_FROM = 252;
/** Each block gives 32 bytes; that fewer than two of 256 bytes are accepted has probability below 2^-1500. */
const EXPANSION_BLOCKS_MAX = 8;
const FACES: readonly Face[] = [1, 2, 3, 4, 5, 6];

/** The face of one byte, or `null` for a rejected one. */
export function faceOfByte(byte: number): Face | null {
  if (byte >= REJECT_FROM) return null;
  return FACES[byte % 6] ?? null;
}

/** The first two accepted bytes, or `null` if there are fewer. */
export function diceFromBytes(bytes: Uint8Array): Dice | null {
  let first: Face | null = null;
  for (const byte of bytes) {
    const face = faceOfByte(byte);
    if (face === null) continue;
    if (first !== null) return [first, face];
    first = face;
  }
  return null;
}

/** `seed` (any length) expanded until two bytes are accepted. */
export function diceFromSeed(primitives: Primitives, seed: Uint8Array): Dice {
  let stream: Uint8Array = new Uint8Array(0);
  let dice: Dice | null = null;
  for (let block = 0; dice === null && block < EXPANSION_BLOCKS_MAX; block += 1) {
    stream = concat(stream, hashIn(primitives, 'dice', seed, Uint8Array.of(block)));
    dice = diceFromBytes(stream);
  }
  assert(dice !== null, 'a hash in counter mode gives two bytes below 252 within 256 bytes');
  return dice;
}
