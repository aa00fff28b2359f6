// A PeerId is a node's Ed25519 public key, 32 bytes, shown as 52 base32 characters.

import { fromBase32, toBase32 } from './bytes.ts';
import type { Result } from './errors.ts';

export const PEER_ID_BYTES = 32;
const SHORT_CHARACTERS = 8;

/** The text form, usable as a map key: two PeerIds are equal exactly when their texts are. */
export type PeerIdText = string;

export function peerIdText(publicKey: Uint8Array): PeerIdText {
  return toBase32(publicKey);
}

/** The first eight characters (40 bits): for people, never for decisions. */
export function peerIdShort(publicKey: Uint8Array): string {
  return toBase32(publicKey.subarray(0, 5)).slice(0, SHORT_CHARACTERS);
}

export function parsePeerId(text: string): Result<Uint8Array, 'BYTES_INVALID_BASE32'> {
  return fromBase32(text, PEER_ID_BYTES);
}
