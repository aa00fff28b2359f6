// A proof of work that makes an identity cost some seconds of one core and 16 MiB: a limit on how fast somebody can
// make identities, not a defence against somebody who has many machines.
//
//   digest = SHA-256(len(label) ‖ label ‖ len(network id) ‖ network id ‖ public key ‖ proof)
//            label = "bitcraps/proof-of-work", len(x) four bytes big-endian, public key 32 bytes, proof 8 bytes
//   mark   = Argon2id(password = digest, salt = "bitcraps-pow-v1\0", 1 pass, 16 MiB, 1 lane, 32 bytes)
//   The proof is worth `bits` if digest begins with PREFILTER_BITS zero bits and mark with `bits` zero bits.
//   At 0 bits nothing is asked: every 8 bytes will do.
//
// The digest binds key and network, so a proof serves one identity on one network. It is a cheap filter too: a
// verifier drops 255 of 256 made-up proofs for about 1 µs instead of 13 ms. Solving takes 2^bits Argon2id runs on
// average (13.4 ms each natively, 27 ms in WebAssembly), each preceded by 256 hashes (0.3 ms): about 0.9 s for
// 6 bits, 14 s for 10, 62 hours for 24.

import { concat, utf8 } from '../core/bytes.ts';
import { BitcrapsError } from '../core/errors.ts';
import type { Primitives } from '../env/primitives.ts';
import type { Rng } from '../env/rng.ts';
import type { SlowHash } from '../env/slow-hash.ts';
import { lengthPrefixed } from './length-prefix.ts';
import { randomBytes } from './random-bytes.ts';
import { PUBLIC_KEY_BYTES } from './signing.ts';
import { startsWithZeros } from './zero-bits.ts';

export const PROOF_BYTES = 8;
export const PROOF_BITS_MAX = 24;

const PREFILTER_BITS = 8;
const ARGON2_PASSES = 1;
const ARGON2_MEMORY_BYTES = 16 * 1024 * 1024;
const MARK_BYTES = 32;
const SALT: Uint8Array = utf8('bitcraps-pow-v1\0');
const LABEL: Uint8Array = lengthPrefixed(utf8('bitcraps/proof-of-work'));
/** A search ends after this many times the expected number of proofs; that happens with probability e^−64. */
const SEARCH_FACTOR = 64;

function requireBits(bits: number): void {
  if (!Number.isInteger(bits) || bits < 0 || bits > PROOF_BITS_MAX) {
    throw new BitcrapsError('CRYPTO_PROOF_BITS', { bits });
  }
}

/** What the digest covers before the proof itself. */
function subjectOf(publicKey: Uint8Array, networkId: string): Uint8Array {
  return concat(LABEL, lengthPrefixed(utf8(networkId)), publicKey);
}

/** What Argon2id marks, `null` of a proof that fails the cheap filter. */
function filteredDigest(
  primitives: Primitives,
  subject: Uint8Array,
  proof: Uint8Array,
): Uint8Array | null {
  const digest = primitives.sha256(concat(subject, proof));
  return startsWithZeros(digest, PREFILTER_BITS) ? digest : null;
}

function isProof(
  primitives: Primitives,
  subject: Uint8Array,
  proof: Uint8Array,
  bits: number,
): boolean {
  const digest = filteredDigest(primitives, subject, proof);
  if (digest === null) return false;
  const mark = primitives.argon2id(digest, SALT, ARGON2_PASSES, ARGON2_MEMORY_BYTES, MARK_BYTES);
  return startsWithZeros(mark, bits);
}

/**
 * Searches for a proof worth `bits` (0 … 24) for `publicKey` on `networkId`; blocks while it does. Throws
 * `CRYPTO_PROOF_BITS` for other difficulties, and `CRYPTO_PROOF_NOT_FOUND` after 64 times the expected effort.
 */
export function solveProofOfWork(
  primitives: Primitives,
  rng: Rng,
  publicKey: Uint8Array,
  networkId: string,
  bits: number,
): Uint8Array {
  requireBits(bits);
  const proof = randomBytes(rng, PROOF_BYTES);
  if (bits === 0) return proof;
  const subject = subjectOf(publicKey, networkId);
  const view = new DataView(proof.buffer);
  const triesMax = SEARCH_FACTOR * 2 ** (PREFILTER_BITS + bits);
  for (let tries = 0; tries < triesMax; tries += 1) {
    if (isProof(primitives, subject, proof, bits)) return proof;
    view.setBigUint64(0, view.getBigUint64(0) + 1n);
  }
  throw new BitcrapsError('CRYPTO_PROOF_NOT_FOUND', { bits });
}

/**
 * Whether `proof` is worth `bits` for `publicKey` on `networkId`. `bits` is the verifier's own difficulty, never the
 * peer's claim. A wrong length is `false`; a difficulty outside 0 … 24 throws `CRYPTO_PROOF_BITS`.
 */
export function checkProofOfWork(
  primitives: Primitives,
  publicKey: Uint8Array,
  networkId: string,
  bits: number,
  proof: Uint8Array,
): boolean {
  requireBits(bits);
  if (publicKey.length !== PUBLIC_KEY_BYTES || proof.length !== PROOF_BYTES) return false;
  return bits === 0 || isProof(primitives, subjectOf(publicKey, networkId), proof, bits);
}

/**
 * As `checkProofOfWork`, with the costly part on another thread: at once where the cheap part decides, else later. Rejects as
 * `slowHash` does.
 */
export function checkProofElsewhere(
  primitives: Primitives,
  slowHash: SlowHash,
  publicKey: Uint8Array,
  networkId: string,
  bits: number,
  proof: Uint8Array,
): boolean | Promise<boolean> {
  requireBits(bits);
  if (publicKey.length !== PUBLIC_KEY_BYTES || proof.length !== PROOF_BYTES) return false;
  if (bits === 0) return true;
  const digest = filteredDigest(primitives, subjectOf(publicKey, networkId), proof);
  if (digest === null) return false;
  return slowHash
    .argon2id(digest, SALT, ARGON2_PASSES, ARGON2_MEMORY_BYTES, MARK_BYTES)
    .then((mark) => startsWithZeros(mark, bits));
}
