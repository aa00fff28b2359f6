// ChaCha20-Poly1305 (RFC 8439) under an explicit counter: the nonce of the Noise framework (revision 34, sections 5.1
// and 12.3), sent along or implied, so that packets may be lost or reordered (section 11.4, out-of-order transport).

import { BitcrapsError } from '../core/errors.ts';
import type { Primitives } from '../env/primitives.ts';

/** Counters run from 0 to 2^64 − 2; Noise reserves 2^64 − 1 for rekeying. */
export const COUNTER_END: bigint = 2n ** 64n - 1n;

const NONCE_BYTES = 12;
const COUNTER_OFFSET = 4;

/** Four zero bytes ‖ the counter in eight bytes little-endian. */
function nonceOf(counter: bigint): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  new DataView(nonce.buffer).setBigUint64(COUNTER_OFFSET, counter, true);
  return nonce;
}

const REKEY_BYTES = 32;

function inRange(counter: bigint): boolean {
  return counter >= 0n && counter < COUNTER_END;
}

/**
 * Seals `plaintext` under `key` (32 bytes) and authenticates `ad` with it. The caller never uses a counter twice under
 * one key. Throws `CRYPTO_COUNTER_EXHAUSTED` outside 0 … 2^64 − 2.
 */
export function sealTransport(
  primitives: Primitives,
  key: Uint8Array,
  counter: bigint,
  ad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  if (!inRange(counter)) throw new BitcrapsError('CRYPTO_COUNTER_EXHAUSTED', { counter });
  return primitives.chachaSeal(plaintext, ad, nonceOf(counter), key);
}

/** The plaintext, or `null` if key, counter, `ad` or ciphertext differ from what was sealed. */
export function openTransport(
  primitives: Primitives,
  key: Uint8Array,
  counter: bigint,
  ad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | null {
  if (!inRange(counter)) return null;
  return primitives.chachaOpen(ciphertext, ad, nonceOf(counter), key);
}

/**
 * The key that follows `key`: REKEY of section 4.2, the first 32 bytes of what the reserved counter makes of zeros. It
 * does not lead back, so whoever takes a key later cannot read what was sealed before it. Counters go on.
 */
export function nextTransportKey(primitives: Primitives, key: Uint8Array): Uint8Array {
  const zeros = new Uint8Array(REKEY_BYTES);
  const sealed = primitives.chachaSeal(zeros, new Uint8Array(0), nonceOf(COUNTER_END), key);
  return sealed.slice(0, REKEY_BYTES);
}
