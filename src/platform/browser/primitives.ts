// `Primitives` by libsodium-wrappers-sumo: the same libsodium in WebAssembly, so that a page accepts and refuses exactly
// what Node does. A page from a plain-HTTP address has no WebCrypto, so nothing here asks for it.

import sodium from 'libsodium-wrappers-sumo';
import type { Primitives } from '../../env/primitives.ts';
import {
  AEAD_KEY_BYTES,
  AEAD_TAG_BYTES,
  CHACHA_NONCE_BYTES,
  POINT_BYTES,
  PUBLIC_KEY_BYTES,
  requireArgon2,
  requireBlake2b,
  requireBytes,
  SCALAR_BYTES,
  SECRET_KEY_BYTES,
  SEED_BYTES,
  SIGNATURE_BYTES,
  WIDE_SCALAR_BYTES,
  X25519_BYTES,
  XCHACHA_NONCE_BYTES,
} from '../primitive-lengths.ts';

/**
 * What `call` gives, or `null` if libsodium refused. Lengths are checked before, so a hostile value is the only reason
 * left for the exception by which the wrappers report a refusal.
 */
function orNull(call: () => Uint8Array): Uint8Array | null {
  try {
    return call();
  } catch {
    return null;
  }
}

function seal(
  encrypt: (
    message: Uint8Array,
    ad: Uint8Array,
    secretNonce: null,
    nonce: Uint8Array,
    key: Uint8Array,
  ) => Uint8Array,
  nonceBytes: number,
): Primitives['chachaSeal'] {
  return (plaintext, ad, nonce, key) => {
    requireBytes('nonce', nonce, nonceBytes);
    requireBytes('key', key, AEAD_KEY_BYTES);
    return encrypt(plaintext, ad, null, nonce, key);
  };
}

function open(
  decrypt: (
    secretNonce: null,
    ciphertext: Uint8Array,
    ad: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ) => Uint8Array,
  nonceBytes: number,
): Primitives['chachaOpen'] {
  return (ciphertext, ad, nonce, key) => {
    requireBytes('nonce', nonce, nonceBytes);
    requireBytes('key', key, AEAD_KEY_BYTES);
    if (ciphertext.length < AEAD_TAG_BYTES) return null;
    return orNull(() => decrypt(null, ciphertext, ad, nonce, key));
  };
}

/** `scalar` modulo L. Without it libsodium would drop bit 255 in an unclamped multiplication, and a carry in a sum. */
function reduced(scalar: Uint8Array): Uint8Array {
  const wide = new Uint8Array(WIDE_SCALAR_BYTES);
  wide.set(scalar);
  const out = sodium.crypto_core_ed25519_scalar_reduce(wide);
  sodium.memzero(wide);
  return out;
}

function pointIsValid(point: Uint8Array): boolean {
  requireBytes('point', point, POINT_BYTES);
  return sodium.crypto_core_ed25519_is_valid_point(point);
}

function requireScalars(a: Uint8Array, b: Uint8Array): void {
  requireBytes('a', a, SCALAR_BYTES);
  requireBytes('b', b, SCALAR_BYTES);
}

/** libsodium in WebAssembly, once it is compiled. Stateless; safe to share. */
export async function loadPrimitives(): Promise<Primitives> {
  await sodium.ready;
  return { ...keys(), ...hashesAndSeals(), ...points(), ...scalars() };
}

type Part<Name extends keyof Primitives> = Pick<Primitives, Name>;

function keys(): Part<
  | 'signKeypair'
  | 'sign'
  | 'verify'
  | 'signPublicToX25519'
  | 'signSecretToX25519'
  | 'x25519Base'
  | 'x25519'
> {
  return {
    signKeypair(seed) {
      requireBytes('seed', seed, SEED_BYTES);
      const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed);
      return { publicKey, secretKey: privateKey };
    },

    sign(message, secretKey) {
      requireBytes('secretKey', secretKey, SECRET_KEY_BYTES);
      return sodium.crypto_sign_detached(message, secretKey);
    },

    verify(signature, message, publicKey) {
      requireBytes('signature', signature, SIGNATURE_BYTES);
      requireBytes('publicKey', publicKey, PUBLIC_KEY_BYTES);
      return sodium.crypto_sign_verify_detached(signature, message, publicKey);
    },

    signPublicToX25519(publicKey) {
      // The conversion itself decodes leniently (y ≥ p), which would give one X25519 key two names.
      if (!pointIsValid(publicKey)) return null;
      return orNull(() => sodium.crypto_sign_ed25519_pk_to_curve25519(publicKey));
    },

    signSecretToX25519(secretKey) {
      requireBytes('secretKey', secretKey, SECRET_KEY_BYTES);
      return sodium.crypto_sign_ed25519_sk_to_curve25519(secretKey);
    },

    x25519Base(scalar) {
      requireBytes('scalar', scalar, X25519_BYTES);
      return sodium.crypto_scalarmult_base(scalar);
    },

    x25519(scalar, point) {
      requireBytes('scalar', scalar, X25519_BYTES);
      requireBytes('point', point, X25519_BYTES);
      return orNull(() => sodium.crypto_scalarmult(scalar, point));
    },
  };
}

function hashesAndSeals(): Part<
  | 'sha256'
  | 'sha512'
  | 'blake2b'
  | 'chachaSeal'
  | 'chachaOpen'
  | 'xchachaSeal'
  | 'xchachaOpen'
  | 'argon2id'
  | 'equal'
  | 'wipe'
> {
  return {
    sha256: (message) => sodium.crypto_hash_sha256(message),
    sha512: (message) => sodium.crypto_hash_sha512(message),

    blake2b(message, outBytes, key) {
      requireBlake2b(outBytes, key);
      return sodium.crypto_generichash(outBytes, message, key ?? null);
    },

    chachaSeal: seal(sodium.crypto_aead_chacha20poly1305_ietf_encrypt, CHACHA_NONCE_BYTES),
    chachaOpen: open(sodium.crypto_aead_chacha20poly1305_ietf_decrypt, CHACHA_NONCE_BYTES),
    xchachaSeal: seal(sodium.crypto_aead_xchacha20poly1305_ietf_encrypt, XCHACHA_NONCE_BYTES),
    xchachaOpen: open(sodium.crypto_aead_xchacha20poly1305_ietf_decrypt, XCHACHA_NONCE_BYTES),

    argon2id(password, salt, opsLimit, memoryBytes, outBytes) {
      requireArgon2(salt, opsLimit, memoryBytes, outBytes);
      const algorithm = sodium.crypto_pwhash_ALG_ARGON2ID13;
      return sodium.crypto_pwhash(outBytes, password, salt, opsLimit, memoryBytes, algorithm);
    },

    equal: (a, b) => a.length === b.length && sodium.memcmp(a, b),
    wipe: (secret) => sodium.memzero(secret),
  };
}

function points(): Part<'pointIsValid' | 'pointAdd' | 'pointSub' | 'pointMul' | 'pointMulBase'> {
  return {
    pointIsValid,

    pointAdd(p, q) {
      requireBytes('p', p, POINT_BYTES);
      requireBytes('q', q, POINT_BYTES);
      return orNull(() => sodium.crypto_core_ed25519_add(p, q));
    },

    pointSub(p, q) {
      requireBytes('p', p, POINT_BYTES);
      requireBytes('q', q, POINT_BYTES);
      return orNull(() => sodium.crypto_core_ed25519_sub(p, q));
    },

    pointMul(scalar, point) {
      requireBytes('scalar', scalar, SCALAR_BYTES);
      requireBytes('point', point, POINT_BYTES);
      const canonical = reduced(scalar);
      const out = orNull(() => sodium.crypto_scalarmult_ed25519_noclamp(canonical, point));
      sodium.memzero(canonical);
      return out;
    },

    pointMulBase(scalar) {
      requireBytes('scalar', scalar, SCALAR_BYTES);
      const canonical = reduced(scalar);
      const out = orNull(() => sodium.crypto_scalarmult_ed25519_base_noclamp(canonical));
      sodium.memzero(canonical);
      return out;
    },
  };
}

function scalars(): Part<
  'scalarReduce' | 'scalarAdd' | 'scalarSub' | 'scalarNegate' | 'scalarMul'
> {
  return {
    scalarReduce(wide) {
      requireBytes('wide', wide, WIDE_SCALAR_BYTES);
      return sodium.crypto_core_ed25519_scalar_reduce(wide);
    },

    scalarAdd(a, b) {
      requireScalars(a, b);
      const [x, y] = [reduced(a), reduced(b)];
      const out = sodium.crypto_core_ed25519_scalar_add(x, y);
      sodium.memzero(x);
      sodium.memzero(y);
      return out;
    },

    scalarSub(a, b) {
      requireScalars(a, b);
      const x = reduced(a);
      const out = sodium.crypto_core_ed25519_scalar_sub(x, b);
      sodium.memzero(x);
      return out;
    },

    scalarNegate(a) {
      requireBytes('a', a, SCALAR_BYTES);
      return sodium.crypto_core_ed25519_scalar_negate(a);
    },

    scalarMul(a, b) {
      requireScalars(a, b);
      return sodium.crypto_core_ed25519_scalar_mul(a, b);
    },
  };
}
