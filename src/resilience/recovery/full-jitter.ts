// How long to wait before the next attempt: uniform between nothing and a ceiling that doubles with each failure, so that
// many who lost one thing at once do not come back at once (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture
// Blog, 2015: of the variants compared there, full jitter makes the fewest calls).

import type { Rng } from '../../env/rng.ts';

/** Doublings past it change nothing: a ceiling of a millisecond has grown to twelve days. */
const DOUBLINGS_MAX = 30;

/** Milliseconds, less than `ceilingMs(failures, …)`. */
export function fullJitterMs(rng: Rng, failures: number, firstMs: number, maxMs: number): number {
  return (rng.uint32() / 2 ** 32) * ceilingMs(failures, firstMs, maxMs);
}

/** Milliseconds: `firstMs` before anything failed, twice that after each failure, at most `maxMs`. */
export function ceilingMs(failures: number, firstMs: number, maxMs: number): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(failures, DOUBLINGS_MAX));
}
