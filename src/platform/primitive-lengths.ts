// What lengths libsodium's functions take, and the checks that every implementation of `Primitives` makes: a wrong length
// is a caller's bug and throws `TypeError`.

export const POINT_BYTES = 32;
export const SCALAR_BYTES = 32;
export const WIDE_SCALAR_BYTES = 64;
export const SEED_BYTES = 32;
export const PUBLIC_KEY_BYTES = 32;
export const SECRET_KEY_BYTES = 64;
export const SIGNATURE_BYTES = 64;
export const X25519_BYTES = 32;
export const AEAD_KEY_BYTES = 32;
export const AEAD_TAG_BYTES = 16;
export const CHACHA_NONCE_BYTES = 12;
export const XCHACHA_NONCE_BYTES = 24;
const BLAKE2B_BYTES_MIN = 16;
const BLAKE2B_BYTES_MAX = 64;
const ARGON2_SALT_BYTES = 16;
const ARGON2_MEMORY_BYTES_MIN = 8192;
const ARGON2_MEMORY_BYTES_MAX = 4_398_046_510_080;
const ARGON2_OPS_MAX = 4_294_967_295;
const ARGON2_OUT_BYTES_MIN = 16;
const ARGON2_OUT_BYTES_MAX = 1024;

export function requireBytes(name: string, value: Uint8Array, bytes: number): void {
  if (value.length !== bytes) {
    throw new TypeError(`${name} must be ${bytes} bytes, not ${value.length}`);
  }
}

function requireRange(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new TypeError(`${name} must be an integer from ${min} to ${max}, not ${value}`);
  }
}

/** Of `blake2b`. */
export function requireBlake2b(outBytes: number, key: Uint8Array | undefined): void {
  requireRange('outBytes', outBytes, BLAKE2B_BYTES_MIN, BLAKE2B_BYTES_MAX);
  if (key) requireRange('key length', key.length, BLAKE2B_BYTES_MIN, BLAKE2B_BYTES_MAX);
}

/** Of `argon2id`. */
export function requireArgon2(
  salt: Uint8Array,
  opsLimit: number,
  memoryBytes: number,
  outBytes: number,
): void {
  requireBytes('salt', salt, ARGON2_SALT_BYTES);
  requireRange('opsLimit', opsLimit, 1, ARGON2_OPS_MAX);
  requireRange('memoryBytes', memoryBytes, ARGON2_MEMORY_BYTES_MIN, ARGON2_MEMORY_BYTES_MAX);
  if (memoryBytes % 1024 !== 0) throw new TypeError('memoryBytes must be a multiple of 1024');
  requireRange('outBytes', outBytes, ARGON2_OUT_BYTES_MIN, ARGON2_OUT_BYTES_MAX);
}
