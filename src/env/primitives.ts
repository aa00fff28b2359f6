// libsodium as an argument, so that pure rooms reach native code (Node) or WebAssembly (browser) by one interface.
// One implementation of Ed25519 everywhere means one verification rule (cofactorless, canonical, as libsodium does).

/**
 * All arguments and results are plain byte arrays; sizes are in bytes. Functions that can fail on hostile input
 * return `null` or `false`; they throw `TypeError` only on a wrong length, which is a caller's bug.
 */
export interface Primitives {
  /** Ed25519 (RFC 8032). seed 32 → publicKey 32, secretKey 64 (seed ‖ publicKey). */
  signKeypair(seed: Uint8Array): { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  /** Detached signature, 64. */
  sign(message: Uint8Array, secretKey: Uint8Array): Uint8Array;
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;

  /** The birationally equivalent X25519 keys; `null` for a point of small order or outside the prime-order subgroup. */
  signPublicToX25519(publicKey: Uint8Array): Uint8Array | null;
  signSecretToX25519(secretKey: Uint8Array): Uint8Array;
  /** X25519 (RFC 7748): base point multiple, 32. */
  x25519Base(scalar: Uint8Array): Uint8Array;
  /** X25519 shared secret, 32; `null` if all-zero (a point of small order). */
  x25519(scalar: Uint8Array, point: Uint8Array): Uint8Array | null;

  sha256(message: Uint8Array): Uint8Array;
  sha512(message: Uint8Array): Uint8Array;
  /** BLAKE2b (RFC 7693) of `outBytes` (16–64), keyed if `key` (16–64) is given. */
  blake2b(message: Uint8Array, outBytes: number, key?: Uint8Array): Uint8Array;

  /** ChaCha20-Poly1305 (RFC 8439): key 32, nonce 12, tag 16 appended. */
  chachaSeal(plaintext: Uint8Array, ad: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array;
  chachaOpen(
    ciphertext: Uint8Array,
    ad: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array | null;
  /** XChaCha20-Poly1305: key 32, nonce 24, tag 16 appended. */
  xchachaSeal(
    plaintext: Uint8Array,
    ad: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array;
  xchachaOpen(
    ciphertext: Uint8Array,
    ad: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array | null;

  /** Argon2id v1.3 (RFC 9106), one lane: salt 16, `opsLimit` passes, `memoryBytes` (a multiple of 1024). */
  argon2id(
    password: Uint8Array,
    salt: Uint8Array,
    opsLimit: number,
    memoryBytes: number,
    outBytes: number,
  ): Uint8Array;

  /** Whether 32 bytes are a canonical point of the prime-order Ed25519 subgroup, not of small order. */
  pointIsValid(point: Uint8Array): boolean;
  /** p + q on the curve (accepts torsion); `null` if either does not decode. */
  pointAdd(p: Uint8Array, q: Uint8Array): Uint8Array | null;
  /** p − q on the curve; `null` if either does not decode. */
  pointSub(p: Uint8Array, q: Uint8Array): Uint8Array | null;
  /** scalar · p, no clamping; `null` if p is invalid (see `pointIsValid`) or the result is the identity. */
  pointMul(scalar: Uint8Array, point: Uint8Array): Uint8Array | null;
  /** scalar · B, no clamping; `null` if the result is the identity. */
  pointMulBase(scalar: Uint8Array): Uint8Array | null;
  /** 64 little-endian bytes modulo L. */
  scalarReduce(wide: Uint8Array): Uint8Array;
  scalarAdd(a: Uint8Array, b: Uint8Array): Uint8Array;
  scalarSub(a: Uint8Array, b: Uint8Array): Uint8Array;
  scalarNegate(a: Uint8Array): Uint8Array;
  /** a · b modulo L, without secret-dependent branches. */
  scalarMul(a: Uint8Array, b: Uint8Array): Uint8Array;

  /** Constant-time comparison; `false` on different lengths. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  /** Overwrites a secret with zeros. */
  wipe(secret: Uint8Array): void;
}
