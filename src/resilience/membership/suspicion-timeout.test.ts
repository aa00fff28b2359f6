import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CONFIRMATIONS_MAX, suspicionTimeoutMs } from './suspicion-timeout.ts';

test('as memberlist has it', () => {
  // hashicorp/memberlist, suspicion_test.go, TestSuspicion_remainingSuspicionTime: what remains, plus what has passed.
  const table: readonly (readonly [number, number])[] = [
    [0, 30_000],
    [1, 16_000],
    [2, 7_810],
    [3, 2_000],
    [4, 2_000],
    [5, 2_000],
  ];
  for (const [confirmations, timeoutMs] of table) {
    // It rounds down to milliseconds.
    expect(Math.floor(suspicionTimeoutMs(confirmations, 3, 2_000, 30_000))).toBe(timeoutMs);
  }
});

test('the more say so the shorter, from the longest to the shortest', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: CONFIRMATIONS_MAX }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      (expected, minMs, moreMs) => {
        const maxMs = minMs + moreMs;
        expect(suspicionTimeoutMs(0, expected, minMs, maxMs)).toBe(maxMs);
        let last = maxMs;
        for (let count = 1; count <= expected + 2; count += 1) {
          const timeoutMs = suspicionTimeoutMs(count, expected, minMs, maxMs);
          expect(timeoutMs).toBeLessThanOrEqual(last);
          expect(timeoutMs).toBeGreaterThanOrEqual(minMs);
          last = timeoutMs;
        }
        expect(last).toBeCloseTo(minMs, 3);
      },
    ),
  );
});

test('where there is nobody to say so it is the shortest', () => {
  expect(suspicionTimeoutMs(0, 0, 5, 30)).toBe(5);
});
