// The operating system's clocks as a `Clock`.

import type { Clock, Timer } from '../../env/clock.ts';

/** Node fires a timer of 2^31 ms or more after 1 ms; longer waits are cut into pieces. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

function after(delayMs: number, run: () => void): Timer {
  const dueMs = performance.now() + delayMs;
  // What is due already, by a difference of two times, may be less than nothing: Node would warn of it.
  let handle = setTimeout(fire, Math.min(Math.max(0, delayMs), TIMEOUT_MS_MAX));
  function fire(): void {
    const remainingMs = dueMs - performance.now();
    // Timers count whole milliseconds and may fire a fraction early; only the pieces of a long wait go on.
    if (remainingMs > 1) handle = setTimeout(fire, Math.min(remainingMs, TIMEOUT_MS_MAX));
    else run();
  }
  return { cancel: () => clearTimeout(handle) };
}

/** A pending timer keeps the process alive, so whoever sets one also cancels it. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallMs: () => Date.now(),
  after,
};
