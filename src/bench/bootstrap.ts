// How sure a median is: the percentile bootstrap (Efron 1979; Efron and Tibshirani, An Introduction to the Bootstrap,
// chapter 13). Rounds are drawn anew with replacement, the figure is computed from each draw, and the middle 95 % of what
// comes out is the interval.

import { assert } from '../core/assert.ts';
import type { Rng } from '../env/rng.ts';
import { medianOfSorted } from './statistics.ts';

/** Draws per interval: the ends of a 95 % interval then rest on 50 draws each. */
export const RESAMPLES = 2_000;
export const CONFIDENCE = 0.95;

export interface Interval {
  readonly low: number;
  readonly high: number;
  /** 0–1: in this share of runs the interval holds the true figure. */
  readonly confidence: number;
}

/** The interval of the median. At least one sample; from fewer than about 8 it is too narrow. */
export function bootstrapMedian(samples: ArrayLike<number>, rng: Rng): Interval {
  const all = Float64Array.from(samples);
  const draw = new Float64Array(all.length);
  return interval(all.length, rng, (rounds) => medianOf(all, rounds, draw));
}

/**
 * The interval of the ratio of two medians, from rounds in which both were measured one beside the other: a draw takes
 * whole rounds, so that what slowed both in a round does not count as a difference. Equal numbers of samples.
 */
export function bootstrapRatio(
  numerators: ArrayLike<number>,
  denominators: ArrayLike<number>,
  rng: Rng,
): Interval {
  assert(numerators.length === denominators.length, 'a ratio is of samples in pairs');
  const above = Float64Array.from(numerators);
  const below = Float64Array.from(denominators);
  const draw = new Float64Array(above.length);
  return interval(
    above.length,
    rng,
    (rounds) => medianOf(above, rounds, draw) / medianOf(below, rounds, draw),
  );
}

/** The interval of the mean, for costs that differ from case to case and not from round to round. At least one sample. */
export function bootstrapMean(samples: ArrayLike<number>, rng: Rng): Interval {
  const all = Float64Array.from(samples);
  return interval(all.length, rng, (cases) => {
    let sum = 0;
    for (const index of cases) sum += all[index] ?? 0;
    return sum / all.length;
  });
}

/** A figure that was counted, not sampled. */
export function exactly(value: number): Interval {
  return { low: value, high: value, confidence: 1 };
}

function interval(samples: number, rng: Rng, figure: (rounds: Uint32Array) => number): Interval {
  assert(samples > 0, 'an interval is of at least one sample');
  const rounds = new Uint32Array(samples);
  const figures = new Float64Array(RESAMPLES);
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    // The multiplication keeps the high bits; for a few hundred rounds its bias is below 1 in 10 million.
    for (let i = 0; i < samples; i += 1) rounds[i] = Math.floor((rng.uint32() / 2 ** 32) * samples);
    figures[resample] = figure(rounds);
  }
  figures.sort();
  const cut = Math.floor(((1 - CONFIDENCE) / 2) * RESAMPLES);
  return {
    low: figures[cut] ?? 0,
    high: figures[RESAMPLES - 1 - cut] ?? 0,
    confidence: CONFIDENCE,
  };
}

function medianOf(samples: Float64Array, rounds: Uint32Array, draw: Float64Array): number {
  for (let i = 0; i < rounds.length; i += 1) draw[i] = samples[rounds[i] ?? 0] ?? 0;
  return medianOfSorted(draw.sort());
}
