import fc from 'fast-check';
import { expect, test } from 'vitest';
import { solveProofOfWork } from '../crypto/proof-of-work.ts';
import type { SlowHash } from '../env/slow-hash.ts';
import { primitives } from '../platform/node/primitives.ts';
import { createSeededRng } from '../sim/seeded-rng.ts';
import { CHECKS_WAITING_MAX, createProofChecks, type ProofVerdict } from './proof-checks.ts';

const BITS = 1;
const NETWORK = 'test';

/** Answers when told to, and counts what is under way. */
class HandHash implements SlowHash {
  readonly asked: { readonly answer: () => void; readonly fail: () => void }[] = [];
  underWay = 0;
  mostUnderWay = 0;

  readonly argon2id: SlowHash['argon2id'] = (...words) => {
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    return new Promise((resolve, reject) => {
      const over = (): void => void (this.underWay -= 1);
      this.asked.push({
        answer: () => {
          over();
          resolve(primitives.argon2id(...words));
        },
        fail: () => {
          over();
          reject(new Error('out of memory'));
        },
      });
    });
  };
}

interface Asked {
  at: ProofVerdict | 'later';
  gone: boolean;
  answers: ProofVerdict[];
}

const keys = Array.from({ length: 4 }, (_, i) => new Uint8Array(32).fill(i + 1));
const proofs = keys.map((key, i) =>
  solveProofOfWork(primitives, createSeededRng(primitives, i, 'proof'), key, NETWORK, BITS),
);
/** More than any of these proofs is worth; they pass the cheap filter all the same. */
const HARD_BITS = 16;

function turns(count: number): Promise<void> {
  return count === 0 ? Promise.resolve() : Promise.resolve().then(() => turns(count - 1));
}

test('every waiter gets one verdict, the right one, and one check is under way at a time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(3), fc.boolean(), fc.boolean()), { maxLength: 12 }),
      async (asks) => {
        const hash = new HandHash();
        const easy = createProofChecks({ primitives, slowHash: hash, networkId: NETWORK, bits: 1 });
        const all: Asked[] = [];
        for (const [who, leaves, runs] of asks) {
          const [key, proof] = [keys[who], proofs[who]];
          if (key === undefined || proof === undefined) return;
          const asked: Asked = { at: 'later', gone: false, answers: [] };
          asked.at = easy(key, proof, {
            isGone: () => asked.gone,
            answer: (verdict) => asked.answers.push(verdict),
          });
          all.push(asked);
          if (leaves) asked.gone = true;
          if (runs) hash.asked.shift()?.answer();
          await turns(8);
        }
        for (let next = hash.asked.shift(); next !== undefined; next = hash.asked.shift()) {
          next.answer();
          await turns(8);
        }
        expect(hash.mostUnderWay).toBeLessThanOrEqual(1);
        for (const { at, answers, gone } of all) {
          if (at !== 'later') expect([at, answers]).toEqual([true, []]);
          else if (!gone) expect(answers).toEqual([true]);
          else expect(answers.length).toBeLessThanOrEqual(1);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('a proof worth too little is refused later, one that fails the cheap filter at once', async () => {
  const hash = new HandHash();
  const check = createProofChecks({
    primitives,
    slowHash: hash,
    networkId: NETWORK,
    bits: HARD_BITS,
  });
  const [key, proof] = [keys[0] ?? new Uint8Array(32), proofs[0] ?? new Uint8Array(8)];
  const answers: ProofVerdict[] = [];
  const waiter = { isGone: () => false, answer: (verdict: ProofVerdict) => answers.push(verdict) };
  expect(check(key, new Uint8Array(8), waiter)).toBe(false);
  expect(hash.asked).toHaveLength(0);
  expect(check(key, proof, waiter)).toBe('later');
  hash.asked.shift()?.answer();
  await turns(8);
  expect(answers).toEqual([false]);
});

test('so many wait and no more, and who is refused may come again', async () => {
  const hash = new HandHash();
  const check = createProofChecks({ primitives, slowHash: hash, networkId: NETWORK, bits: BITS });
  const answers: ProofVerdict[] = [];
  const ask = (): ProofVerdict | 'later' =>
    check(keys[0] ?? new Uint8Array(32), proofs[0] ?? new Uint8Array(8), {
      isGone: () => false,
      answer: (verdict) => answers.push(verdict),
    });
  expect(Array.from({ length: CHECKS_WAITING_MAX + 1 }, ask)).not.toContain('busy');
  expect(ask()).toBe('busy');
  hash.asked.shift()?.answer();
  await turns(8);
  // The first verdict is everybody's, since all showed the same.
  expect(answers).toEqual(Array.from({ length: CHECKS_WAITING_MAX + 1 }, () => true));
  expect([ask(), hash.asked.length]).toEqual([true, 0]);
});

test('a check that cannot be made is no verdict on the proof', async () => {
  const hash = new HandHash();
  const check = createProofChecks({ primitives, slowHash: hash, networkId: NETWORK, bits: BITS });
  const answers: ProofVerdict[] = [];
  const ask = (): ProofVerdict | 'later' =>
    check(keys[1] ?? new Uint8Array(32), proofs[1] ?? new Uint8Array(8), {
      isGone: () => false,
      answer: (verdict) => answers.push(verdict),
    });
  ask();
  hash.asked.shift()?.fail();
  await turns(8);
  expect(answers).toEqual(['busy']);
  expect(ask()).toBe('later');
});

test('without another thread the verdict comes at once', () => {
  const check = createProofChecks({ primitives, networkId: NETWORK, bits: BITS });
  const waiter = { isGone: () => false, answer: () => undefined };
  for (const [i, key] of keys.entries()) {
    expect(check(key, proofs[i] ?? new Uint8Array(8), waiter)).toBe(true);
    expect(check(key, proofs[(i + 1) % 4] ?? new Uint8Array(8), waiter)).toBe(false);
  }
});
