// Latency: the round trip of each link against its own baseline, the shortest of the last hour or two. A link round the
// globe is as healthy as one across the room while each takes what it always took.

import type { Clock } from '../../env/clock.ts';
import { createWindowedMax, type WindowedMax } from '../../core/windowed-max.ts';
import type { CategoryJudgement } from './category.ts';

/** The baseline is forgotten after one to two of these: a way that has become longer for good is the new normal then. */
const BASELINE_PERIOD_MS = 3_600_000;
/** So many times the baseline is not yet slow: a busy machine or radio does that. */
const TOLERATED_FACTOR = 2;
/** What a round trip may grow by whatever the baseline is: below it nobody notices. */
const TOLERATED_MS = 10;
/** Baselines that are kept, of links that are there and of those that may come back. */
export const BASELINES_MAX = 1_024;

export interface LinkRoundTrip {
  /** Identifies the neighbour. */
  readonly link: string;
  /** For people. */
  readonly name: string;
  /** A middling one of late; `null` before it was measured. */
  readonly roundTripMs: number | null;
}

export class LatencyJudge {
  readonly #clock: Clock;
  /** Of the negative round trips; the link used longest ago first. */
  readonly #shortest = new Map<string, WindowedMax>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  judge(links: readonly LinkRoundTrip[]): CategoryJudgement {
    const name = 'latency';
    let sum = 0;
    let count = 0;
    let slowest = { score: Infinity, why: '' };
    for (const { link, name: neighbour, roundTripMs } of links) {
      if (roundTripMs === null) continue;
      const baselineMs = this.#baselineMs(link, roundTripMs);
      const toleratedMs = TOLERATED_FACTOR * baselineMs + TOLERATED_MS;
      const score = Math.min(1, toleratedMs / Math.max(roundTripMs, Number.MIN_VALUE));
      sum += score;
      count += 1;
      if (score >= slowest.score) continue;
      const why = `${neighbour} takes ${roundTripMs.toFixed(1)} ms, at best ${baselineMs.toFixed(1)} ms`;
      slowest = { score, why };
    }
    if (count === 0) return { name, score: null, why: 'no round trip was measured' };
    return { name, score: sum / count, why: slowest.why };
  }

  #baselineMs(link: string, roundTripMs: number): number {
    const nowMs = this.#clock.now();
    const shortest = this.#shortest.get(link) ?? createWindowedMax(BASELINE_PERIOD_MS);
    this.#shortest.delete(link);
    this.#shortest.set(link, shortest);
    shortest.add(-roundTripMs, nowMs);
    if (this.#shortest.size > BASELINES_MAX) {
      const [oldest = link] = this.#shortest.keys();
      this.#shortest.delete(oldest);
    }
    return -(shortest.value(nowMs) ?? -roundTripMs);
  }
}
