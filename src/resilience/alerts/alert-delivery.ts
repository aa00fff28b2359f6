// Takes alerts to where people look, in order, one at a time: what fails is tried again after a pause of full jitter, and
// given up in the end. A receiver that is away for long costs a bounded queue, of which the oldest notices go first.

import type { AlertNotice, AlertSink, Severity } from '../../env/alert-sink.ts';
import type { Clock, Timer } from '../../env/clock.ts';
import type { Logger } from '../../env/logger.ts';
import type { Rng } from '../../env/rng.ts';
import { fullJitterMs } from '../recovery/full-jitter.ts';

/** Notices that wait; the oldest goes first. */
export const NOTICES_MAX = 64;
export const DELIVERY_ATTEMPTS_MAX = 6;
/** The ceiling of the pause after a first failure. */
const PAUSE_FIRST_MS = 1_000;
const PAUSE_MS_MAX = 60_000;

export interface DeliveryCounts {
  readonly delivered: number;
  /** After all attempts, or refused. */
  readonly givenUp: number;
  /** Pushed out of the queue by newer ones. */
  readonly overflowed: number;
  readonly waiting: number;
}

export interface DeliveryDeps {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  /** What is less severe is not told here. */
  readonly severityMin: Severity;
}

export class AlertDelivery {
  readonly #sink: AlertSink;
  readonly #deps: DeliveryDeps;
  /** Oldest first; the first is under way. */
  #queue: readonly AlertNotice[] = [];
  #underWay = false;
  #attempts = 0;
  #timer: Timer | null = null;
  #stopped = false;
  #delivered = 0;
  #givenUp = 0;
  #overflowed = 0;

  constructor(sink: AlertSink, deps: DeliveryDeps) {
    this.#sink = sink;
    this.#deps = deps;
  }

  get name(): string {
    return this.#sink.name;
  }

  counts(): DeliveryCounts {
    return {
      delivered: this.#delivered,
      givenUp: this.#givenUp,
      overflowed: this.#overflowed,
      waiting: this.#queue.length,
    };
  }

  push(notice: AlertNotice): void {
    if (this.#stopped) return;
    if (this.#deps.severityMin === 'critical' && notice.alert.severity !== 'critical') return;
    // The first may be under way, so the second goes.
    const full = this.#queue.length >= NOTICES_MAX;
    const kept = full ? [...this.#queue.slice(0, 1), ...this.#queue.slice(2)] : this.#queue;
    if (full) this.#overflowed += 1;
    this.#queue = [...kept, notice];
    if (!this.#underWay) void this.#deliver();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #deliver(): Promise<void> {
    const [notice] = this.#queue;
    if (notice === undefined || this.#stopped) return;
    this.#underWay = true;
    this.#attempts += 1;
    const outcome = await this.#sink.send(notice);
    if (this.#stopped) return;
    if (outcome.kind === 'delivered') {
      this.#delivered += 1;
      this.#next();
    } else if (outcome.kind === 'refused' || this.#attempts >= DELIVERY_ATTEMPTS_MAX) {
      const { detail } = outcome;
      const data = { to: this.#sink.name, alert: notice.alert.key, attempts: this.#attempts };
      this.#deps.logger.warn('alert-not-delivered', { ...data, detail });
      this.#givenUp += 1;
      this.#next();
    } else {
      const pauseMs = fullJitterMs(
        this.#deps.rng,
        this.#attempts - 1,
        PAUSE_FIRST_MS,
        PAUSE_MS_MAX,
      );
      this.#timer = this.#deps.clock.after(pauseMs, () => void this.#deliver());
    }
  }

  #next(): void {
    this.#queue = this.#queue.slice(1);
    this.#attempts = 0;
    this.#underWay = false;
    if (this.#queue.length > 0) void this.#deliver();
  }
}
