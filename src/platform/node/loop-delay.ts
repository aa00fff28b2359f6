// How late this process comes to what is due: the delay of its event loop, which tells overload before anything else does.

import { monitorEventLoopDelay } from 'node:perf_hooks';

const EVERY_MS = 250;
/** How often the loop is looked at, and by how much each look is expected to come after the last. */
const RESOLUTION_MS = 10;
/** Of the looks: one long pause, a collection of garbage, is no overload. */
const PERCENTILE = 75;
const NS_PER_MS = 1e6;

/** Tells `observe` four times a second by how many milliseconds timers are late; the result ends it. */
export function watchLoopDelay(observe: (delayMs: number) => void): () => void {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const timer = setInterval(() => {
    const delayMs = histogram.percentile(PERCENTILE) / NS_PER_MS - RESOLUTION_MS;
    histogram.reset();
    observe(Math.max(0, delayMs));
  }, EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    histogram.disable();
  };
}
