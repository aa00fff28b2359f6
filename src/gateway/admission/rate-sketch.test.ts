import fc from 'fast-check';
import { expect, test } from 'vitest';
import { primitives } from '../../platform/node/primitives.ts';
import { createTokenBucket } from '../../core/token-bucket.ts';
import { createSeededRng } from '../../sim/seeded-rng.ts';
import { createRateSketch, type Rate, type RateSketch } from './rate-sketch.ts';

const RATE: Rate = { perSecond: 10, burst: 20 };

function newSketch(seed = 1): RateSketch {
  return createRateSketch(primitives, createSeededRng(primitives, seed, 'sketch'));
}

function take(sketch: RateSketch, origin: string, nowMs: number): boolean {
  if (!sketch.allows(origin, RATE, nowMs)) return false;
  sketch.charge(origin, RATE, nowMs, 1);
  return true;
}

test('one origin alone is a token bucket', () => {
  // Steps of whole milliseconds, a tenth of an interval, so that both count without rounding.
  const steps = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 300 });
  fc.assert(
    fc.property(steps, (steps) => {
      const sketch = newSketch();
      const bucket = createTokenBucket(RATE.burst, RATE.perSecond);
      let nowMs = 0;
      let disagreements = 0;
      for (const step of steps) {
        nowMs += 10 * step;
        if (take(sketch, 'a', nowMs) !== bucket.take(nowMs)) disagreements += 1;
      }
      // Floating point may put one token on either side of a bound.
      expect(disagreements).toBeLessThanOrEqual(2);
    }),
  );
});

test('an origin that spent its burst gets none back, however many others come meanwhile', () => {
  const sketch = newSketch();
  while (take(sketch, 'attacker', 0));
  for (let i = 0; i < 100_000; i += 1) sketch.charge(`other ${i}`, RATE, 0, 1);
  expect(take(sketch, 'attacker', 0)).toBe(false);
});

test('a thousand origins at their bounds leave those alone that spent nothing', () => {
  const sketch = newSketch();
  for (let i = 0; i < 1_000; i += 1) sketch.charge(`busy ${i}`, RATE, 0, RATE.burst);
  const refused = Array.from({ length: 2_000 }, (_, i) => `quiet ${i}`).filter(
    (origin) => !sketch.allows(origin, RATE, 0),
  );
  // Each meets busy ones in all four rows with probability (1 − e^(−1000/4096))⁴, about 1 in 450.
  expect(refused.length).toBeLessThan(20);
});

test('nobody owes more than a burst, so a penalty ends', () => {
  const sketch = newSketch();
  for (let i = 0; i < 100; i += 1) sketch.charge('a', RATE, 0, 50);
  expect(sketch.owed('a', RATE, 0)).toBe(1);
  const fullMs = (1000 * RATE.burst) / RATE.perSecond;
  expect(sketch.owed('a', RATE, fullMs)).toBe(0);
  expect(sketch.allows('a', RATE, fullMs / RATE.burst + 1)).toBe(true);
});
