import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LocalHealth } from '../detector/local-health.ts';
import { OwnIncarnation, SUSPECTED_APART_MS } from './own-incarnation.ts';

const EPOCH = 7;
const FIRST = BigInt(EPOCH) << 32n;

test('is higher after each suspicion of the current one, and after no other', () => {
  const own = new OwnIncarnation(EPOCH);
  expect(own.current).toBe(FIRST);
  expect(own.suspected(0n, 0)).toBe(false);
  expect(own.suspected(FIRST, 0)).toBe(true);
  expect(own.current).toBe(FIRST + 1n);
  expect(own.suspected(FIRST, SUSPECTED_APART_MS)).toBe(false);
  expect(own.current).toBe(FIRST + 1n);
  expect(own.suspected(FIRST + 1n, SUSPECTED_APART_MS)).toBe(true);
  expect(own.current).toBe(FIRST + 2n);
});

test('whatever others say, and however often, makes local health one worse, and no epoch runs over', () => {
  const claim = fc.oneof(
    fc.constant('current' as const),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: FIRST, max: FIRST + 2n ** 32n - 1n }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(claim, fc.nat({ max: 15_000 }))), (steps) => {
      const own = new OwnIncarnation(EPOCH);
      const health = new LocalHealth();
      let nowMs = 0;
      for (const [claimed, ms] of steps) {
        nowMs += ms;
        const before = own.current;
        const incarnation = claimed === 'current' ? before : claimed;
        if (own.suspected(incarnation, nowMs)) health.failed(nowMs);
        expect(own.current - before).toBe(incarnation === before ? 1n : 0n);
        expect(own.current >> 32n).toBe(BigInt(EPOCH));
        expect(health.score(nowMs)).toBeLessThanOrEqual(1);
      }
    }),
  );
});
