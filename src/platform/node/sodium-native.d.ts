// The part of sodium-native 5 that this project calls. The published types (@types/sodium-native 2) ask for `Buffer`
// and lack the scalar functions; the library takes any byte view.

declare module 'sodium-native' {
  /** Functions without a result throw an `Error` when libsodium answers non-zero. */
  interface SodiumNative {
    randombytes_buf: (out: Uint8Array) => void;
    sodium_memcmp: (a: Uint8Array, b: Uint8Array) => boolean;
    sodium_memzero: (secret: Uint8Array) => void;

    crypto_sign_seed_keypair: (
      publicKey: Uint8Array,
      secretKey: Uint8Array,
      seed: Uint8Array,
    ) => void;
    crypto_sign_detached: (
      signature: Uint8Array,
      message: Uint8Array,
      secretKey: Uint8Array,
    ) => void;
    crypto_sign_verify_detached: (
      signature: Uint8Array,
      message: Uint8Array,
      publicKey: Uint8Array,
    ) => boolean;
    crypto_sign_ed25519_pk_to_curve25519: (x25519Public: Uint8Array, edPublic: Uint8Array) => void;
    crypto_sign_ed25519_sk_to_curve25519: (x25519Secret: Uint8Array, edSecret: Uint8Array) => void;

    crypto_scalarmult_base: (out: Uint8Array, scalar: Uint8Array) => void;
    crypto_scalarmult: (out: Uint8Array, scalar: Uint8Array, point: Uint8Array) => void;

    crypto_hash_sha256: (out: Uint8Array, message: Uint8Array) => void;
    crypto_hash_sha512: (out: Uint8Array, message: Uint8Array) => void;
    crypto_generichash: (out: Uint8Array, message: Uint8Array, key?: Uint8Array) => void;

    crypto_aead_chacha20poly1305_ietf_encrypt: (
      out: Uint8Array,
      plaintext: Uint8Array,
      ad: Uint8Array,
      nsec: null,
      nonce: Uint8Array,
      key: Uint8Array,
    ) => number;
    crypto_aead_chacha20poly1305_ietf_decrypt: (
      out: Uint8Array,
      nsec: null,
      ciphertext: Uint8Array,
      ad: Uint8Array,
      nonce: Uint8Array,
      key: Uint8Array,
    ) => number;
    crypto_aead_xchacha20poly1305_ietf_encrypt: (
      out: Uint8Array,
      plaintext: Uint8Array,
      ad: Uint8Array,
      nsec: null,
      nonce: Uint8Array,
      key: Uint8Array,
    ) => number;
    crypto_aead_xchacha20poly1305_ietf_decrypt: (
      out: Uint8Array,
      nsec: null,
      ciphertext: Uint8Array,
      ad: Uint8Array,
      nonce: Uint8Array,
      key: Uint8Array,
    ) => number;

    readonly crypto_pwhash_ALG_ARGON2ID13: number;
    crypto_pwhash: (
      out: Uint8Array,
      password: Uint8Array,
      salt: Uint8Array,
      opsLimit: number,
      memoryBytes: number,
      algorithm: number,
    ) => void;

    /** Resolves once a thread of the pool is done with it. */
    crypto_pwhash_async: (
      out: Uint8Array,
      password: Uint8Array,
      salt: Uint8Array,
      opsLimit: number,
      memoryBytes: number,
      algorithm: number,
    ) => Promise<void>;

    crypto_core_ed25519_is_valid_point: (point: Uint8Array) => boolean;
    crypto_core_ed25519_add: (out: Uint8Array, p: Uint8Array, q: Uint8Array) => void;
    crypto_core_ed25519_sub: (out: Uint8Array, p: Uint8Array, q: Uint8Array) => void;
    crypto_scalarmult_ed25519_noclamp: (
      out: Uint8Array,
      scalar: Uint8Array,
      point: Uint8Array,
    ) => void;
    crypto_scalarmult_ed25519_base_noclamp: (out: Uint8Array, scalar: Uint8Array) => void;
    crypto_core_ed25519_scalar_reduce: (out: Uint8Array, wide: Uint8Array) => void;
    crypto_core_ed25519_scalar_add: (out: Uint8Array, a: Uint8Array, b: Uint8Array) => void;
    crypto_core_ed25519_scalar_sub: (out: Uint8Array, a: Uint8Array, b: Uint8Array) => void;
    crypto_core_ed25519_scalar_negate: (out: Uint8Array, a: Uint8Array) => void;
  }
  const sodium: SodiumNative;
  export default sodium;
}
