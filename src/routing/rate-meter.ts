// What a link delivers at its best: bytes acknowledged over the time they took, counted only while it was kept busy
// (Cheng and Cardwell's delivery rate estimation, as BBR uses it), the best of a bounded window.

import { createWindowedMax } from '../core/windowed-max.ts';

/** Fewer bytes say more about the round trip than about the rate. */
const SAMPLE_BYTES_MIN = 16 * 1024;
/** The best counts for one to two of these. */
const PERIOD_MS = 60_000;

export interface RateMeter {
  /** `null` where the link was never busy lately. */
  bytesPerSecond(nowMs: number): number | null;
  /** `bytes` were acknowledged within `ms` in which the link never ran dry. */
  delivered(bytes: number, ms: number, nowMs: number): void;
}

export function createRateMeter(): RateMeter {
  const best = createWindowedMax(PERIOD_MS);
  return {
    bytesPerSecond: (nowMs) => best.value(nowMs),
    delivered(bytes, ms, nowMs) {
      if (bytes >= SAMPLE_BYTES_MIN && ms > 0) best.add((bytes * 1000) / ms, nowMs);
    },
  };
}
