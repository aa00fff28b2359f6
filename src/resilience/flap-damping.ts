// How long something that failed and came back is left out: longer each time it happens, forgotten over time. The
// penalties of RFC 2439 (BGP route flap damping) with a delay instead of a threshold, so that a first failure costs little.

/** The penalty halves in this time. */
const HALF_LIFE_MS = 60_000;
/** After a first failure. */
export const READMIT_MS_MIN = 500;
/** However often it fails. */
export const READMIT_MS_MAX = 30_000;

export interface FlapDamping {
  /** Counts a failure; milliseconds from now for which it stays out, whatever it shows. */
  failed(nowMs: number): number;
}

export function createFlapDamping(): FlapDamping {
  let penalty = 0;
  let atMs = 0;
  return {
    failed(nowMs) {
      penalty = penalty * 0.5 ** ((nowMs - atMs) / HALF_LIFE_MS) + 1;
      atMs = nowMs;
      return Math.min(READMIT_MS_MAX, READMIT_MS_MIN * 2 ** (penalty - 1));
    },
  };
}
