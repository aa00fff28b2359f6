import { expect, test } from 'vitest';
import { poissonMeanInterval } from './poisson.ts';

test('the interval of a count is the one that is published', () => {
  // Garwood (1936), table; also NIST/SEMATECH e-Handbook, half the chi-square quantiles.
  for (const [count, low, high] of [
    [0, 0, 3.689],
    [1, 0.0253, 5.572],
    [5, 1.623, 11.668],
    [10, 4.795, 18.39],
    [100, 81.36, 121.63],
  ] as const) {
    const interval = poissonMeanInterval(count);
    expect(interval.low, `${count}`).toBeCloseTo(low, 2);
    expect(interval.high, `${count}`).toBeCloseTo(high, 2);
  }
  const { low, high } = poissonMeanInterval(5_000);
  expect(low).toBeGreaterThan(4_860);
  expect(high).toBeLessThan(5_142);
});
