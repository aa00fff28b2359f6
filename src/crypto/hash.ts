// Hashes with domain separation: one BLAKE2b-256 (RFC 7693) whose input names what is hashed, so that a digest of one
// kind of thing can never be taken for a digest of another.
//
// Input, byte for byte, where len(x) is the length of x in bytes as four bytes big-endian:
//   len(label) ‖ label ‖ len(part 1) ‖ part 1 ‖ … ‖ len(part n) ‖ part n     label = "bitcraps/" ‖ domain, UTF-8
// The label comes first and every piece carries its length, hence two inputs are equal only if domain, number of parts
// and all parts are equal.

import { utf8 } from '../core/bytes.ts';
import type { Primitives } from '../env/primitives.ts';
import { lengthPrefixed } from './length-prefix.ts';

export const HASH_BYTES = 32;

export type HashDomain =
  | 'hello'
  | 'channel-binding'
  | 'network-mark'
  | 'rules'
  | 'link-state'
  | 'casino-genesis'
  | 'casino-block'
  | 'casino-operation'
  | 'casino-state'
  | 'casino-effects'
  | 'dice'
  | 'transcript'
  | 'event-log';

/** BLAKE2b-256 of `parts` in `domain`, 32 bytes. */
export function hashIn(
  primitives: Primitives,
  domain: HashDomain,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  const label = utf8(`bitcraps/${domain}`);
  return primitives.blake2b(lengthPrefixed(label, ...parts), HASH_BYTES);
}
