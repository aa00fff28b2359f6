// A verifiable random function: ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381, section 5.5, suite byte 0x03). The holder of a
// key computes a digest of an input that nobody else could know, and proves that it is the only one.
//
// Two things are stricter here than in the RFC, both because libsodium multiplies points of the prime-order subgroup
// only: a public key with a component of small order is refused, as is such a Gamma. No key or proof made by the RFC
// has one, and without them one input and key have exactly one acceptable Gamma, not eight.

import { assert } from '../core/assert.ts';
import { bytesEqual, concat } from '../core/bytes.ts';
import type { Primitives } from '../env/primitives.ts';

/** Gamma (32) ‖ c (16) ‖ s (32). */
export const VRF_PROOF_BYTES = 80;

const POINT_BYTES = 32;
const SCALAR_BYTES = 32;
const CHALLENGE_BYTES = 16;
const SUITE = 0x03;
const ENCODE_TO_CURVE_FRONT = 0x01;
const CHALLENGE_FRONT = 0x02;
const PROOF_TO_HASH_FRONT = 0x03;
const DOMAIN_BACK = 0x00;
/** Try-and-increment counts in one byte; each try fails with probability 1/2, all of them with 2^-256. */
const ENCODE_TRIES_MAX = 256;

function littleEndian(value: bigint): Uint8Array {
  const out = new Uint8Array(32);
  for (let i = 0; i < out.length; i += 1) out[i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return out;
}

/** p, the size of the field. */
const FIELD_SIZE: Uint8Array = littleEndian(2n ** 255n - 19n);
/** The order L of the prime-order subgroup. */
const GROUP_ORDER: Uint8Array = littleEndian(2n ** 252n + 27742317777372353535851937790883648493n);
/** The neutral element (0, 1). */
const IDENTITY: Uint8Array = littleEndian(1n);

/** A VRF key: an Ed25519 key pair, kept as its seed. */
export interface VrfKeypair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 32 bytes, secret. */
  readonly seed: Uint8Array;
}

/** Whether `a` < `b` as little-endian numbers; for public values. */
function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/**
 * Whether y < p, which RFC 8032 section 5.1.3 asks and libsodium's point addition does not. What else the RFC refuses
 * there, x = 0 with its sign bit set, has an order of at most two and so ends as the neutral element below.
 */
function isCanonicalEncoding(point: Uint8Array): boolean {
  const y = point.slice();
  y[POINT_BYTES - 1] = (y[POINT_BYTES - 1] ?? 0) & 0x7f;
  return isBelow(y, FIELD_SIZE);
}

/** 8 · `point`, on the whole curve; `null` if `point` does not decode. */
function clearCofactor(primitives: Primitives, point: Uint8Array): Uint8Array | null {
  const two = primitives.pointAdd(point, point);
  const four = two && primitives.pointAdd(two, two);
  return four && primitives.pointAdd(four, four);
}

/** ECVRF_encode_to_curve_try_and_increment (section 5.4.1.1), salted with the public key. */
function encodeToCurve(
  primitives: Primitives,
  publicKey: Uint8Array,
  alpha: Uint8Array,
): Uint8Array | null {
  const front = Uint8Array.of(SUITE, ENCODE_TO_CURVE_FRONT);
  for (let counter = 0; counter < ENCODE_TRIES_MAX; counter += 1) {
    const back = Uint8Array.of(counter, DOMAIN_BACK);
    const digest = primitives.sha512(concat(front, publicKey, alpha, back));
    const candidate = digest.slice(0, POINT_BYTES);
    if (!isCanonicalEncoding(candidate)) continue;
    const point = clearCofactor(primitives, candidate);
    if (point !== null && !bytesEqual(point, IDENTITY)) return point;
  }
  return null;
}

/** ECVRF_challenge_generation (section 5.4.3): 16 bytes. */
function challengeOf(primitives: Primitives, points: readonly Uint8Array[]): Uint8Array {
  const front = Uint8Array.of(SUITE, CHALLENGE_FRONT);
  const digest = primitives.sha512(concat(front, ...points, Uint8Array.of(DOMAIN_BACK)));
  return digest.slice(0, CHALLENGE_BYTES);
}

/** ECVRF_proof_to_hash (section 5.2) of a Gamma already known to decode. */
function outputOf(primitives: Primitives, gamma: Uint8Array): Uint8Array | null {
  const point = clearCofactor(primitives, gamma);
  if (point === null) return null;
  const front = Uint8Array.of(SUITE, PROOF_TO_HASH_FRONT);
  return primitives.sha512(concat(front, point, Uint8Array.of(DOMAIN_BACK)));
}

/** A challenge as the 32-byte scalar that it stands for. */
function challengeScalar(challenge: Uint8Array): Uint8Array {
  const scalar = new Uint8Array(SCALAR_BYTES);
  scalar.set(challenge);
  return scalar;
}

/** The key of a 32-byte seed: that of RFC 8032, so an Ed25519 seed can serve. Better to give the VRF one of its own. */
export function vrfKeypair(primitives: Primitives, seed: Uint8Array): VrfKeypair {
  return { publicKey: primitives.signKeypair(seed).publicKey, seed: seed.slice() };
}

/**
 * The proof for `alpha`, 80 bytes, always the same (section 5.1). The time taken depends on `alpha`, not on the key:
 * try-and-increment is for inputs that are public by then.
 */
export function vrfProve(
  primitives: Primitives,
  keypair: VrfKeypair,
  alpha: Uint8Array,
): Uint8Array {
  const { publicKey, seed } = keypair;
  const expanded = primitives.sha512(seed);
  const secret = expanded.slice(0, SCALAR_BYTES);
  secret[0] = (secret[0] ?? 0) & 0xf8;
  secret[31] = ((secret[31] ?? 0) & 0x7f) | 0x40;

  const h = encodeToCurve(primitives, publicKey, alpha);
  assert(h !== null, 'a point is found within 256 tries');
  const gamma = primitives.pointMul(secret, h);
  // Section 5.4.2.2: the nonce of RFC 8032, over the point instead of the message.
  const wide = primitives.sha512(concat(expanded.subarray(SCALAR_BYTES), h));
  const nonce = primitives.scalarReduce(wide);
  const u = primitives.pointMulBase(nonce);
  const v = primitives.pointMul(nonce, h);
  assert(gamma !== null && u !== null && v !== null, 'a secret scalar is not zero modulo L');

  const challenge = challengeOf(primitives, [publicKey, h, gamma, u, v]);
  const product = primitives.scalarMul(challengeScalar(challenge), secret);
  const s = primitives.scalarAdd(nonce, product);
  for (const bytes of [expanded, secret, wide, nonce, product]) primitives.wipe(bytes);
  return concat(gamma, challenge, s);
}

/**
 * The output for `alpha`, 64 bytes, if `proof` is the one that the holder of `publicKey` makes for it; else `null`
 * (section 5.3, with the key validated as in section 5.4.5). Never throws, whatever the bytes and their lengths.
 */
export function vrfVerify(
  primitives: Primitives,
  publicKey: Uint8Array,
  alpha: Uint8Array,
  proof: Uint8Array,
): Uint8Array | null {
  if (publicKey.length !== POINT_BYTES || proof.length !== VRF_PROOF_BYTES) return null;
  const gamma = proof.slice(0, POINT_BYTES);
  const challenge = proof.slice(POINT_BYTES, POINT_BYTES + CHALLENGE_BYTES);
  const s = proof.slice(POINT_BYTES + CHALLENGE_BYTES);
  if (!isBelow(s, GROUP_ORDER)) return null;
  if (!primitives.pointIsValid(publicKey) || !primitives.pointIsValid(gamma)) return null;
  const h = encodeToCurve(primitives, publicKey, alpha);
  if (h === null) return null;

  // Every factor is a valid point, so a product can only be missing for being the neutral element.
  const c = challengeScalar(challenge);
  const u = primitives.pointSub(
    primitives.pointMulBase(s) ?? IDENTITY,
    primitives.pointMul(c, publicKey) ?? IDENTITY,
  );
  const v = primitives.pointSub(
    primitives.pointMul(s, h) ?? IDENTITY,
    primitives.pointMul(c, gamma) ?? IDENTITY,
  );
  if (u === null || v === null) return null;
  const expected = challengeOf(primitives, [publicKey, h, gamma, u, v]);
  return bytesEqual(expected, challenge) ? outputOf(primitives, gamma) : null;
}
