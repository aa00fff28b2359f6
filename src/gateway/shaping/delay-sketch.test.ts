import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SKETCH_COUNTERS, sketchIndex, sketchQuantile } from './delay-sketch.ts';

test('a quantile is the value of that rank, rounded up by a quarter at most', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.01, 0.5, 0.9, 0.99, 1),
      (waits, fraction) => {
        const counters = new Uint32Array(SKETCH_COUNTERS);
        for (const ms of waits) {
          const index = sketchIndex(ms);
          counters[index] = (counters[index] ?? 0) + 1;
        }
        const sorted = waits.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(fraction * sorted.length) - 1] ?? 0;
        const shown = sketchQuantile(counters, fraction) ?? -1;
        expect(shown).toBeGreaterThanOrEqual(exact - 0.001);
        expect(shown).toBeLessThanOrEqual(exact * 1.25 + 0.001);
      },
    ),
  );
});

test('of nothing there is none', () => {
  expect(sketchQuantile(new Uint32Array(SKETCH_COUNTERS), 0.5)).toBeNull();
});
