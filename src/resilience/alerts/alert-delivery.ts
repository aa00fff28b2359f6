// Takes alerts to where people look, in order, one at a time: what fails is tried again after a pause of full jitter
// (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), and given up in the end. A receiver that is
// away for long costs a bounded queue, of which the oldest notices go first.

import type { Clock, Timer } from '../../env/clock.ts';
import type { Logger } from '../../env/logger.ts';
import type { Rng } from '../../env/rng.ts';
import type { AlertChange } from './alert-book.ts';

/** Notices that wait; the oldest goes first. */
export const NOTICES_MAX = 64;
export const DELIVERY_ATTEMPTS_MAX = 6;
/** The pause before attempt n is drawn from 0 to this × 2^(n − 2), at most `PAUSE_MS_MAX`. */
const PAUSE_FIRST_MS = 1_000;
const PAUSE_MS_MAX = 60_000;

/** What a receiver gets. */
export interface AlertNotice extends AlertChange {
  /** PeerId, and the name that people gave it. */
  readonly node: string;
  readonly name: string;
}

/** How one attempt went. `refused`: trying again would change nothing. `detail` holds no secret. */
export type SendOutcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'failed' | 'refused'; readonly detail: string };

/** One way to tell people, such as a webhook. It ends by itself in bounded time. */
export interface AlertSink {
  /** For logs; holds no secret. */
  readonly name: string;
  send(notice: AlertNotice): Promise<SendOutcome>;
}

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
      this.#timer = this.#deps.clock.after(this.#pauseMs(), () => void this.#deliver());
    }
  }

  #next(): void {
    this.#queue = this.#queue.slice(1);
    this.#attempts = 0;
    this.#underWay = false;
    if (this.#queue.length > 0) void this.#deliver();
  }

  #pauseMs(): number {
    const ceilingMs = Math.min(PAUSE_MS_MAX, PAUSE_FIRST_MS * 2 ** (this.#attempts - 1));
    return (this.#deps.rng.uint32() / 2 ** 32) * ceilingMs;
  }
}
