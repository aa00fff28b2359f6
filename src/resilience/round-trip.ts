// The smoothed round trip, its deviation, and how long to wait for an answer: RFC 6298 section 2, with the caller's bounds
// instead of one second. A link that loses segments now and then answers late now and then: many quick answers in
// between must not make that forgotten, so the slowest of late counts, too.

import { createWindowedMax } from '../core/windowed-max.ts';

/** RFC 6298: shares of a new sample in the smoothed value and in the deviation, and deviations in the timeout. */
const ALPHA = 1 / 8;
const BETA = 1 / 4;
const K = 4;
/** What is usual is always waited for, and a quarter as long again. */
const PATIENT_ROUND_TRIPS = 1.25;
/** The slowest answer counts for one to two of these. */
const SLOWEST_PERIOD_MS = 60_000;

export interface RoundTrip {
  /** `null` before the first sample. */
  readonly smoothedMs: number | null;
  /** RTTVAR; 0 before the first sample. */
  readonly deviationMs: number;
  /** `ms` of a request that was not sent twice under one number (Karn's rule). */
  measured(ms: number, nowMs: number): void;
  /** The slowest answer of the last minute or two; 0 if there was none. */
  slowestMs(nowMs: number): number;
  /**
   * SRTT + 4 · RTTVAR or the slowest of late, within the bounds; the upper one before the first sample. Where `patienceMs` is
   * given, deviations and slow answers count up to that, or up to 1.25 · SRTT where that is more.
   */
  timeoutMs(minMs: number, maxMs: number, nowMs: number, patienceMs?: number): number;
}

export function createRoundTrip(): RoundTrip {
  let smoothedMs: number | null = null;
  let deviationMs = 0;
  const slowest = createWindowedMax(SLOWEST_PERIOD_MS);
  return {
    get smoothedMs() {
      return smoothedMs;
    },
    get deviationMs() {
      return deviationMs;
    },
    measured(ms, nowMs) {
      slowest.add(ms, nowMs);
      if (smoothedMs === null) {
        smoothedMs = ms;
        deviationMs = ms / 2;
        return;
      }
      deviationMs += BETA * (Math.abs(smoothedMs - ms) - deviationMs);
      smoothedMs += ALPHA * (ms - smoothedMs);
    },
    slowestMs: (nowMs) => slowest.value(nowMs) ?? 0,
    timeoutMs(minMs, maxMs, nowMs, patienceMs = Infinity) {
      if (smoothedMs === null) return maxMs;
      const slowestMs = slowest.value(nowMs) ?? 0;
      const answerMs = Math.max(smoothedMs + K * deviationMs, slowestMs);
      const patientMs = Math.max(patienceMs, PATIENT_ROUND_TRIPS * smoothedMs);
      return Math.min(maxMs, Math.max(minMs, Math.min(answerMs, patientMs)));
    },
  };
}
