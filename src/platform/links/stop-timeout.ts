// What a node that stops grants its links.

import type { Clock } from '../../env/clock.ts';

/**
 * How long a link that was closed may go on when its node stops, for its last frames, the goodbye, and the answer to it: a few
 * round trips of a wide network. Without it those who are left would take a node that leaves for one that failed.
 */
export const STOP_TIMEOUT_MS = 500;
/** How long after that the engine beneath may take to tell that a link is gone. */
const TELL_TIMEOUT_MS = 100;

/**
 * Resolves once `over` does, and no later than a link that stops may take: for what lies beneath it and may never tell, as
 * a radio that was unplugged.
 */
export function overInTime(
  over: Promise<void>,
  clock: Clock,
  stopTimeoutMs: number,
): Promise<void> {
  return new Promise((resolve) => {
    const late = clock.after(stopTimeoutMs + TELL_TIMEOUT_MS, resolve);
    void over.then(() => {
      late.cancel();
      resolve();
    });
  });
}
