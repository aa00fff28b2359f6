// How a record lies in a table whose nodes are foreign: under a key blinded with the network's id, sealed so that only
// who knows that id and the peer reads it. The same value under the same sequence seals to the same bytes, so that a
// record can be refreshed; the nonce is a keyed hash of both (as in SIV, RFC 5297).
//
//   sealed = nonce (24) ‖ XChaCha20-Poly1305(value)      associated data: blinded key (32) ‖ sequence (8, big-endian)
//
// What is signed, under the blinded key, is what hyperdht's nodes check of a mutable record, so that whoever the signer
// gives the record to can write it:
//
//   BLAKE2b-256(BLAKE2b-256("hyperswarm/dht") ‖ 6) ‖ BLAKE2b-256(uint(sequence) ‖ uint(length of sealed) ‖ sealed)

import { assert } from '../core/assert.ts';
import { concat, utf8 } from '../core/bytes.ts';
import { DHT_SEQUENCE_MAX, DHT_VALUE_BYTES_MAX, type SignedDhtRecord } from '../env/dht.ts';
import type { Primitives } from '../env/primitives.ts';
import { blindedPublicKey, signBlinded } from './blinded-key.ts';
import type { Identity } from './signing.ts';

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

/** Number of the command that writes a record. */
const MUTABLE_PUT = 6;

/** What the signature of a record is over. */
export function signedOfRecord(
  primitives: Primitives,
  sequence: bigint,
  sealed: Uint8Array,
): Uint8Array {
  const space = primitives.blake2b(utf8('hyperswarm/dht'), KEY_BYTES);
  return concat(
    primitives.blake2b(concat(space, Uint8Array.of(MUTABLE_PUT)), KEY_BYTES),
    primitives.blake2b(
      concat(compactUint(sequence), compactUint(BigInt(sealed.length)), sealed),
      KEY_BYTES,
    ),
  );
}

/** As hyperdht writes integers: one byte, or one that tells how many follow, the lowest first. */
function compactUint(value: bigint): Uint8Array {
  if (value <= 0xfcn) return Uint8Array.of(Number(value));
  const [mark, bytes] =
    value <= 0xffffn ? [0xfd, 2] : value <= 0xffff_ffffn ? [0xfe, 4] : [0xff, 8];
  const out = new Uint8Array(1 + bytes);
  out[0] = mark;
  for (let i = 0; i < bytes; i += 1) out[1 + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return out;
}

/** A record of this identity that anybody can write for it. */
export function sealTableRecord(
  primitives: Primitives,
  identity: Identity,
  networkId: string,
  value: Uint8Array,
  sequence: bigint,
): SignedDhtRecord {
  const context = networkContext(networkId);
  const place = recordPlace(primitives, context, identity.publicKey);
  assert(place !== null, 'the key of an identity is valid');
  const sealed = sealRecord(primitives, place, sequence, value);
  const message = signedOfRecord(primitives, sequence, sealed);
  const signature = signBlinded(primitives, identity, context, message);
  return { publicKey: identity.publicKey, sequence, sealed, signature };
}

/** What somebody sealed and signed for this network; `null` if it is anything else. */
export function openTableRecord(
  primitives: Primitives,
  networkId: string,
  { publicKey, sequence, sealed, signature }: SignedDhtRecord,
): Uint8Array | null {
  if (sequence < 1n || sequence > DHT_SEQUENCE_MAX) return null;
  const place = recordPlace(primitives, networkContext(networkId), publicKey);
  if (place === null) return null;
  const message = signedOfRecord(primitives, sequence, sealed);
  if (!primitives.verify(signature, message, place.key)) return null;
  return openRecord(primitives, place, sequence, sealed);
}
