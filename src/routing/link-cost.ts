// What a link costs: 100 per hop, plus a unit for each millisecond of round trip where both ends measure it. Hops and
// round trips stay comparable: a detour of one hop pays off from 100 ms on. Smoothing is RFC 6298's; hysteresis keeps
// jitter from flooding the mesh.

/** A hop without measurement. */
export const WEIGHT_PER_HOP = 100;
/** Round trips are rounded to this many milliseconds. */
export const ROUND_TRIP_QUANTUM_MS = 5;
/** Longer round trips weigh no more. */
export const ROUND_TRIP_MS_MAX = 60_000;
/** The largest weight a record may carry. */
export const WEIGHT_MAX = 0xffff;
/** RFC 6298 section 2.3: the share of a new sample in the smoothed value. */
const SMOOTHING = 1 / 8;
/** A change below this share of the advertised round trip is jitter. */
const CHANGE_SHARE_MIN = 0.25;
/** One link's weight changes at most this often. */
export const REWEIGH_INTERVAL_MS_MIN = 10_000;

export interface LinkCost {
  /** 1…`WEIGHT_MAX`. */
  readonly weight: number;
  /** Takes a measured round trip; `true` if `weight` changed and should be told to the mesh. */
  measured(roundTripMs: number, nowMs: number): boolean;
}

/** `byRoundTrip`: whether EnhancedRouting is active on the link; otherwise every hop weighs the same. */
export function createLinkCost(byRoundTrip: boolean): LinkCost {
  let smoothedMs: number | null = null;
  let advertisedMs = 0;
  let advertisedAtMs = -Infinity;

  return {
    get weight() {
      return WEIGHT_PER_HOP + advertisedMs;
    },
    measured(roundTripMs, nowMs) {
      if (!byRoundTrip) return false;
      const sampleMs = Math.min(ROUND_TRIP_MS_MAX, Math.max(0, roundTripMs));
      smoothedMs =
        smoothedMs === null ? sampleMs : smoothedMs + SMOOTHING * (sampleMs - smoothedMs);
      const change = Math.abs(smoothedMs - advertisedMs);
      if (change < Math.max(ROUND_TRIP_QUANTUM_MS, CHANGE_SHARE_MIN * advertisedMs)) return false;
      if (nowMs - advertisedAtMs < REWEIGH_INTERVAL_MS_MIN) return false;
      const next = Math.round(smoothedMs / ROUND_TRIP_QUANTUM_MS) * ROUND_TRIP_QUANTUM_MS;
      if (next === advertisedMs) return false;
      advertisedMs = next;
      advertisedAtMs = nowMs;
      return true;
    },
  };
}
