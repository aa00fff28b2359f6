// A stream between two ends under a preset's disturbances, in both directions: segments are lost and sent again as TCP does
// it, nothing passes during an outage, and order is kept, so that one lost segment holds up all that follow. Where others
// follow soon, their acknowledgements tell of the loss (RACK, RFC 8985); the last one waits for the timer.

import type { Disturbance } from '../../resilience/disturbances.ts';
import type { SeededRng } from '../seeded-rng.ts';

const DAY_MS = 86_400_000;
/** Linux's bounds of a retransmission timeout. */
const RETRANSMISSION_MS_MIN = 200;
const RETRANSMISSION_MS_MAX = 120_000;
/** RFC 6298: what the timeout is above the round trip, in jitters. */
const JITTERS = 4;

interface Outage {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What happens now and then, `perDay` times on average, each for up to `msMax`. */
export class Incidents {
  readonly #perDay: number;
  readonly #msMax: number;
  readonly #rng: SeededRng;
  #atMs = 0;

  constructor(perDay: number, msMax: number, rng: SeededRng) {
    this.#perDay = perDay;
    this.#msMax = msMax;
    this.#rng = rng;
  }

  /** The next one; at infinity where there are none. */
  next(): Outage {
    if (this.#perDay === 0) return { fromMs: Infinity, untilMs: Infinity };
    const fromMs = this.#atMs - (Math.log(1 - this.#rng.unit()) * DAY_MS) / this.#perDay;
    this.#atMs = fromMs + this.#rng.unit() * this.#msMax;
    return { fromMs, untilMs: this.#atMs };
  }
}

export class DisturbedWire {
  readonly #disturbance: Disturbance;
  readonly #rng: SeededRng;
  readonly #incidents: Incidents;
  /** Those that a segment may still meet, in order. */
  #outages: Outage[] = [];
  readonly #lastArrivalMs: [number, number] = [0, 0];
  readonly #timeoutMs: number;
  /** How soon a loss is known by what follows. */
  readonly #toldMs: number;

  /** `followedMs`: how soon another segment follows each. */
  constructor(disturbance: Disturbance, followedMs: number, rng: SeededRng) {
    const { latencyMs, jitterMs, outagesPerDay, outageMsMax } = disturbance;
    this.#disturbance = disturbance;
    this.#rng = rng;
    this.#incidents = new Incidents(outagesPerDay, outageMsMax, rng);
    this.#timeoutMs = Math.max(RETRANSMISSION_MS_MIN, 2 * latencyMs + JITTERS * jitterMs);
    this.#toldMs = followedMs + 2 * (latencyMs + jitterMs);
  }

  /** When a segment that one end hands over at `nowMs` leaves for the time that gets through, and when it arrives. */
  send(direction: 0 | 1, nowMs: number): { readonly leftMs: number; readonly arrivesMs: number } {
    const { latencyMs, jitterMs, loss } = this.#disturbance;
    while ((this.#outages[0]?.untilMs ?? Infinity) <= nowMs) this.#outages.shift();
    let leftMs = nowMs;
    let timeoutMs = this.#timeoutMs;
    for (;;) {
      const isOut = this.#isOut(leftMs);
      if (!isOut && !this.#rng.chance(loss)) break;
      leftMs += isOut ? timeoutMs : Math.min(timeoutMs, this.#toldMs);
      timeoutMs = Math.min(RETRANSMISSION_MS_MAX, 2 * timeoutMs);
    }
    const arrivesMs = Math.max(
      leftMs + latencyMs + this.#rng.unit() * jitterMs,
      this.#lastArrivalMs[direction],
    );
    this.#lastArrivalMs[direction] = arrivesMs;
    return { leftMs, arrivesMs };
  }

  #isOut(atMs: number): boolean {
    let last = this.#outages.at(-1) ?? this.#draw();
    while (last.fromMs <= atMs) last = this.#draw();
    return this.#outages.some(({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs);
  }

  #draw(): Outage {
    const outage = this.#incidents.next();
    this.#outages.push(outage);
    return outage;
  }
}
