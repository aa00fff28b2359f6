// What is known of one way to a destination: what share of its packets arrives, when it last proved itself, and whether it
// is left for another one. A way that was left comes back once probes prove it, and later each time it happens.

import { createFlapDamping, type FlapDamping } from '../flap-damping.ts';

/** What is routed over: a way as packets carry it. */
export interface ReadyWay {
  /** 32 bits that tell it from other ways to the same destination. */
  readonly label: number;
  /** One for each hop: this node's first. */
  readonly ports: readonly number[];
}

/** `silent`: nothing came back. `lossy`: too little arrives. `told`: the destination's packets have left it. */
export type LeaveReason = 'silent' | 'lossy' | 'told';

/** Half of what was counted is forgotten in this time. */
const HALF_LIFE_MS = 10_000;
/** A share of fewer packets says nothing. */
const JUDGED_PACKETS_MIN = 20;
/** Standard deviations by which a share must be too low. */
const CERTAINTY = 2;
/** Probes in a row that must arrive before a way is used again; where its share was too low, it takes more to tell. */
const PROOFS: Readonly<Record<LeaveReason, number>> = { silent: 2, lossy: 8, told: 2 };
/** A way whose proof is awaited is probed after so long, then after twice that each time while nothing comes back. */
const AWAITED_PROBE_MS = 500;

export class Way {
  /** When it was last seen to deliver. */
  provedAtMs: number = -Infinity;
  /** Why and when it was left; `null` while it is used. */
  left: { readonly reason: LeaveReason; readonly turn: number } | null = null;
  #delivered = 0;
  #lost = 0;
  #countedAtMs = 0;
  #probedAtMs = -Infinity;
  #probePauseMs = AWAITED_PROBE_MS;
  #proofs = 0;
  #readmitAtMs = 0;
  #damping: FlapDamping | null = null;

  /** 0–1; `null` where too little was sent to tell. */
  share(nowMs: number): number | null {
    this.#fade(nowMs);
    const sent = this.#delivered + this.#lost;
    return sent < JUDGED_PACKETS_MIN ? null : this.#delivered / sent;
  }

  /** Whether less than `threshold` arrives, beyond what chance explains. */
  isPoor(threshold: number, nowMs: number): boolean {
    const share = this.share(nowMs);
    if (share === null) return false;
    const deviation = Math.sqrt((share * (1 - share)) / (this.#delivered + this.#lost));
    return share + CERTAINTY * deviation < threshold;
  }

  /** What became of packets on it. */
  counted(delivered: number, lost: number, nowMs: number): void {
    this.#fade(nowMs);
    this.#delivered += delivered;
    this.#lost += lost;
    if (delivered > 0) {
      this.provedAtMs = nowMs;
      this.#probePauseMs = AWAITED_PROBE_MS;
    }
    if (this.left === null) return;
    this.#proofs = lost > 0 ? 0 : this.#proofs + delivered;
    if (this.#proofs >= PROOFS[this.left.reason] && nowMs >= this.#readmitAtMs) this.left = null;
  }

  /** `turn` grows with each time that some way is left. */
  leave(reason: LeaveReason, turn: number, nowMs: number): void {
    this.#damping ??= createFlapDamping();
    if (this.left === null) this.#readmitAtMs = nowMs + this.#damping.failed(nowMs);
    this.left = { reason, turn };
    this.#proofs = 0;
    this.#delivered = 0;
    this.#lost = 0;
    this.#probePauseMs = AWAITED_PROBE_MS;
    this.#probedAtMs = nowMs;
  }

  /**
   * Whether it is time to try it: it has not delivered for `probeMs`, or `isAwaited`, since its proof decides. Counts as
   * tried.
   */
  takeProbe(probeMs: number, isAwaited: boolean, nowMs: number): boolean {
    const pauseMs = isAwaited ? this.#probePauseMs : probeMs;
    const lastMs = isAwaited ? this.#probedAtMs : Math.max(this.provedAtMs, this.#probedAtMs);
    if (nowMs - lastMs < pauseMs) return false;
    this.#probedAtMs = nowMs;
    if (isAwaited) this.#probePauseMs = Math.min(probeMs, 2 * this.#probePauseMs);
    return true;
  }

  #fade(nowMs: number): void {
    const share = 0.5 ** ((nowMs - this.#countedAtMs) / HALF_LIFE_MS);
    this.#delivered *= share;
    this.#lost *= share;
    this.#countedAtMs = nowMs;
  }
}
