// Ed25519 (RFC 8032) with domain separation: a signature made for one purpose verifies for no other.
//
// Signed bytes, where len(x) is the length of x in bytes as four bytes big-endian:
//   len(label) ‖ label ‖ message          label = "bitcraps/sign/" ‖ domain, UTF-8
// The label's length is given, so no label can be a prefix of another with its message; the message needs none, being
// last. Plain Ed25519 with a prefix, not Ed25519ctx, since libsodium offers no context.

import { concat, utf8 } from '../core/bytes.ts';
import type { Primitives } from '../env/primitives.ts';
import { lengthPrefixed } from './length-prefix.ts';

export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;
export const SEED_BYTES = 32;

export type SigningDomain =
  | 'link-hello'
  | 'tls-certificate'
  | 'link-state'
  | 'presence'
  | 'gateway-price'
  | 'gateway-offer'
  | 'casino-genesis'
  | 'casino-operation'
  | 'casino-block'
  | 'transcript';

/** A node's or player's signing key; `publicKey` is its PeerId. */
export interface Identity {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes: seed ‖ publicKey, as libsodium keeps it. */
  readonly secretKey: Uint8Array;
}

function inDomain(domain: SigningDomain, message: Uint8Array): Uint8Array {
  return concat(lengthPrefixed(utf8(`bitcraps/sign/${domain}`)), message);
}

/** The identity of a 32-byte seed. */
export function identityFromSeed(primitives: Primitives, seed: Uint8Array): Identity {
  return primitives.signKeypair(seed);
}

/** The deterministic signature of `message` in `domain`, 64 bytes. */
export function signIn(
  primitives: Primitives,
  identity: Identity,
  domain: SigningDomain,
  message: Uint8Array,
): Uint8Array {
  return primitives.sign(inDomain(domain, message), identity.secretKey);
}

/**
 * Whether `signature` is one by `publicKey` over `message` in `domain`. Never throws: a wrong length is `false`.
 * The rule for edge cases is libsodium's (no small-order keys, canonical scalars, cofactorless); votes depend on it.
 */
export function verifyIn(
  primitives: Primitives,
  publicKey: Uint8Array,
  domain: SigningDomain,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  return primitives.verify(signature, inDomain(domain, message), publicKey);
}
