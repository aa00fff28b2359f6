// A clock whose wall time can be made wrong on purpose: `bitcraps chaos` breaks clocks, too.

import type { Clock } from '../../env/clock.ts';

export interface SkewedClock extends Clock {
  /** From now on the wall clock is wrong by `byMs`, negative: behind. Monotonic time and timers are not touched. */
  skew(byMs: number): void;
}

export function createSkewedClock(inner: Clock): SkewedClock {
  let skewMs = 0;
  return {
    now: () => inner.now(),
    wallMs: () => inner.wallMs() + skewMs,
    after: (delayMs, run) => inner.after(delayMs, run),
    skew: (byMs) => {
      skewMs = byMs;
    },
  };
}
