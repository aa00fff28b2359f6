// What a node has measured of one gateway itself: round trips of probes, how many were answered, for what share of the time
// it was there, and what became of real traffic through it. Nothing here comes from what the gateway says.

import { createWindowedMax } from '../../core/windowed-max.ts';
import { createRoundTrip } from '../../resilience/round-trip.ts';
import { createWindowedShare } from './windowed-share.ts';

/** Successes count for one to two of these. */
const SUCCESS_PERIOD_MS = 30_000;
/** The quickest round trip counts as that without queues for one to two of these: a way that changed is learnt anew. */
const BASE_PERIOD_MS = 120_000;
/** Being there counts for one to two of these. */
const UPTIME_PERIOD_MS = 1_800_000;
/** Between two probes no more time than this is put down to the later one: it tells little about the time before. */
const SPAN_MS_MAX = 60_000;
/** Real traffic is timed in spans of at least this length. */
const THROUGHPUT_SPAN_MS = 1_000;
/** The best span counts for one to two of these. */
const THROUGHPUT_PERIOD_MS = 60_000;
/** A span of which so much was lost or marked ran into a limit: its rate is the limit. */
const SATURATED_SHARE = 0.05;
/** A span of fewer packets says nothing about limits. */
const SATURATED_PACKETS_MIN = 20;

/** As measured now; `null` where nothing was. */
export interface Measured {
  readonly roundTripMs: number | null;
  readonly jitterMs: number | null;
  /** By how much the round trip exceeds the quickest of late: time in queues. */
  readonly queueingMs: number | null;
  /** Answered probes and delivered packets, the lesser share; 0–1. */
  readonly successRate: number | null;
  /** Probes and packets that it stands on. */
  readonly outcomes: number;
  /** Share of the observed time that it answered. */
  readonly uptime: number | null;
  readonly observedMs: number;
  /** Bytes per second that were delivered through it at best; a lower bound of what it can. */
  readonly throughput: number | null;
  /** Bytes per second where traffic ran into a limit: what this node can get through it. */
  readonly limit: number | null;
}

/** What became of packets that went through a gateway, as their destinations reported. */
export interface CarriedTraffic {
  readonly delivered: number;
  readonly lost: number;
  readonly marked: number;
  readonly deliveredBytes: number;
}

export class GatewayMeasurement {
  readonly #roundTrip = createRoundTrip();
  readonly #answers = createWindowedShare(SUCCESS_PERIOD_MS);
  readonly #packets = createWindowedShare(SUCCESS_PERIOD_MS);
  readonly #uptime = createWindowedShare(UPTIME_PERIOD_MS);
  /** Of the negated round trip. */
  readonly #quickest = createWindowedMax(BASE_PERIOD_MS);
  readonly #throughput = createWindowedMax(THROUGHPUT_PERIOD_MS);
  #limit: { readonly rate: number; readonly atMs: number } | null = null;
  #span: { sinceMs: number; bytes: number; packets: number; hindered: number } | null = null;
  #outcomeAtMs: number | null = null;

  /** `roundTripMs`: `null` where the answer counts and its time does not. */
  answered(roundTripMs: number | null, nowMs: number): void {
    if (roundTripMs !== null) {
      this.#roundTrip.measured(roundTripMs, nowMs);
      this.#quickest.add(-roundTripMs, nowMs);
    }
    this.#outcome(true, nowMs);
  }

  unanswered(nowMs: number): void {
    this.#outcome(false, nowMs);
  }

  /** `isFull`: it said that it had no room for more. What is then lost is due to those who send too much, and no failure. */
  carried(traffic: CarriedTraffic, isFull: boolean, nowMs: number): void {
    const { delivered, lost, marked, deliveredBytes } = traffic;
    if (!isFull) this.#packets.add(delivered, delivered + lost, nowMs);
    this.#span ??= { sinceMs: nowMs, bytes: 0, packets: 0, hindered: 0 };
    const span = this.#span;
    span.bytes += deliveredBytes;
    span.packets += delivered + lost;
    span.hindered += marked + lost;
    const ms = nowMs - span.sinceMs;
    if (ms < THROUGHPUT_SPAN_MS) return;
    this.#span = null;
    const rate = (span.bytes * 1_000) / ms;
    this.#throughput.add(rate, nowMs);
    const isSaturated =
      span.packets >= SATURATED_PACKETS_MIN && span.hindered >= SATURATED_SHARE * span.packets;
    if (isSaturated) this.#limit = { rate, atMs: nowMs };
    // What gets through without a limit shows that there is more room than the limit said.
    else if (this.#limit !== null && rate > this.#limit.rate) this.#limit = null;
  }

  /** How long to wait for an answer. */
  timeoutMs(minMs: number, maxMs: number, nowMs: number): number {
    return this.#roundTrip.timeoutMs(minMs, maxMs, nowMs);
  }

  at(nowMs: number): Measured {
    const { smoothedMs, deviationMs } = this.#roundTrip;
    const base = this.#quickest.value(nowMs);
    const [answers, packets] = [this.#answers.share(nowMs), this.#packets.share(nowMs)];
    const limit = this.#limit !== null && nowMs - this.#limit.atMs < THROUGHPUT_PERIOD_MS;
    return {
      roundTripMs: smoothedMs,
      jitterMs: smoothedMs === null ? null : deviationMs,
      queueingMs: smoothedMs === null || base === null ? null : Math.max(0, smoothedMs + base),
      successRate: answers === null ? packets : Math.min(answers, packets ?? 1),
      outcomes: this.#answers.whole(nowMs) + this.#packets.whole(nowMs),
      uptime: this.#uptime.share(nowMs),
      observedMs: this.#uptime.whole(nowMs),
      throughput: this.#throughput.value(nowMs),
      limit: limit ? (this.#limit?.rate ?? null) : null,
    };
  }

  #outcome(isAnswered: boolean, nowMs: number): void {
    // What never answered is not known: it may be of an older version, or its session has only begun.
    if (!isAnswered && this.#outcomeAtMs === null) return;
    this.#answers.add(isAnswered ? 1 : 0, 1, nowMs);
    if (this.#outcomeAtMs !== null) {
      const spanMs = Math.min(SPAN_MS_MAX, nowMs - this.#outcomeAtMs);
      this.#uptime.add(isAnswered ? spanMs : 0, spanMs, nowMs);
    }
    this.#outcomeAtMs = nowMs;
  }
}
