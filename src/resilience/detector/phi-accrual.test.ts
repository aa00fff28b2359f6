import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PhiDetectors, type PhiDetector, type PhiTimings } from './phi-accrual.ts';
import { deviationsAt } from './phi.ts';

const TIMINGS: PhiTimings = {
  heartbeatMs: 1_000,
  acceptablePauseMs: 500,
  deviationMsMin: 50,
  phiThreshold: 8,
};
/** Half of what intervals are counted in. */
const HALF_TICK_MS = TIMINGS.heartbeatMs / 1_024 / 2;
/** Of doubles, in values below 2^44. */
const ROUNDING_MS = 1e-6;

/** A detector that heard these silences, and when it did last. */
function heard(intervals: readonly number[], timings = TIMINGS): [PhiDetector, number] {
  const detector = new PhiDetectors(timings).watch(0);
  let nowMs = 0;
  for (const intervalMs of intervals) {
    nowMs += intervalMs;
    detector.heard(nowMs);
  }
  return [detector, nowMs];
}

/** In two passes, as nobody would do it at each beat. */
function moments(values: readonly number[]): { meanMs: number; deviationMs: number } {
  const meanMs = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - meanMs) ** 2, 0);
  return { meanMs, deviationMs: Math.sqrt(squares / values.length) };
}

const beat = fc.double({ min: 1_000, max: 1_400, noNaN: true });

describe('the moments', () => {
  test('are of the last 64 beats, within half a tick, however many there were', () => {
    fc.assert(
      fc.property(fc.array(beat, { minLength: 8, maxLength: 400 }), (intervals) => {
        const [detector] = heard(intervals);
        const exact = moments(intervals.slice(-64));
        const { meanMs, deviationMs, beats } = detector.estimate;
        expect(beats).toBe(Math.min(64, intervals.length));
        expect(Math.abs(meanMs - exact.meanMs)).toBeLessThanOrEqual(HALF_TICK_MS + ROUNDING_MS);
        // Deviations obey the triangle inequality, and no rounding is larger than half a tick.
        const error = Math.abs(deviationMs - exact.deviationMs);
        expect(error).toBeLessThanOrEqual(HALF_TICK_MS + ROUNDING_MS);
      }),
    );
  });

  test('are after a hundred thousand beats to the last bit what the last 64 make of a new detector', () => {
    const intervals = Array.from({ length: 100_000 }, (_, i) => 1_000 + ((i * 7_919) % 401));
    const [old] = heard(intervals);
    const [young] = heard(intervals.slice(-64));
    expect(old.estimate).toEqual(young.estimate);
  });

  test('do not change for what traffic shortens, nor for an outage', () => {
    fc.assert(
      fc.property(
        fc.array(beat, { minLength: 8, maxLength: 100 }),
        fc.array(fc.double({ min: 0, max: 980, noNaN: true })),
        (intervals, short) => {
          const [quiet] = heard(intervals);
          const [busy, nowMs] = heard([...intervals, ...short]);
          expect(busy.estimate).toEqual(quiet.estimate);
          // When traffic stops, a beat is waited for as before.
          const spanMs = quiet.convictsAtMs(1) - heard(intervals)[1];
          expect(busy.convictsAtMs(1) - nowMs).toBeCloseTo(spanMs, 6);
          expect(spanMs).toBeGreaterThan(1_500);
          busy.heard(nowMs + spanMs + 1);
          expect(busy.estimate).toEqual(quiet.estimate);
        },
      ),
    );
  });

  test('are what the protocol says until eight beats were seen', () => {
    const [detector] = heard(Array.from({ length: 7 }, () => 1_010));
    expect(detector.estimate).toEqual({ meanMs: 1_125, deviationMs: 125, beats: 7 });
  });
});

describe('a silence', () => {
  test('convicts exactly when φ reaches the threshold', () => {
    fc.assert(
      fc.property(
        fc.array(beat, { maxLength: 100 }),
        fc.double({ min: 1, max: 16, noNaN: true }),
        fc.integer({ min: 1, max: 9 }),
        (intervals, phiThreshold, pauses) => {
          const [detector] = heard(intervals, { ...TIMINGS, phiThreshold });
          const atMs = detector.convictsAtMs(pauses);
          expect(detector.phi(atMs, pauses)).toBeCloseTo(phiThreshold, 6);
          expect(detector.phi(atMs - 1, pauses)).toBeLessThan(phiThreshold);
        },
      ),
    );
  });

  test('on a steady link is a beat, the acceptable pause, and 5.6 times the least deviation', () => {
    const [detector, nowMs] = heard(Array.from({ length: 100 }, () => 1_000));
    const spanMs = 1_000 + 500 + deviationsAt(8) * 50;
    expect(detector.convictsAtMs(1) - nowMs).toBeCloseTo(spanMs, 9);
    expect(spanMs).toBeCloseTo(1_780.6, 1);
  });

  test('is as much longer as beats are put off, and what is usual stays what it is', () => {
    const [detector, nowMs] = heard(Array.from({ length: 80 }, () => 1_020));
    const before = detector.estimate;
    const spanMs = detector.convictsAtMs(1) - nowMs;
    detector.expectLater(3_000);
    expect(detector.convictsAtMs(1) - nowMs).toBeCloseTo(spanMs + 3_000, 6);
    expect(detector.phi(nowMs + spanMs + 3_000, 1)).toBeCloseTo(8, 6);
    detector.heard(nowMs + 4_020);
    expect(detector.estimate).toEqual(before);
  });

  test('in which this node was held up is not kept, and is no silence', () => {
    const intervals = Array.from({ length: 20 }, () => 1_000);
    const [detector, nowMs] = heard(intervals);
    const before = detector.estimate;
    const spanMs = detector.convictsAtMs(1) - nowMs;
    detector.excuse(700, nowMs + 900);
    expect(detector.convictsAtMs(1)).toBeCloseTo(nowMs + 700 + spanMs, 6);
    detector.excuse(9_000, nowMs + 1_000);
    expect(detector.convictsAtMs(1)).toBeCloseTo(nowMs + 1_000 + spanMs, 6);
    detector.heard(nowMs + 2_100);
    expect(detector.estimate).toEqual(before);
    detector.heard(nowMs + 3_100);
    expect(detector.estimate.beats).toBe(before.beats + 1);
  });
});

describe('a pool', () => {
  test('keeps peers apart, and gives places again', () => {
    const pool = new PhiDetectors(TIMINGS);
    const all = Array.from({ length: 200 }, () => pool.watch(0));
    let nowMs = 0;
    for (let i = 0; i < 70; i += 1) {
      nowMs += 1_100;
      all.forEach((one, index) => one.heard(nowMs + index));
    }
    for (const one of all) expect(one.estimate.meanMs).toBeLessThan(1_104);
    const untouched = all.filter((_, index) => index % 2 === 1);
    const before = untouched.map((one) => one.estimate);
    all.forEach((one, index) => {
      if (index % 2 === 0) one.release();
    });
    for (let i = 0; i < 100; i += 1) {
      const again = pool.watch(nowMs);
      expect(again.estimate.beats).toBe(0);
      again.heard(nowMs + 1_200);
    }
    expect(untouched.map((one) => one.estimate)).toEqual(before);
  });
});
