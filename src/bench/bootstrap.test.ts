import { describe, expect, test } from 'vitest';
import type { SeededRng } from '../sim/seeded-rng.ts';
import { bootstrapMean, bootstrapMedian, bootstrapRatio, exactly } from './bootstrap.ts';
import { benchRng } from './seed.ts';
import { mean, median } from './statistics.ts';

/** Box and Muller. */
function normal(rng: SeededRng): number {
  return Math.sqrt(-2 * Math.log(1 - rng.unit())) * Math.cos(2 * Math.PI * rng.unit());
}

describe('the interval of a median', () => {
  test('holds the true median of a normal distribution in about 95 of 100 runs', () => {
    const data = benchRng(7, 'data');
    const rng = benchRng(7, 'draws');
    const runs = 300;
    let held = 0;
    for (let run = 0; run < runs; run += 1) {
      const samples = Array.from({ length: 25 }, () => 10 + normal(data));
      const { low, high } = bootstrapMedian(samples, rng);
      if (low <= 10 && 10 <= high) held += 1;
    }
    expect(held / runs).toBeGreaterThan(0.91);
    expect(held / runs).toBeLessThan(0.99);
  });

  test('has the width that theory gives: 1.96 × 1.2533 × σ/√n on either side', () => {
    const data = benchRng(8, 'data');
    const samples = Array.from({ length: 2001 }, () => normal(data));
    const { low, high } = bootstrapMedian(samples, benchRng(8, 'draws'));
    const width = (2 * 1.96 * 1.2533) / Math.sqrt(2001);
    expect((high - low) / width).toBeGreaterThan(0.75);
    expect((high - low) / width).toBeLessThan(1.25);
  });

  test('is the same for the same seed, and another for another', () => {
    const samples = Array.from({ length: 30 }, (_, index) => (index * 37) % 101);
    const once = bootstrapMedian(samples, benchRng(1, 'draws'));
    expect(bootstrapMedian(samples, benchRng(1, 'draws'))).toEqual(once);
    expect(once.confidence).toBe(0.95);
    expect(once.low).toBeLessThan(median(samples));
    expect(once.high).toBeGreaterThan(median(samples));
  });

  test('of equal samples is a point', () => {
    expect(bootstrapMedian([4, 4, 4], benchRng(1, 'draws'))).toMatchObject({ low: 4, high: 4 });
    expect(exactly(3)).toEqual({ low: 3, high: 3, confidence: 1 });
  });
});

test('the interval of a mean has the width that theory gives: 1.96 × σ/√n on either side', () => {
  const data = benchRng(11, 'data');
  const samples = Array.from({ length: 400 }, () => 5 + normal(data));
  const { low, high } = bootstrapMean(samples, benchRng(11, 'draws'));
  expect((high - low) / ((2 * 1.96) / 20)).toBeGreaterThan(0.85);
  expect((high - low) / ((2 * 1.96) / 20)).toBeLessThan(1.15);
  expect((low + high) / 2).toBeCloseTo(mean(samples), 1);
});

describe('the interval of a ratio', () => {
  test('ignores what slowed both sides of a round', () => {
    const data = benchRng(9, 'data');
    const below = Array.from({ length: 31 }, () => 1 + 10 * data.unit());
    const above = below.map((cost) => 3 * cost);
    const { low, high } = bootstrapRatio(above, below, benchRng(9, 'draws'));
    expect(low).toBeCloseTo(3);
    expect(high).toBeCloseTo(3);
  });

  test('holds the true ratio in about 95 of 100 runs', () => {
    const data = benchRng(10, 'data');
    const rng = benchRng(10, 'draws');
    const runs = 300;
    let held = 0;
    for (let run = 0; run < runs; run += 1) {
      const below = Array.from({ length: 25 }, () => 20 + normal(data));
      const above = Array.from({ length: 25 }, () => 10 + normal(data));
      const { low, high } = bootstrapRatio(above, below, rng);
      if (low <= 0.5 && 0.5 <= high) held += 1;
    }
    expect(held / runs).toBeGreaterThan(0.91);
    expect(held / runs).toBeLessThan(0.995);
  });

  test('needs samples in pairs', () => {
    expect(() => bootstrapRatio([1, 2], [1], benchRng(1, 'draws'))).toThrow('in pairs');
  });
});
