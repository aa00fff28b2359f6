// What a series of measurements comes to. Medians and their deviations, not means: one round that the machine spent
// elsewhere must not move a figure.

import { assert } from '../core/assert.ts';

/** A series in few numbers, all in the unit of its samples. */
export interface Summary {
  readonly median: number;
  /** Median absolute deviation from the median, unscaled. */
  readonly mad: number;
  readonly min: number;
  readonly max: number;
  /** How many samples. */
  readonly rounds: number;
}

/** The middle sample, the mean of the middle two where their number is even. At least one sample. */
export function median(samples: ArrayLike<number>): number {
  assert(samples.length > 0, 'a median is of at least one sample');
  return medianOfSorted(Float64Array.from(samples).sort());
}

/** The same of samples in ascending order. */
export function medianOfSorted(sorted: Float64Array): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** At least one sample. */
export function mean(samples: ArrayLike<number>): number {
  assert(samples.length > 0, 'a mean is of at least one sample');
  return Float64Array.from(samples).reduce((sum, sample) => sum + sample, 0) / samples.length;
}

/** At least one sample. */
export function summarize(samples: ArrayLike<number>): Summary {
  const sorted = Float64Array.from(samples).sort();
  const middle = median(sorted);
  return {
    median: middle,
    mad: median(sorted.map((sample) => Math.abs(sample - middle))),
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
    rounds: sorted.length,
  };
}
