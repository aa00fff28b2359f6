// How a record lies in a table whose nodes are foreign: under a key blinded with the network's id, sealed so that only
// who knows that id and the peer reads it. The same value under the same sequence seals to the same bytes, so that a
// record can be refreshed; the nonce is a keyed hash of both (as in SIV, RFC 5297).
//
//   sealed = nonce (24) ‖ XChaCha20-Poly1305(value)      associated data: blinded key (32) ‖ sequence (8, big-endian)

import { concat, utf8 } from '../../core/bytes.ts';
import { DHT_VALUE_BYTES_MAX } from '../../env/dht.ts';
import type { Primitives } from '../../env/primitives.ts';
import { blindedPublicKey } from '../../crypto/blinded-key.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const SEQUENCE_BYTES = 8;
export const SEALED_BYTES_MAX: number = NONCE_BYTES + DHT_VALUE_BYTES_MAX + TAG_BYTES;

/** Where one peer's record of one network lies, and the keys to it. */
export interface RecordPlace {
  /** The table's key, 32 bytes. */
  readonly key: Uint8Array;
  readonly sealKey: Uint8Array;
  readonly nonceKey: Uint8Array;
}

/** What blinds the keys of one network. */
export function networkContext(networkId: string): Uint8Array {
  return utf8(`bitcraps/dht/${networkId}`);
}

/** `null` if `publicKey` is no valid key. */
export function recordPlace(
  primitives: Primitives,
  context: Uint8Array,
  publicKey: Uint8Array,
): RecordPlace | null {
  const key = blindedPublicKey(primitives, publicKey, context);
  if (key === null) return null;
  const secret = primitives.blake2b(context, KEY_BYTES, publicKey);
  return {
    key,
    sealKey: primitives.blake2b(utf8('seal'), KEY_BYTES, secret),
    nonceKey: primitives.blake2b(utf8('nonce'), KEY_BYTES, secret),
  };
}

export function sealRecord(
  primitives: Primitives,
  place: RecordPlace,
  sequence: bigint,
  value: Uint8Array,
): Uint8Array {
  const bound = boundTo(place, sequence);
  const nonce = primitives.blake2b(concat(bound, value), NONCE_BYTES, place.nonceKey);
  return concat(nonce, primitives.xchachaSeal(value, bound, nonce, place.sealKey));
}

/** The value, or `null` if `bytes` are not what was sealed for this place and sequence. */
export function openRecord(
  primitives: Primitives,
  place: RecordPlace,
  sequence: bigint,
  bytes: Uint8Array,
): Uint8Array | null {
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.length > SEALED_BYTES_MAX) return null;
  const nonce = bytes.slice(0, NONCE_BYTES);
  const bound = boundTo(place, sequence);
  return primitives.xchachaOpen(bytes.slice(NONCE_BYTES), bound, nonce, place.sealKey);
}

function boundTo(place: RecordPlace, sequence: bigint): Uint8Array {
  const out = new Uint8Array(KEY_BYTES + SEQUENCE_BYTES);
  out.set(place.key);
  new DataView(out.buffer).setBigUint64(KEY_BYTES, sequence);
  return out;
}
