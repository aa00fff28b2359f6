// The SymmetricState of the Noise protocol framework (revision 34, section 5.2) with its CipherState inside, over
// ChaChaPoly and BLAKE2b: a chaining key that absorbs Diffie–Hellman results, a running hash of the whole transcript,
// and the key that seals the handshake's payloads.

import { concat } from '../core/bytes.ts';
import type { Primitives } from '../env/primitives.ts';
import { openTransport, sealTransport } from './transport-cipher.ts';

/** HASHLEN of BLAKE2b. */
export const NOISE_HASH_BYTES = 64;
const BLOCK_BYTES = 128;
const KEY_BYTES = 32;

export interface SymmetricState {
  /** h, 64 bytes: everything said so far, and the associated data of what comes next. */
  readonly handshakeHash: Uint8Array;
  /** Whether a key has been mixed in, so that payloads are sealed from here on. */
  readonly hasKey: boolean;
  mixHash(data: Uint8Array): void;
  mixKey(secret: Uint8Array): void;
  encryptAndHash(plaintext: Uint8Array): Uint8Array;
  /** `null`, and a state of no further use, if `ciphertext` is not authentic. */
  decryptAndHash(ciphertext: Uint8Array): Uint8Array | null;
  /** The transport keys: the initiator's sending key, then the responder's. */
  split(): readonly [Uint8Array, Uint8Array];
  /** An independent copy, for trying a message that may turn out forged. */
  clone(): SymmetricState;
  wipe(): void;
}

interface Fields {
  readonly chainingKey: Uint8Array;
  readonly hash: Uint8Array;
  readonly key: Uint8Array;
  hasKey: boolean;
  counter: bigint;
}

/** HMAC-BLAKE2b-512 (RFC 2104 with B = 128), as section 4.3 asks; not BLAKE2b's own keyed mode. */
function hmac(primitives: Primitives, key: Uint8Array, data: Uint8Array): Uint8Array {
  const inner = new Uint8Array(BLOCK_BYTES).fill(0x36);
  const outer = new Uint8Array(BLOCK_BYTES).fill(0x5c);
  for (const [i, byte] of key.entries()) {
    inner[i] = 0x36 ^ byte;
    outer[i] = 0x5c ^ byte;
  }
  const digest = primitives.blake2b(concat(inner, data), NOISE_HASH_BYTES);
  const result = primitives.blake2b(concat(outer, digest), NOISE_HASH_BYTES);
  primitives.wipe(inner);
  primitives.wipe(outer);
  return result;
}

/** HKDF of section 4.3 with two outputs of 64 bytes each. */
function hkdf(
  primitives: Primitives,
  chainingKey: Uint8Array,
  material: Uint8Array,
): readonly [Uint8Array, Uint8Array] {
  const temporary = hmac(primitives, chainingKey, material);
  const first = hmac(primitives, temporary, Uint8Array.of(1));
  const second = hmac(primitives, temporary, concat(first, Uint8Array.of(2)));
  primitives.wipe(temporary);
  return [first, second];
}

function over(primitives: Primitives, fields: Fields): SymmetricState {
  const { chainingKey, hash, key } = fields;

  function mixHash(data: Uint8Array): void {
    hash.set(primitives.blake2b(concat(hash, data), NOISE_HASH_BYTES));
  }

  return {
    handshakeHash: hash,
    get hasKey() {
      return fields.hasKey;
    },
    mixHash,

    mixKey(secret) {
      const [first, second] = hkdf(primitives, chainingKey, secret);
      chainingKey.set(first);
      key.set(second.subarray(0, KEY_BYTES));
      fields.hasKey = true;
      fields.counter = 0n;
      primitives.wipe(first);
      primitives.wipe(second);
    },

    encryptAndHash(plaintext) {
      const ciphertext = fields.hasKey
        ? sealTransport(primitives, key, fields.counter, hash, plaintext)
        : plaintext.slice();
      fields.counter += 1n;
      mixHash(ciphertext);
      return ciphertext;
    },

    decryptAndHash(ciphertext) {
      const plaintext = fields.hasKey
        ? openTransport(primitives, key, fields.counter, hash, ciphertext)
        : ciphertext.slice();
      if (plaintext === null) return null;
      fields.counter += 1n;
      mixHash(ciphertext);
      return plaintext;
    },

    split() {
      const [first, second] = hkdf(primitives, chainingKey, new Uint8Array(0));
      const keys = [first.slice(0, KEY_BYTES), second.slice(0, KEY_BYTES)] as const;
      primitives.wipe(first);
      primitives.wipe(second);
      return keys;
    },

    clone() {
      return over(primitives, {
        chainingKey: chainingKey.slice(),
        hash: hash.slice(),
        key: key.slice(),
        hasKey: fields.hasKey,
        counter: fields.counter,
      });
    },

    wipe() {
      primitives.wipe(chainingKey);
      primitives.wipe(key);
    },
  };
}

/** InitializeSymmetric. A name up to 64 bytes long is padded with zeros to be the first hash, a longer one hashed. */
export function createSymmetricState(
  primitives: Primitives,
  protocolName: Uint8Array,
): SymmetricState {
  const hash = new Uint8Array(NOISE_HASH_BYTES);
  if (protocolName.length <= NOISE_HASH_BYTES) hash.set(protocolName);
  else hash.set(primitives.blake2b(protocolName, NOISE_HASH_BYTES));
  const key = new Uint8Array(KEY_BYTES);
  return over(primitives, { chainingKey: hash.slice(), hash, key, hasKey: false, counter: 0n });
}
