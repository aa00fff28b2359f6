// The accrual failure detector (Hayashibara and others 2004): how long each of a node's peers has been silent, measured in
// what is usual for that peer. φ is −log10 of the chance that a beat that is so late comes yet, so one threshold suits fast
// links and slow ones.
//
// Any frame is a sign of life, but only a silence as long as the heartbeat tells how late beats are: intervals that traffic
// shortened are not kept, or a link would seem dead as soon as its traffic stops. Neither is an interval that convicts, nor
// one in which this node was held up: an outage is no habit.
//
// Moments are over the last 64 beats. Intervals are kept as whole parts of the heartbeat, so that the sums of them and of
// their squares are exact integers, which nothing has to compensate for: adding and removing forever costs no accuracy.

import { assert } from '../../core/assert.ts';
import { deviationsAt, phiOf } from './phi.ts';

/** Beats that the moments are taken over. A power of two. */
const WINDOW = 64;
/** Parts of a heartbeat; the longest interval that is kept is 64 heartbeats. */
const TICKS_PER_BEAT = 1024;
const TICKS_MAX = 0xffff;
/** Timers fire up to a millisecond early; a shorter silence was broken by traffic. */
const BEAT_SHARE_MIN = 63 / 64;
/** Until so many beats were seen, what the protocol says of them counts. */
const FIRST_BEATS = 8;
/** A beat comes after 1 heartbeat from one end, or after 1.25 from the other: seeds with that mean and deviation. */
const FIRST_MEAN_BEATS = 1.125;
const FIRST_DEVIATION_BEATS = 0.125;
/** Peers whose state lies in one piece of memory. */
const PEERS_PER_PAGE = 64;
/** The window, three doubles, a word, three bytes. */
const PEER_BYTES: number = 2 * WINDOW + 3 * 8 + 4 + 3;

/** Durations in milliseconds. */
export interface PhiTimings {
  readonly heartbeatMs: number;
  /** What a beat may always be late: added to the mean. */
  readonly acceptablePauseMs: number;
  /** The least deviation: a link without any jitter must not convict for the first millisecond. */
  readonly deviationMsMin: number;
  /** φ that convicts. */
  readonly phiThreshold: number;
}

export interface PhiEstimate {
  readonly meanMs: number;
  readonly deviationMs: number;
  /** Beats that these are of, up to 64; fewer than 8 count as none. */
  readonly beats: number;
}

/** State of `PEERS_PER_PAGE` peers, entry by entry of one peer. */
interface Page {
  /** Number of its first place among those of all pages. */
  readonly first: number;
  readonly heardAtMs: Float64Array;
  /** What beats are put off by; it is taken from the intervals that are kept. */
  readonly laterMs: Float64Array;
  /** Of the ticks in the window, and of their squares; at most 64 · 2^32, so both are exact. */
  readonly sums: Uint32Array;
  readonly squares: Float64Array;
  /** Intervals in the window, and where the next one goes. */
  readonly counts: Uint8Array;
  readonly nexts: Uint8Array;
  /** 1: the interval that goes on now is not to be kept. */
  readonly leftOut: Uint8Array;
  readonly ticks: Uint16Array;
}

/** What watches one peer. */
export interface PhiDetector {
  /** A frame came. */
  heard(nowMs: number): void;
  /** φ of the silence until now; `pauses` acceptable pauses are granted. */
  phi(nowMs: number, pauses: number): number;
  /** When φ will reach the threshold, if nothing comes until then. */
  convictsAtMs(pauses: number): number;
  /** This node was held up for so long until now: that is no silence of the peer, and tells nothing of its habits. */
  excuse(heldUpMs: number, nowMs: number): void;
  /** Beats come so much later than each heartbeat from now on: the other end, or this one, saves energy. */
  expectLater(byMs: number): void;
  /** The silence that goes on now is an outage. */
  leaveOut(): void;
  readonly estimate: PhiEstimate;
  /** No use after that. */
  release(): void;
}

/** What is the same for all peers of a node. */
interface Rules {
  readonly timings: PhiTimings;
  /** How late in deviations a beat is that convicts. */
  readonly deviations: number;
  readonly beatMsMin: number;
  readonly ticksPerMs: number;
}

/** One for each node. */
export class PhiDetectors {
  readonly #rules: Rules;
  readonly #pages: Page[] = [];
  /** Places of all pages, numbered through. */
  readonly #free: number[] = [];

  constructor(timings: PhiTimings) {
    assert(timings.heartbeatMs > 0 && timings.deviationMsMin > 0, 'a beat takes time');
    this.#rules = {
      timings,
      deviations: deviationsAt(timings.phiThreshold),
      beatMsMin: timings.heartbeatMs * BEAT_SHARE_MIN,
      ticksPerMs: TICKS_PER_BEAT / timings.heartbeatMs,
    };
  }

  /** A peer that is heard now. */
  watch(nowMs: number): PhiDetector {
    if (this.#free.length === 0) this.#grow();
    const place = this.#free.pop() ?? 0;
    const page = this.#pages[Math.floor(place / PEERS_PER_PAGE)];
    assert(page !== undefined, 'a free place is on a page');
    return new PooledDetector(this.#rules, page, place - page.first, this.#free, nowMs);
  }

  #grow(): void {
    const first = this.#pages.length * PEERS_PER_PAGE;
    this.#pages.push(newPage(first));
    for (let at = PEERS_PER_PAGE - 1; at >= 0; at -= 1) this.#free.push(first + at);
  }
}

class PooledDetector implements PhiDetector {
  readonly #rules: Rules;
  readonly #page: Page;
  readonly #at: number;
  readonly #free: number[];

  constructor(rules: Rules, page: Page, at: number, free: number[], nowMs: number) {
    this.#rules = rules;
    this.#page = page;
    this.#at = at;
    this.#free = free;
    page.heardAtMs[at] = nowMs;
    page.laterMs[at] = 0;
    for (const column of [page.sums, page.squares, page.counts, page.nexts, page.leftOut])
      column[at] = 0;
  }

  /** On the way of every frame; see `bitcraps bench detector`. */
  heard(nowMs: number): void {
    const { heardAtMs, laterMs } = this.#page;
    const intervalMs = nowMs - (heardAtMs[this.#at] ?? nowMs) - (laterMs[this.#at] ?? 0);
    heardAtMs[this.#at] = nowMs;
    if (intervalMs >= this.#rules.beatMsMin) this.#beat(intervalMs);
  }

  phi(nowMs: number, pauses: number): number {
    const { timings } = this.#rules;
    const { meanMs, deviationMs } = this.estimate;
    const { heardAtMs, laterMs } = this.#page;
    const silentMs = nowMs - (heardAtMs[this.#at] ?? nowMs) - (laterMs[this.#at] ?? 0);
    const lateMs = silentMs - meanMs - pauses * timings.acceptablePauseMs;
    return phiOf(lateMs / Math.max(deviationMs, timings.deviationMsMin));
  }

  convictsAtMs(pauses: number): number {
    const { heardAtMs, laterMs } = this.#page;
    return (heardAtMs[this.#at] ?? 0) + (laterMs[this.#at] ?? 0) + this.#spanMs(pauses);
  }

  excuse(heldUpMs: number, nowMs: number): void {
    const { heardAtMs } = this.#page;
    heardAtMs[this.#at] = Math.min(nowMs, (heardAtMs[this.#at] ?? 0) + heldUpMs);
    this.leaveOut();
  }

  expectLater(byMs: number): void {
    this.#page.laterMs[this.#at] = byMs;
  }

  leaveOut(): void {
    this.#page.leftOut[this.#at] = 1;
  }

  get estimate(): PhiEstimate {
    const { timings, ticksPerMs } = this.#rules;
    const beats = this.#page.counts[this.#at] ?? 0;
    if (beats < FIRST_BEATS) {
      const meanMs = FIRST_MEAN_BEATS * timings.heartbeatMs;
      return { meanMs, deviationMs: FIRST_DEVIATION_BEATS * timings.heartbeatMs, beats };
    }
    const sum = this.#page.sums[this.#at] ?? 0;
    const squares = this.#page.squares[this.#at] ?? 0;
    // The difference is an integer below 2^53, and never negative.
    const deviation = Math.sqrt(beats * squares - sum * sum) / beats;
    return { meanMs: sum / beats / ticksPerMs, deviationMs: deviation / ticksPerMs, beats };
  }

  release(): void {
    this.#free.push(this.#page.first + this.#at);
  }

  /** The silence that convicts, where beats are not put off. */
  #spanMs(pauses: number): number {
    const { timings, deviations } = this.#rules;
    const { meanMs, deviationMs } = this.estimate;
    const lateMs = deviations * Math.max(deviationMs, timings.deviationMsMin);
    return meanMs + pauses * timings.acceptablePauseMs + lateMs;
  }

  /** A silence as long as a beat ended. */
  #beat(intervalMs: number): void {
    const { counts, nexts, leftOut, sums, squares, ticks } = this.#page;
    const at = this.#at;
    if (leftOut[at] === 1 || intervalMs >= this.#spanMs(1)) {
      leftOut[at] = 0;
      return;
    }
    const tick = Math.min(TICKS_MAX, Math.round(intervalMs * this.#rules.ticksPerMs));
    const count = counts[at] ?? 0;
    const next = nexts[at] ?? 0;
    const slot = at * WINDOW + next;
    // What was never written is 0 and takes nothing away.
    const old = count === WINDOW ? (ticks[slot] ?? 0) : 0;
    ticks[slot] = tick;
    sums[at] = (sums[at] ?? 0) + tick - old;
    squares[at] = (squares[at] ?? 0) + tick * tick - old * old;
    nexts[at] = (next + 1) % WINDOW;
    if (count < WINDOW) counts[at] = count + 1;
  }
}

/** All in one piece of memory: the views of it are most of what a page costs beside that. */
function newPage(first: number): Page {
  const memory = new ArrayBuffer(PEERS_PER_PAGE * PEER_BYTES);
  let used = 0;
  const take = (bytesPerPeer: number): readonly [ArrayBuffer, number, number] => {
    const from = used;
    used += PEERS_PER_PAGE * bytesPerPeer;
    return [memory, from, PEERS_PER_PAGE];
  };
  const [ticks, from] = take(2 * WINDOW);
  return {
    first,
    ticks: new Uint16Array(ticks, from, PEERS_PER_PAGE * WINDOW),
    heardAtMs: new Float64Array(...take(8)),
    laterMs: new Float64Array(...take(8)),
    squares: new Float64Array(...take(8)),
    sums: new Uint32Array(...take(4)),
    counts: new Uint8Array(...take(1)),
    nexts: new Uint8Array(...take(1)),
    leftOut: new Uint8Array(...take(1)),
  };
}
