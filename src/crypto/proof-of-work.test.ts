import { argon2Sync, createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, utf8 } from '../core/bytes.ts';
import type { Primitives } from '../env/primitives.ts';
import type { Rng } from '../env/rng.ts';
import { primitives } from '../platform/node/primitives.ts';
import { checkProofOfWork, PROOF_BITS_MAX, solveProofOfWork } from './proof-of-work.ts';

const key = new Uint8Array(32).fill(4);

function seeded(seed: number): Rng {
  return {
    fill(out) {
      out.set(primitives.sha256(Uint8Array.of(seed)).subarray(0, out.length));
    },
    uint32: () => seed,
  };
}

function counting(): { readonly counted: Primitives; readonly runs: () => number } {
  let runs = 0;
  const counted: Primitives = {
    ...primitives,
    argon2id(...args) {
      runs += 1;
      return primitives.argon2id(...args);
    },
  };
  return { counted, runs: () => runs };
}

describe('proof of work', () => {
  test('what is found is worth the bits asked for, to its own key and network only', () => {
    for (const bits of [1, 3]) {
      const proof = solveProofOfWork(primitives, seeded(bits), key, 'test', bits);
      expect(checkProofOfWork(primitives, key, 'test', bits, proof)).toBe(true);
      expect(checkProofOfWork(primitives, key, 'test', bits - 1, proof)).toBe(true);
      expect(checkProofOfWork(primitives, key, 'tesu', bits, proof)).toBe(false);
      expect(checkProofOfWork(primitives, new Uint8Array(32), 'test', bits, proof)).toBe(false);
      expect(checkProofOfWork(primitives, key, 'test', PROOF_BITS_MAX, proof)).toBe(false);
    }
  });

  test('the definition, computed by other means', () => {
    const proof = solveProofOfWork(primitives, seeded(9), key, 'network', 2);
    const label = utf8('bitcraps/proof-of-work');
    const input = concat(
      Uint8Array.of(0, 0, 0, 22),
      label,
      Uint8Array.of(0, 0, 0, 7),
      utf8('network'),
      key,
      proof,
    );
    const digest = createHash('sha256').update(input).digest();
    expect(digest[0]).toBe(0);
    const mark = argon2Sync('argon2id', {
      message: digest,
      nonce: utf8('bitcraps-pow-v1\0'),
      parallelism: 1,
      tagLength: 32,
      memory: 16 * 1024,
      passes: 1,
    });
    expect((mark[0] ?? 255) >> 6).toBe(0);
    const worth = mark.readUInt32BE() === 0 ? 24 : Math.clz32(mark.readUInt32BE());
    expect(checkProofOfWork(primitives, key, 'network', worth, proof)).toBe(true);
    expect(checkProofOfWork(primitives, key, 'network', worth + 1, proof)).toBe(false);
  });

  test('made-up proofs almost never cost the verifier an Argon2id run', () => {
    const { counted, runs } = counting();
    for (let i = 0; i < 1000; i += 1) {
      checkProofOfWork(
        counted,
        key,
        'test',
        6,
        primitives.sha256(Uint8Array.of(i, i >> 8)).subarray(0, 8),
      );
    }
    expect(runs()).toBeGreaterThan(0);
    expect(runs()).toBeLessThan(15);
  });

  test('at zero bits any eight bytes do and nothing is computed', () => {
    const { counted, runs } = counting();
    const proof = solveProofOfWork(counted, seeded(1), key, 'test', 0);
    expect(checkProofOfWork(counted, key, 'test', 0, proof)).toBe(true);
    expect(checkProofOfWork(counted, key, 'test', 0, new Uint8Array(8))).toBe(true);
    expect(runs()).toBe(0);
  });

  test('wrong lengths are false, impossible difficulties an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (proof) => {
        fc.pre(proof.length !== 8);
        expect(checkProofOfWork(primitives, key, 'test', 0, proof)).toBe(false);
      }),
    );
    expect(checkProofOfWork(primitives, new Uint8Array(31), 'test', 0, new Uint8Array(8))).toBe(
      false,
    );
    for (const bits of [-1, 25, 1.5, Number.NaN]) {
      const wrong = expect.objectContaining({ code: 'CRYPTO_PROOF_BITS' });
      expect(() => checkProofOfWork(primitives, key, 'test', bits, new Uint8Array(8))).toThrow(
        wrong,
      );
      expect(() => solveProofOfWork(primitives, seeded(1), key, 'test', bits)).toThrow(wrong);
    }
  });

  test('a search that cannot succeed ends', () => {
    const hopeless: Primitives = { ...primitives, sha256: () => new Uint8Array(32).fill(0xff) };
    expect(() => solveProofOfWork(hopeless, seeded(1), key, 'test', 1)).toThrow(
      expect.objectContaining({ code: 'CRYPTO_PROOF_NOT_FOUND' }),
    );
  });
});
