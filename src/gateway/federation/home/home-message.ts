// What a member gives its gateways: its sealed and signed home, to be written into the distributed table for it.
//
//   sequence (8) ‖ signature (64) ‖ sealed

import type { SignedDhtRecord } from '../../../env/dht.ts';
import { readU64, writeU64 } from '../../../wire/big-endian.ts';

/** Number of the protocol between members of a mesh. */
export const HOME_PROTOCOL = 4;
const SIGNATURE_BYTES = 64;
const HEAD_BYTES: number = 8 + SIGNATURE_BYTES;
/** Sealing adds 40 bytes to the record of eight gateways. */
const SEALED_BYTES_MAX = 512;

export function encodeHomeMessage({ sequence, signature, sealed }: SignedDhtRecord): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + sealed.length);
  writeU64(bytes, 0, sequence);
  bytes.set(signature, 8);
  bytes.set(sealed, HEAD_BYTES);
  return bytes;
}

/** `null` if it is none. `publicKey`: of whom the message came from. */
export function decodeHomeMessage(
  publicKey: Uint8Array,
  bytes: Uint8Array,
): SignedDhtRecord | null {
  if (bytes.length <= HEAD_BYTES || bytes.length > HEAD_BYTES + SEALED_BYTES_MAX) return null;
  return {
    publicKey,
    sequence: readU64(bytes, 0),
    signature: bytes.slice(8, HEAD_BYTES),
    sealed: bytes.slice(HEAD_BYTES),
  };
}
