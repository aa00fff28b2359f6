// Every decoder of the crypto room under random and mutated bytes, for BITCRAPS_FUZZ_MS milliseconds each (300 by
// default). BITCRAPS_FUZZ_SEED replays a run; a failure prints the seed.

import { describe, expect, test } from 'vitest';
import { bytesEqual, concat, utf8 } from '../../src/core/bytes.ts';
import type { Rng } from '../../src/env/rng.ts';
import { VRF_PROOF_BYTES, vrfKeypair, vrfProve, vrfVerify } from '../../src/crypto/ecvrf.ts';
import { openKeystore, readKeystoreHeader, sealKeystore } from '../../src/crypto/keystore.ts';
import { createNoise, type NoiseHandshake } from '../../src/crypto/noise.ts';
import { checkProofOfWork } from '../../src/crypto/proof-of-work.ts';
import { randomBytes } from '../../src/crypto/random-bytes.ts';
import { createReplayWindow } from '../../src/crypto/replay-window.ts';
import { identityFromSeed, signIn, verifyIn } from '../../src/crypto/signing.ts';
import { openTransport, sealTransport } from '../../src/crypto/transport-cipher.ts';
import { primitives } from '../../src/platform/node/primitives.ts';

const BUDGET_MS = Number(process.env['BITCRAPS_FUZZ_MS'] ?? 300);
const SEED = Number(
  process.env['BITCRAPS_FUZZ_SEED'] ?? Math.trunc(performance.timeOrigin % 2 ** 31),
);
const INPUT_BYTES_MAX = 600;
const NONE = new Uint8Array(0);

/** BLAKE2b in counter mode: enough for fuzzing, and the same for the same seed. */
function createSource(
  name: string,
): Rng & { below(bound: number): number; bytes(max: number): Uint8Array } {
  const key = primitives.blake2b(utf8(`${SEED} ${name}`), 32);
  let block: Uint8Array = NONE;
  let [at, count] = [0, 0];
  const byte = (): number => {
    if (at === block.length) {
      block = primitives.blake2b(utf8(String(count)), 64, key);
      [at, count] = [0, count + 1];
    }
    at += 1;
    return block[at - 1] ?? 0;
  };
  const uint32 = (): number => ((byte() << 24) | (byte() << 16) | (byte() << 8) | byte()) >>> 0;
  const fill = (out: Uint8Array): void => {
    for (let i = 0; i < out.length; i += 1) out[i] = byte();
  };
  return {
    fill,
    uint32,
    below: (bound) => uint32() % bound,
    bytes(max) {
      const out = new Uint8Array(uint32() % (max + 1));
      fill(out);
      return out;
    },
  };
}

type Source = ReturnType<typeof createSource>;

/** Something that is not `valid`: unrelated bytes, or `valid` with bits flipped, cut, stretched or spliced. */
function mutate(source: Source, valid: Uint8Array): Uint8Array {
  let out: Uint8Array = valid.slice();
  switch (source.below(6)) {
    case 0:
      return source.bytes(INPUT_BYTES_MAX);
    case 1:
      return out.subarray(0, source.below(out.length));
    case 2:
      return concat(out, source.bytes(40), Uint8Array.of(source.below(256)));
    case 3:
      for (let i = source.below(8); i >= 0; i -= 1) {
        const at = source.below(out.length);
        out[at] = (out[at] ?? 0) ^ (1 << source.below(8));
      }
      break;
    case 4:
      out.set(source.bytes(out.length).subarray(0, out.length), 0);
      break;
    default: {
      const at = source.below(out.length);
      out = concat(out.subarray(at), out.subarray(0, at));
    }
  }
  return bytesEqual(out, valid) ? concat(out, Uint8Array.of(0)) : out;
}

/** Runs `once` until the budget is spent, at least 20 times. */
function fuzz(name: string, once: (source: Source) => void): void {
  test(name, () => {
    const source = createSource(name);
    const until = performance.now() + BUDGET_MS;
    let rounds = 0;
    try {
      for (; rounds < 20 || performance.now() < until; rounds += 1) once(source);
    } catch (error) {
      throw new Error(`BITCRAPS_FUZZ_SEED=${SEED} fails in round ${rounds}`, { cause: error });
    }
  });
}

const identity = identityFromSeed(primitives, new Uint8Array(32).fill(1));
const message = utf8('a message');

describe('crypto decoders', () => {
  const content = {
    seed: identity.secretKey.slice(0, 32),
    networkId: 'fuzz',
    proof: new Uint8Array(8),
    proofBits: 6,
  };
  const keystore = sealKeystore(primitives, createSource('keystore salt'), content, 'x', {
    passes: 1,
    memoryKiB: 8,
  });
  fuzz('openKeystore', (source) => {
    const bytes = mutate(source, keystore);
    const before = bytes.slice();
    const header = readKeystoreHeader(bytes);
    if (header.ok) {
      // Mutations within bounds may ask for seconds of Argon2id; only cheap ones are opened.
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      if (view.getUint32(9) * view.getUint32(13) > 4096) return;
    }
    const opened = openKeystore(primitives, bytes, 'x');
    expect(opened.ok ? '' : opened.error.code).toMatch(/^CRYPTO_KEYSTORE_/);
    expect(bytesEqual(bytes, before)).toBe(true);
  });

  const signature = signIn(primitives, identity, 'presence', message);
  fuzz('verifyIn', (source) => {
    expect(
      verifyIn(primitives, identity.publicKey, 'presence', message, mutate(source, signature)),
    ).toBe(false);
    const key = mutate(source, identity.publicKey);
    expect(verifyIn(primitives, key, 'presence', message, signature)).toBe(false);
  });

  const keypair = vrfKeypair(primitives, new Uint8Array(32).fill(2));
  const proof = vrfProve(primitives, keypair, message);
  fuzz('vrfVerify', (source) => {
    expect(vrfVerify(primitives, keypair.publicKey, message, mutate(source, proof))).toBeNull();
    expect(vrfVerify(primitives, mutate(source, keypair.publicKey), message, proof)).toBeNull();
    const random = randomBytes(source, VRF_PROOF_BYTES);
    expect(vrfVerify(primitives, keypair.publicKey, source.bytes(40), random)).toBeNull();
  });

  const key = new Uint8Array(32).fill(3);
  const sealed = sealTransport(primitives, key, 7n, message, message);
  fuzz('openTransport', (source) => {
    expect(openTransport(primitives, key, 7n, message, mutate(source, sealed))).toBeNull();
    expect(openTransport(primitives, key, 7n, mutate(source, message), sealed)).toBeNull();
    const counter = (BigInt(source.uint32()) << 33n) - 2n ** 32n;
    expect(openTransport(primitives, key, counter, message, sealed)).toBeNull();
  });

  const noiseKeys = [new Uint8Array(32).fill(4), new Uint8Array(32).fill(5)] as const;
  function noisePair(
    source: Source,
    pattern: 'XX' | 'IK' | 'KK',
  ): readonly [NoiseHandshake, NoiseHandshake] {
    const [initiator, responder] = noiseKeys;
    const base = { pattern, prologue: NONE };
    const initiatorKnows =
      pattern === 'XX' ? {} : { remoteStatic: primitives.x25519Base(responder) };
    const responderKnows =
      pattern === 'KK' ? { remoteStatic: primitives.x25519Base(initiator) } : {};
    return [
      createNoise(primitives, source, {
        ...base,
        role: 'initiator',
        staticSecret: initiator,
        ...initiatorKnows,
      }),
      createNoise(primitives, source, {
        ...base,
        role: 'responder',
        staticSecret: responder,
        ...responderKnows,
      }),
    ];
  }
  fuzz('noise read', (source) => {
    const pattern = (['XX', 'IK', 'KK'] as const)[source.below(3)] ?? 'XX';
    const [initiator, responder] = noisePair(source, pattern);
    for (let turn = 0; turn < (pattern === 'XX' ? 3 : 2); turn += 1) {
      const [from, to] = turn % 2 === 0 ? [initiator, responder] : [responder, initiator];
      const written = from.write(message);
      // The first message of XX is in clear: any 32 bytes or more that start with a sound point are one.
      if (pattern !== 'XX' || turn > 0) expect(to.read(mutate(source, written))).toBeNull();
      expect(from.read(mutate(source, written))).toBeNull();
      expect(to.read(written)).toEqual(message);
    }
    expect(initiator.keys?.send).toEqual(responder.keys?.receive);
    expect(responder.read(source.bytes(INPUT_BYTES_MAX))).toBeNull();
  });
  fuzz('noise read, first message of XX', (source) => {
    const [initiator, responder] = noisePair(source, 'XX');
    const forged = mutate(source, initiator.write(message));
    if (responder.read(forged) === null) return;
    expect(initiator.read(responder.write(message))).toBeNull();
    expect(responder.keys).toBeNull();
  });

  fuzz('checkProofOfWork', (source) => {
    const proof = source.bytes(12);
    // 20 bits: a chance hit would take a million proofs that pass the prefilter.
    expect(checkProofOfWork(primitives, source.bytes(40), 'fuzz', 20, proof)).toBe(false);
    expect(checkProofOfWork(primitives, identity.publicKey, 'fuzz', 20, proof)).toBe(false);
  });

  fuzz('replay window', (source) => {
    const window = createReplayWindow();
    const accepted = new Set<bigint>();
    let counter = BigInt(source.uint32()) << BigInt(source.below(34));
    for (let i = 0; i < 200; i += 1) {
      counter += BigInt(source.below(3000) - 1400);
      if (!window.accept(counter)) continue;
      expect(accepted.has(counter)).toBe(false);
      accepted.add(counter);
    }
  });

  fuzz('points and scalars', (source) => {
    const [p, q, scalar] = [
      randomBytes(source, 32),
      randomBytes(source, 32),
      randomBytes(source, 32),
    ];
    const valid = primitives.pointIsValid(p);
    const product = primitives.pointMul(scalar, p);
    expect(product === null || valid).toBe(true);
    if (product !== null) expect(primitives.pointIsValid(product)).toBe(true);
    expect(primitives.signPublicToX25519(p) !== null).toBe(valid);
    const sum = primitives.pointAdd(p, q);
    if (sum !== null) expect(primitives.pointSub(sum, q) === null).toBe(false);
  });
});
