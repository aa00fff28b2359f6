// How much work a stranger has to do before this node does any for him: none while there is room, then more bits the
// longer the load stays high, and fewer only once it has been low for a while, so that the demand does not flutter.

/** Where the demand begins: about a millisecond of a dialer's time. */
export const DEMAND_BITS_MIN = 10;
/** How often it may change. */
const STEP_MS = 500;
/** For so long the load must have been low before it falls. */
const CALM_MS = 5_000;
/** Shares of the load at which it rises and falls. */
const HIGH = 0.5;
const LOW = 0.25;
/** With fewer strangers than this at the door, late timers are not their doing, and work asked of them helps nobody. */
const STRANGERS_MIN = 0.1;

/** What presses on a node, each as a share of what it can bear; 1 and more is too much. */
export interface Load {
  /** Of the places for handshakes under way. */
  readonly halfOpen: number;
  /** Of the handshakes that may begin in a second. */
  readonly dials: number;
  /** By how much timers are late, of what is too late. Counts only while strangers can be the reason. */
  readonly delay: number;
}

export interface ProofDemand {
  /** Zero bits that a dialer must show now; 0: nothing is asked. */
  readonly bits: number;
  observe(load: Load, nowMs: number): void;
}

/** `bitsMax` 0 never asks anything. */
export function createProofDemand(bitsMax: () => number): ProofDemand {
  let bits = 0;
  let steppedAtMs = Number.NEGATIVE_INFINITY;
  let calmSinceMs: number | null = null;

  return {
    get bits() {
      return Math.min(bits, bitsMax());
    },
    observe({ halfOpen, dials, delay }, nowMs) {
      const strangers = Math.max(halfOpen, dials);
      const load = strangers < STRANGERS_MIN ? strangers : Math.max(strangers, delay);
      if (load > LOW) calmSinceMs = null;
      else calmSinceMs ??= nowMs;
      if (nowMs - steppedAtMs < STEP_MS) return;
      if (load >= HIGH) bits = Math.min(bitsMax(), Math.max(DEMAND_BITS_MIN, bits + 1));
      else if (calmSinceMs !== null && nowMs - calmSinceMs >= CALM_MS && bits > 0) {
        bits = bits <= DEMAND_BITS_MIN ? 0 : bits - 1;
      } else return;
      steppedAtMs = nowMs;
    },
  };
}
