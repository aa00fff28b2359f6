// What one direction of a link costs, measured and not assumed. The weight is in milliseconds, a hop counting 100, so that
// hops and round trips stay comparable and a mesh may mix nodes that measure more with those that measure less:
//
//   weight = ETX · (100 + t) + round trip + jitter + queue + energy        (quantised; 1 … 65 535)
//
//   ETX         1 / (1 − loss) of this direction (De Couto 2003), 1 where the transport hides its losses
//   t           milliseconds that 1 KiB takes at the best rate of late (ETT, Draves 2004), 0 where the rate is not known
//   round trip  lower quartile of the last measurements: what an answer takes when nothing is lost and little waits
//   jitter      their median absolute deviation from that
//   queue       median of what packets waited before this link, at most 100
//   energy      up to 50 as this node's battery runs low, 0 on mains
//
// A quiet link weighs 100 and its round trip, as revision 1 of EnhancedRouting has it. Hysteresis in value and in time
// keeps noise from flooding the mesh; quantiles let a real change through at once instead of by degrees.

import { encodeMetrics, decodeMetrics, type LinkMetrics } from './graph/metric-code.ts';
import { createRateMeter, type RateMeter } from './rate-meter.ts';

/** A hop without measurement. */
export const WEIGHT_PER_HOP = 100;
/** What is measured is rounded to this many milliseconds. */
export const WEIGHT_QUANTUM_MS = 5;
/** Longer round trips weigh no more. */
export const ROUND_TRIP_MS_MAX = 60_000;
/** The largest weight a record may carry. */
export const WEIGHT_MAX = 0xffff;
/** A change below this share of what was told is noise. */
const CHANGE_SHARE_MIN = 0.25;
/** A change has to last this long, and through as many measurements. */
export const CHANGE_LASTS_MS = 3_000;
const CHANGE_MEASUREMENTS_MIN = 3;
/** The first of them are told at once, but not a single one: it may have met a lost segment. */
const FIRST_MEASUREMENTS = 3;
/** One link's weight changes at most this often. */
export const REWEIGH_INTERVAL_MS_MIN = 10_000;
/** Metrics that changed so much are told although the weight stays; at most this often. */
const METRICS_FACTOR = 2;
export const METRICS_INTERVAL_MS_MIN: number = 5 * 60_000;
/** Before so many measurements there is no jitter, and the metrics of a new link are not compared. */
const SETTLED_MEASUREMENTS = 8;
/** Smaller latencies and jitters are all alike to a route. */
const METRICS_MS_MIN = 5;
/** Raw measurements that are kept. */
export const MEASUREMENTS_MAX = 16;
/** A busy link measures more often than this; what lies between says the same. */
export const MEASUREMENT_SPACING_MS = 250;
const RATE_BYTES = 1024;
const QUEUE_MS_MAX = 100;
const ENERGY_MS_MAX = 50;
/** Below this share of the battery a node makes its links dearer. */
const ENERGY_AMPLE = 0.5;
const LOSS_SMOOTHING = 1 / 16;
/** Links that lose more are no better than dead ones. */
const LOSS_MAX = 0.9;

/** One measurement of a link, as it came. */
export interface LinkMeasurement {
  /** Monotonic. */
  readonly atMs: number;
  readonly roundTripMs: number;
  /** What the last packet waited in this node's queue before the link. */
  readonly queueMs: number;
}

export interface LinkMeter {
  /** 1…`WEIGHT_MAX`, as told to the mesh. */
  readonly weight: number;
  /** `graph/metric-code.ts`, as told to the mesh; 0 before anything was measured. */
  readonly metrics: number;
  /** Oldest first, at most `MEASUREMENTS_MAX`. */
  readonly window: readonly LinkMeasurement[];
  /** As measured now, before quantising and hysteresis. */
  current(nowMs: number): LinkMetrics & { readonly queueMs: number | null };
  /** Takes a measurement; `true` if `weight` or `metrics` changed and should be told to the mesh. */
  measured(measurement: LinkMeasurement): boolean;
  /** The best rate of late, whether or not the link is weighed by it; `null` where the link was never busy. */
  bytesPerSecond(nowMs: number): number | null;
  /** `bytes` were acknowledged within `ms` in which the link was busy throughout. */
  delivered(bytes: number, ms: number, nowMs: number): void;
  /** Whether a probe came through, on transports that lose: its direction of this link. */
  probed(arrived: boolean): void;
}

export interface LinkMeterConfig {
  /** Whether EnhancedRouting is active on the link; otherwise every hop weighs the same. */
  readonly measures: boolean;
  /** 0–1 of this node's battery, `null` on mains. */
  energy(): number | null;
}

export function createLinkMeter(config: LinkMeterConfig): LinkMeter {
  return new MeasuredLink(config);
}

class MeasuredLink implements LinkMeter {
  weight: number = WEIGHT_PER_HOP;
  metrics = 0;
  window: readonly LinkMeasurement[] = [];
  readonly #config: LinkMeterConfig;
  #rate: RateMeter | null = null;
  #loss: number | null = null;
  #weighedAtMs = -Infinity;
  #metricsAtMs = -Infinity;
  #isSettled = false;
  /** Since when, and for how many measurements, the weight has been off. */
  #offSinceMs: number | null = null;
  #offFor = 0;

  constructor(config: LinkMeterConfig) {
    this.#config = config;
  }

  current(nowMs: number): LinkMetrics & { readonly queueMs: number | null } {
    const roundTripMs = quantile(
      1 / 4,
      this.window.map((one) => one.roundTripMs),
    );
    return {
      latencyMs: roundTripMs === null ? null : roundTripMs / 2,
      jitterMs: roundTripMs === null ? null : this.#jitterAround(roundTripMs),
      loss: this.#loss,
      bytesPerSecond: this.bytesPerSecond(nowMs),
      queueMs: quantile(
        1 / 2,
        this.window.map((one) => one.queueMs),
      ),
    };
  }

  measured(measurement: LinkMeasurement): boolean {
    if (!this.#config.measures) return false;
    const { atMs } = measurement;
    const last = this.window.at(-1);
    if (last !== undefined && atMs - last.atMs < MEASUREMENT_SPACING_MS) return false;
    const roundTripMs = Math.min(ROUND_TRIP_MS_MAX, Math.max(0, measurement.roundTripMs));
    const queueMs = Math.max(0, measurement.queueMs);
    const kept = this.window.slice(this.window.length >= MEASUREMENTS_MAX ? 1 : 0);
    this.window = [...kept, { atMs, roundTripMs, queueMs }];
    return this.#reweigh(atMs) || this.#retell(atMs);
  }

  bytesPerSecond(nowMs: number): number | null {
    return this.#rate?.bytesPerSecond(nowMs) ?? null;
  }

  delivered(bytes: number, ms: number, nowMs: number): void {
    this.#rate ??= createRateMeter();
    this.#rate.delivered(bytes, ms, nowMs);
  }

  probed(arrived: boolean): void {
    const sample = arrived ? 0 : 1;
    this.#loss ??= 0;
    this.#loss += LOSS_SMOOTHING * (sample - this.#loss);
  }

  /** The formula at the head of this file, before it is quantised. */
  #weigh(nowMs: number): number {
    const { latencyMs, jitterMs, loss, bytesPerSecond, queueMs } = this.current(nowMs);
    const etx = 1 / (1 - Math.min(LOSS_MAX, loss ?? 0));
    const perKibMs = bytesPerSecond === null ? 0 : (RATE_BYTES * 1000) / bytesPerSecond;
    const waitMs = Math.min(QUEUE_MS_MAX, queueMs ?? 0);
    const energy = this.#config.energy();
    const scarce = energy === null ? 0 : Math.max(0, 1 - energy / ENERGY_AMPLE);
    const beyondHopMs =
      etx * (WEIGHT_PER_HOP + perKibMs) -
      WEIGHT_PER_HOP +
      2 * (latencyMs ?? 0) +
      (jitterMs ?? 0) +
      waitMs +
      scarce * ENERGY_MS_MAX;
    return Math.min(WEIGHT_MAX, WEIGHT_PER_HOP + beyondHopMs);
  }

  /** A new link waits for the mesh's first news, and others' shake hands: what scatters then is no jitter of its own. */
  #jitterAround(roundTripMs: number): number | null {
    if (this.window.length < SETTLED_MEASUREMENTS) return null;
    const deviations = this.window.map((one) => Math.abs(one.roundTripMs - roundTripMs));
    return quantile(1 / 2, deviations);
  }

  #reweigh(nowMs: number): boolean {
    if (this.window.length < FIRST_MEASUREMENTS) return false;
    const exact = this.#weigh(nowMs);
    const told = this.weight - WEIGHT_PER_HOP;
    const isFirst = this.window.length === FIRST_MEASUREMENTS;
    const changeMin = Math.max(WEIGHT_QUANTUM_MS, CHANGE_SHARE_MIN * told);
    if (Math.abs(exact - this.weight) < changeMin) {
      this.#offSinceMs = null;
      this.#offFor = 0;
      return false;
    }
    this.#offSinceMs ??= nowMs;
    this.#offFor += 1;
    if (!isFirst) {
      if (nowMs - this.#weighedAtMs < REWEIGH_INTERVAL_MS_MIN) return false;
      if (nowMs - this.#offSinceMs < CHANGE_LASTS_MS) return false;
      if (this.#offFor < CHANGE_MEASUREMENTS_MIN) return false;
    }
    const quanta = Math.round((exact - WEIGHT_PER_HOP) / WEIGHT_QUANTUM_MS);
    this.weight = Math.min(WEIGHT_MAX, WEIGHT_PER_HOP + quanta * WEIGHT_QUANTUM_MS);
    this.#weighedAtMs = nowMs;
    this.#offSinceMs = null;
    this.#offFor = 0;
    this.#tell(nowMs);
    return true;
  }

  /** Tells metrics that changed a lot although the weight did not. */
  #retell(nowMs: number): boolean {
    if (!this.#isSettled) {
      // They go out with whatever record comes next; none is made for them.
      this.#isSettled = this.window.length >= SETTLED_MEASUREMENTS;
      this.#tell(nowMs);
      return false;
    }
    if (nowMs - this.#metricsAtMs < METRICS_INTERVAL_MS_MIN) return false;
    const now = this.current(nowMs);
    const told = decodeMetrics(this.metrics);
    const changed =
      isFar(now.latencyMs, told.latencyMs, METRICS_MS_MIN) ||
      isFar(now.jitterMs, told.jitterMs, METRICS_MS_MIN) ||
      isFar(now.loss, told.loss, 0.01) ||
      isFar(now.bytesPerSecond, told.bytesPerSecond, 1);
    if (changed) this.#tell(nowMs);
    return changed;
  }

  #tell(nowMs: number): void {
    this.metrics = encodeMetrics(this.current(nowMs));
    this.#metricsAtMs = nowMs;
  }
}

function isFar(now: number | null, told: number | null, least: number): boolean {
  if (now === null || told === null) return now !== told;
  const [low, high] = [Math.max(least, Math.min(now, told)), Math.max(least, now, told)];
  return high >= METRICS_FACTOR * low;
}

/** The lower one of two, so that a change passes at once and not by halves; `null` of nothing. */
function quantile(share: number, values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? null;
}
