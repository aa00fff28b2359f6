import fc from 'fast-check';
import { expect, test } from 'vitest';
import { median, summarize } from './statistics.ts';

const samples = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1 });

test('half of the samples are on either side of their median', () => {
  fc.assert(
    fc.property(samples, (all) => {
      const middle = median(all);
      expect(all.filter((sample) => sample <= middle).length * 2).toBeGreaterThanOrEqual(
        all.length,
      );
      expect(all.filter((sample) => sample >= middle).length * 2).toBeGreaterThanOrEqual(
        all.length,
      );
    }),
  );
});

test('a shift moves the median and leaves the deviation', () => {
  const all = [3, 9, 4, 1, 100];
  const moved = summarize(all.map((sample) => sample + 7));
  expect(moved).toEqual({ median: 11, mad: 3, min: 8, max: 107, rounds: 5 });
  expect(summarize(all).mad).toBe(3);
});

test('known answers', () => {
  expect(median([5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  // The textbook example of the median absolute deviation: 1 1 2 2 4 6 9 has median 2 and deviation 1.
  expect(summarize([1, 1, 2, 2, 4, 6, 9])).toMatchObject({ median: 2, mad: 1 });
  expect(() => median([])).toThrow('at least one sample');
});
