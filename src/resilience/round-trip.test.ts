import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFlapDamping, READMIT_MS_MAX, READMIT_MS_MIN } from './flap-damping.ts';
import { createRoundTrip } from './round-trip.ts';

describe('a round trip', () => {
  test('follows RFC 6298', () => {
    const roundTrip = createRoundTrip();
    expect(roundTrip.timeoutMs(1, 500, 0)).toBe(500);
    roundTrip.measured(100, 0);
    expect(roundTrip).toMatchObject({ smoothedMs: 100, deviationMs: 50 });
    expect(roundTrip.timeoutMs(1, 500, 0)).toBe(300);
    roundTrip.measured(60, 0);
    expect(roundTrip).toMatchObject({ smoothedMs: 95, deviationMs: 47.5 });
  });

  test('waits within the bounds, and as long as the slowest answer of late', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 5_000, noNaN: true }), { minLength: 1 }),
        (ms) => {
          const roundTrip = createRoundTrip();
          for (const one of ms) roundTrip.measured(one, 0);
          const timeoutMs = roundTrip.timeoutMs(250, 1_000, 0);
          expect(timeoutMs).toBeGreaterThanOrEqual(Math.min(1_000, Math.max(250, ...ms)));
          expect(timeoutMs).toBeLessThanOrEqual(1_000);
        },
      ),
    );
  });

  test('waits for a slow answer no longer than told, but as long as is usual', () => {
    const roundTrip = createRoundTrip();
    for (const ms of [20, 20, 900, ...Array.from({ length: 100 }, () => 20)]) {
      roundTrip.measured(ms, 0);
    }
    expect(roundTrip.timeoutMs(350, 1_000, 0)).toBe(900);
    expect(roundTrip.timeoutMs(350, 1_000, 0, 375)).toBe(375);
    for (let i = 0; i < 100; i += 1) roundTrip.measured(700, 0);
    expect(roundTrip.timeoutMs(350, 1_000, 0, 375)).toBeCloseTo(875, 1);
    expect(roundTrip.timeoutMs(350, 1_000, 1_000_000, 375)).toBeGreaterThan(700);
  });

  test('forgets a slow answer after two minutes', () => {
    const roundTrip = createRoundTrip();
    roundTrip.measured(900, 0);
    for (let atMs = 0; atMs < 130_000; atMs += 1_000) roundTrip.measured(2, atMs);
    expect(roundTrip.timeoutMs(250, 1_000, 130_000)).toBe(250);
  });
});

describe('flap damping', () => {
  test('doubles while failures follow each other, up to a bound, and forgets', () => {
    const damping = createFlapDamping();
    expect(damping.failed(0)).toBe(READMIT_MS_MIN);
    let last = READMIT_MS_MIN;
    for (let i = 1; i < 20; i += 1) {
      const next = damping.failed(i * 1_000);
      expect(next).toBeGreaterThanOrEqual(last);
      last = next;
    }
    expect(last).toBe(READMIT_MS_MAX);
    expect(damping.failed(3_600_000)).toBeCloseTo(READMIT_MS_MIN, 3);
  });
});
