// How long packets waited, in 128 counters: four for each doubling from 16 µs on, so that a percentile is off by a fifth
// at most. Sketches of parts of a time add up.

/** Waits are counted in microseconds; below 16 each has a counter of its own. */
const EXACT = 16;
export const SKETCH_COUNTERS = 128;

/** The counter of a wait. */
export function sketchIndex(waitedMs: number): number {
  const us = waitedMs <= 0 ? 0 : waitedMs >= 1e6 ? 1e9 : Math.trunc(waitedMs * 1000);
  if (us < EXACT) return us;
  const octave = 31 - Math.clz32(us);
  return Math.min(SKETCH_COUNTERS - 1, octave * 4 + ((us >>> (octave - 2)) & 3));
}

/** The `fraction` quantile in milliseconds, rounded up to its counter's bound; `null` of nothing. */
export function sketchQuantile(counters: Uint32Array, fraction: number): number | null {
  const total = counters.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let missing = Math.ceil(total * fraction);
  const index = counters.findIndex((count) => (missing -= count) <= 0);
  return upperUs(index) / 1000;
}

/** The largest wait of a counter. */
function upperUs(index: number): number {
  if (index < EXACT) return index;
  const octave = index >>> 2;
  return 2 ** octave + ((index & 3) + 1) * 2 ** (octave - 2) - 1;
}
