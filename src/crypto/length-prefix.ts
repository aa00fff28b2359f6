// The one injective way in which this room joins byte strings: each with its length before it, so that no two
// different lists give the same bytes.

import { concat } from '../core/bytes.ts';

const LENGTH_BYTES = 4;

/** `part` behind its length in bytes, four bytes big-endian. */
export function lengthPrefixed(part: Uint8Array): Uint8Array {
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, part.length);
  return concat(length, part);
}
