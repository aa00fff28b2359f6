// CoDel (RFC 8289): a queue whose packets have all waited for longer than a target throughout an interval is told so, one
// packet at a time, at intervals that shrink with the square root of how often, until it stands no more. Data packets are
// marked (RFC 3168's role); what cannot be marked, and what waited so long that nobody heeds marks, is dropped.

import type { ClassRank } from './class-caps.ts';

/** A wait that costs a game nothing, and one that costs a transfer nothing. */
const TARGET_MS = [10, 10, 50] as const;
/** The time in which a source can react: a long round trip; for bulk, some of its longest packets at a slow rate. */
const INTERVAL_MS = [100, 100, 500] as const;
/** Waits past this are shortened by dropping. */
const MARKED_MS_MAX = [200, 200, 1_000] as const;
/** A few packets that wait for one another are no standing queue (RFC 8289's MTU); for bulk, one of the longest. */
const QUIET_BYTES = [4 * 1024, 4 * 1024, 64 * 1024] as const;
/** A queue that stands again so soon is taken where it was left (RFC 8289, section 5.4). */
const MEMORY_INTERVALS = 16;

/** Whether a packet of the class that waited so long says nothing, unless its queue stood before. */
export function isBrief(rank: ClassRank, waitedMs: number): boolean {
  return waitedMs < TARGET_MS[rank];
}

export type CodelVerdict = 'pass' | 'mark' | 'drop';

export class Codel {
  readonly #rank: ClassRank;
  /** Whether the queue has been seen to stand; if not, a packet that waited briefly changes nothing. */
  isWatching = false;
  /** When a queue that stands will have done so for an interval; 0: it does not stand. */
  #standsAtMs = 0;
  #isActing = false;
  #nextAtMs = 0;
  #count = 0;
  #countBefore = 0;

  constructor(rank: ClassRank) {
    this.#rank = rank;
  }

  /** The first packet of the queue is to leave after `waitedMs`, of `queuedBytes` with it. Asked again after a drop. */
  judge(
    waitedMs: number,
    queuedBytes: number,
    packetBytes: number,
    isMarkable: boolean,
    nowMs: number,
  ): CodelVerdict {
    const rank = this.#rank;
    if (waitedMs < TARGET_MS[rank] || queuedBytes - packetBytes < QUIET_BYTES[rank]) {
      this.#standsAtMs = 0;
      this.#isActing = false;
      this.isWatching = false;
      return 'pass';
    }
    this.isWatching = true;
    if (this.#standsAtMs === 0) {
      this.#standsAtMs = nowMs + INTERVAL_MS[rank];
      this.#isActing = false;
      return 'pass';
    }
    if (nowMs < this.#standsAtMs) return 'pass';
    if (this.#isActing) {
      if (nowMs < this.#nextAtMs) return 'pass';
      this.#count += 1;
      this.#nextAtMs += this.#spacingMs();
    } else {
      this.#begin(nowMs);
    }
    return isMarkable && waitedMs < MARKED_MS_MAX[rank] ? 'mark' : 'drop';
  }

  #begin(nowMs: number): void {
    this.#isActing = true;
    const since = this.#count - this.#countBefore;
    const isSoon = nowMs - this.#nextAtMs < MEMORY_INTERVALS * INTERVAL_MS[this.#rank];
    this.#count = since > 1 && isSoon ? since : 1;
    this.#countBefore = this.#count;
    this.#nextAtMs = nowMs + this.#spacingMs();
  }

  #spacingMs(): number {
    return INTERVAL_MS[this.#rank] / Math.sqrt(this.#count);
  }
}
