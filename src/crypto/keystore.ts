// The bytes of a keystore file: a seed under a passphrase (Argon2id, RFC 9106; XChaCha20-Poly1305), and in clear what a
// node tells every peer anyway, so that `bitcraps keys show` and `keys verify` need no passphrase.
//
//   offset size
//        0    8  "BitCraps"
//        8    1  format version, 1
//        9    4  Argon2id passes, big-endian
//       13    4  Argon2id memory in KiB, big-endian
//       17   16  Argon2id salt
//       33   24  XChaCha20-Poly1305 nonce
//       57   32  Ed25519 public key
//       89    8  proof of work
//       97    1  the difficulty that the proof was made for, in bits
//       98    1  length n of the network id in bytes
//       99    n  network id, UTF-8
//     99+n   48  the seed, sealed; everything before it is the associated data
//
// Opening authenticates every byte. Reading the header alone does not: whoever can write the file can change what
// `keys show` prints, and is found out as soon as the node starts.

import { bytesEqual, concat, fromUtf8, utf8 } from '../core/bytes.ts';
import { BitcrapsError, fail, ok, type Result } from '../core/errors.ts';
import type { Primitives } from '../env/primitives.ts';
import type { Rng } from '../env/rng.ts';
import { PROOF_BYTES } from './proof-of-work.ts';
import { randomBytes } from './random-bytes.ts';
import { SEED_BYTES } from './signing.ts';

export interface KeystoreContent {
  /** Ed25519 seed, 32 bytes, secret. */
  readonly seed: Uint8Array;
  /** The network that the proof is for, at most 255 bytes of UTF-8. */
  readonly networkId: string;
  /** 8 bytes. */
  readonly proof: Uint8Array;
  /** The difficulty that the proof was made for, 0 … 255. */
  readonly proofBits: number;
}

/** What stands in clear. */
export interface KeystoreHeader {
  readonly publicKey: Uint8Array;
  readonly networkId: string;
  readonly proof: Uint8Array;
  readonly proofBits: number;
}

/** What trying one passphrase costs. */
export interface KeystoreCost {
  /** 1 … 16. */
  readonly passes: number;
  /** 8 … 262 144. */
  readonly memoryKiB: number;
}

/** The second choice of RFC 9106 section 4 with libsodium's one lane: about 0.13 s on one core. */
export const KEYSTORE_COST: KeystoreCost = { passes: 3, memoryKiB: 64 * 1024 };

export type KeystoreHeaderError =
  | 'CRYPTO_KEYSTORE_NOT_A_KEYSTORE'
  | 'CRYPTO_KEYSTORE_TRUNCATED'
  | 'CRYPTO_KEYSTORE_VERSION'
  | 'CRYPTO_KEYSTORE_COST'
  | 'CRYPTO_KEYSTORE_PASSPHRASE';

const MAGIC: Uint8Array = utf8('BitCraps');
const FORMAT_VERSION = 1;
const AT_VERSION = 8;
const AT_PASSES = 9;
const AT_MEMORY = 13;
const AT_SALT = 17;
const AT_NONCE = 33;
const AT_PUBLIC_KEY = 57;
const AT_PROOF = 89;
const AT_PROOF_BITS = 97;
const AT_NETWORK_ID_BYTES = 98;
const AT_NETWORK_ID = 99;
const KEY_BYTES = 32;
const SEALED_SEED_BYTES: number = SEED_BYTES + 16;
/** A longer file cannot be a keystore. */
export const KEYSTORE_BYTES_MAX: number = AT_NETWORK_ID + 255 + SEALED_SEED_BYTES;
/** What a file may ask of its reader: 256 MiB and a few seconds, so that a hostile one cannot ask for a terabyte. */
const PASSES_MAX = 16;
const MEMORY_KIB_MIN = 8;
const MEMORY_KIB_MAX = 256 * 1024;

interface Layout {
  readonly header: KeystoreHeader;
  readonly cost: KeystoreCost;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly associated: Uint8Array;
  readonly sealedSeed: Uint8Array;
}

function isAllowed({ passes, memoryKiB }: KeystoreCost): boolean {
  const memoryAllowed = memoryKiB >= MEMORY_KIB_MIN && memoryKiB <= MEMORY_KIB_MAX;
  return passes >= 1 && passes <= PASSES_MAX && memoryAllowed;
}

/** Takes the bytes apart, checking all that can be checked without the passphrase. */
function parse(bytes: Uint8Array): Result<Layout, KeystoreHeaderError> {
  const beginning = bytes.subarray(0, MAGIC.length);
  if (!bytesEqual(beginning, MAGIC.subarray(0, beginning.length))) {
    return fail('CRYPTO_KEYSTORE_NOT_A_KEYSTORE', {});
  }
  const version = bytes[AT_VERSION];
  if (version === undefined) return fail('CRYPTO_KEYSTORE_TRUNCATED', { bytes: bytes.length });
  if (version !== FORMAT_VERSION) return fail('CRYPTO_KEYSTORE_VERSION', { version });
  const end = AT_NETWORK_ID + (bytes[AT_NETWORK_ID_BYTES] ?? 0);
  if (bytes.length < end + SEALED_SEED_BYTES) {
    return fail('CRYPTO_KEYSTORE_TRUNCATED', { bytes: bytes.length });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const cost = { passes: view.getUint32(AT_PASSES), memoryKiB: view.getUint32(AT_MEMORY) };
  if (!isAllowed(cost)) return fail('CRYPTO_KEYSTORE_COST', { ...cost });
  const networkId = fromUtf8(bytes.subarray(AT_NETWORK_ID, end));
  if (networkId === null || bytes.length > end + SEALED_SEED_BYTES) {
    return fail('CRYPTO_KEYSTORE_PASSPHRASE', {});
  }
  return ok({
    header: {
      publicKey: bytes.slice(AT_PUBLIC_KEY, AT_PROOF),
      networkId,
      proof: bytes.slice(AT_PROOF, AT_PROOF_BITS),
      proofBits: bytes[AT_PROOF_BITS] ?? 0,
    },
    cost,
    salt: bytes.subarray(AT_SALT, AT_NONCE),
    nonce: bytes.subarray(AT_NONCE, AT_PUBLIC_KEY),
    associated: bytes.subarray(0, end),
    sealedSeed: bytes.subarray(end),
  });
}

/** The key of a passphrase, which counts in Unicode form NFC: one passphrase, however the keyboard composes it. */
function deriveKey(
  primitives: Primitives,
  passphrase: string,
  salt: Uint8Array,
  cost: KeystoreCost,
): Uint8Array {
  const password = utf8(passphrase.normalize('NFC'));
  const memoryBytes = cost.memoryKiB * 1024;
  const key = primitives.argon2id(password, salt, cost.passes, memoryBytes, KEY_BYTES);
  primitives.wipe(password);
  return key;
}

/**
 * The bytes of a new keystore file, under a fresh salt and nonce. `cost` is for tests; a real file takes the default.
 * Throws `CRYPTO_KEYSTORE_CONTENT` for a field outside its bounds, `CRYPTO_KEYSTORE_COST` for such a cost.
 */
export function sealKeystore(
  primitives: Primitives,
  rng: Rng,
  content: KeystoreContent,
  passphrase: string,
  cost: KeystoreCost = KEYSTORE_COST,
): Uint8Array {
  const { seed, proof, proofBits } = content;
  const networkId = utf8(content.networkId);
  const fits =
    seed.length === SEED_BYTES &&
    proof.length === PROOF_BYTES &&
    networkId.length <= 0xff &&
    content.networkId.isWellFormed() &&
    Number.isInteger(proofBits) &&
    proofBits >= 0 &&
    proofBits <= 0xff;
  if (!fits) throw new BitcrapsError('CRYPTO_KEYSTORE_CONTENT', {});
  if (!isAllowed(cost)) throw new BitcrapsError('CRYPTO_KEYSTORE_COST', { ...cost });

  const { publicKey, secretKey } = primitives.signKeypair(seed);
  primitives.wipe(secretKey);
  const associated = new Uint8Array(AT_NETWORK_ID + networkId.length);
  const view = new DataView(associated.buffer);
  associated.set(MAGIC);
  view.setUint8(AT_VERSION, FORMAT_VERSION);
  view.setUint32(AT_PASSES, cost.passes);
  view.setUint32(AT_MEMORY, cost.memoryKiB);
  associated.set(randomBytes(rng, AT_NONCE - AT_SALT), AT_SALT);
  associated.set(randomBytes(rng, AT_PUBLIC_KEY - AT_NONCE), AT_NONCE);
  associated.set(publicKey, AT_PUBLIC_KEY);
  associated.set(proof, AT_PROOF);
  view.setUint8(AT_PROOF_BITS, proofBits);
  view.setUint8(AT_NETWORK_ID_BYTES, networkId.length);
  associated.set(networkId, AT_NETWORK_ID);

  const key = deriveKey(primitives, passphrase, associated.subarray(AT_SALT, AT_NONCE), cost);
  const nonce = associated.subarray(AT_NONCE, AT_PUBLIC_KEY);
  const sealedSeed = primitives.xchachaSeal(seed, associated, nonce, key);
  primitives.wipe(key);
  return concat(associated, sealedSeed);
}

/** What a keystore says in clear, unauthenticated: for showing, never for deciding. */
export function readKeystoreHeader(bytes: Uint8Array): Result<KeystoreHeader, KeystoreHeaderError> {
  const parsed = parse(bytes);
  return parsed.ok ? ok(parsed.value.header) : parsed;
}

/**
 * The content, every byte of the file authenticated. A wrong passphrase and an altered file look alike:
 * `CRYPTO_KEYSTORE_PASSPHRASE`.
 */
export function openKeystore(
  primitives: Primitives,
  bytes: Uint8Array,
  passphrase: string,
): Result<KeystoreContent, KeystoreHeaderError> {
  const parsed = parse(bytes);
  if (!parsed.ok) return parsed;
  const { header, cost, salt, nonce, associated, sealedSeed } = parsed.value;
  const key = deriveKey(primitives, passphrase, salt, cost);
  const seed = primitives.xchachaOpen(sealedSeed, associated, nonce, key);
  primitives.wipe(key);
  if (seed === null) return fail('CRYPTO_KEYSTORE_PASSPHRASE', {});
  const { networkId, proof, proofBits } = header;
  return ok({ seed, networkId, proof, proofBits });
}
