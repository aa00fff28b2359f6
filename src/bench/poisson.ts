// How sure a count is: the exact interval of a Poisson mean (Garwood 1936). Where nothing was counted its upper end is 3.7, so
// that a rate of zero is never claimed.

import { CONFIDENCE, type Interval } from './bootstrap.ts';

const BISECTIONS = 100;

/** Of the mean of what was counted once. */
export function poissonMeanInterval(count: number): Interval {
  const outside = (1 - CONFIDENCE) / 2;
  // The mean at which so few are as unlikely as that, and the one at which so many are.
  const high = solve((mean) => atMost(count, mean) > outside, 10 + 3 * count);
  const low = count === 0 ? 0 : solve((mean) => 1 - atMost(count - 1, mean) < outside, count);
  return { low, high, confidence: CONFIDENCE };
}

/** The largest mean up to `mostMean` for which `holds`; it holds for small ones. */
function solve(holds: (mean: number) => boolean, mostMean: number): number {
  let low = 0;
  let high = mostMean;
  for (let i = 0; i < BISECTIONS; i += 1) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return high;
}

/** The chance of at most `count`; terms in logarithms, so that large means do not underflow. */
function atMost(count: number, mean: number): number {
  let logTerm = -mean;
  let sum = Math.exp(logTerm);
  for (let k = 1; k <= count; k += 1) {
    logTerm += Math.log(mean / k);
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}
