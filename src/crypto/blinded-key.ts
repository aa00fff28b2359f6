// Key blinding: from a peer's Ed25519 key and a context, anybody derives the same new public key, and only the holder of
// the peer's secret can sign for it. Whoever sees the new key without the context cannot tell whose it is. The method is
// that of Tor's version 3 onion services (rend-spec-v3, appendix A.2), with the factor reduced modulo L instead of
// clamped, and SHA-512 for SHA-3.
//
//   h  = SHA-512(label ‖ A ‖ context) mod L      A' = h·A       a' = h·a mod L
//   r  = SHA-512(prefix' ‖ M) mod L              R  = r·B       S  = r + SHA-512(R ‖ A' ‖ M)·a' mod L
//
// A signature (R, S) is an ordinary Ed25519 one under A'. Both hashes of h and prefix' are over length-prefixed parts.

import { assert } from '../core/assert.ts';
import { concat, utf8 } from '../core/bytes.ts';
import type { Primitives } from '../env/primitives.ts';
import { lengthPrefixed } from './length-prefix.ts';
import type { Identity } from './signing.ts';

const SCALAR_BYTES = 32;
const FACTOR_LABEL: Uint8Array = utf8('bitcraps/blinding/factor');
const PREFIX_LABEL: Uint8Array = utf8('bitcraps/blinding/prefix');

function factorOf(primitives: Primitives, publicKey: Uint8Array, context: Uint8Array): Uint8Array {
  const wide = primitives.sha512(lengthPrefixed(FACTOR_LABEL, publicKey, context));
  return primitives.scalarReduce(wide);
}

/** The key of `publicKey` in `context`, 32 bytes; `null` if `publicKey` is no valid point. */
export function blindedPublicKey(
  primitives: Primitives,
  publicKey: Uint8Array,
  context: Uint8Array,
): Uint8Array | null {
  return primitives.pointMul(factorOf(primitives, publicKey, context), publicKey);
}

/** The signature of `message`, 64 bytes, that verifies under `blindedPublicKey` of this identity in this context. */
export function signBlinded(
  primitives: Primitives,
  identity: Identity,
  context: Uint8Array,
  message: Uint8Array,
): Uint8Array {
  const factor = factorOf(primitives, identity.publicKey, context);
  const blinded = primitives.pointMul(factor, identity.publicKey);
  const expanded = primitives.sha512(identity.secretKey.subarray(0, SCALAR_BYTES));
  const scalar = expanded.slice(0, SCALAR_BYTES);
  scalar[0] = (scalar[0] ?? 0) & 0xf8;
  scalar[31] = ((scalar[31] ?? 0) & 0x7f) | 0x40;
  const secret = primitives.scalarMul(factor, scalar);
  // Another prefix for each factor: one nonce under two keys would give both away.
  const prefix = primitives.sha512(
    lengthPrefixed(PREFIX_LABEL, expanded.subarray(SCALAR_BYTES), factor),
  );
  const wide = primitives.sha512(concat(prefix, message));
  const nonce = primitives.scalarReduce(wide);
  const commitment = primitives.pointMulBase(nonce);
  assert(blinded !== null && commitment !== null, 'an identity is a valid point and a nonce not 0');
  const challenge = primitives.scalarReduce(
    primitives.sha512(concat(commitment, blinded, message)),
  );
  const product = primitives.scalarMul(challenge, secret);
  const response = primitives.scalarAdd(nonce, product);
  for (const bytes of [expanded, scalar, secret, prefix, wide, nonce, product]) {
    primitives.wipe(bytes);
  }
  return concat(commitment, response);
}
