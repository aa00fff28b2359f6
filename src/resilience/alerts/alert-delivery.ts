// Takes alerts to where people look, one at a time, critical ones first: what fails is tried again after a pause of full
// jitter for as long as a day, since what an alert tells of may be what keeps it from arriving. A receiver that is away for
// long costs a bounded queue. Nobody is told the end of what nobody was told of, as with Prometheus' Alertmanager.

import type { AlertNotice, AlertSink, SendOutcome, Severity } from '../../env/alert-sink.ts';
import type { Clock, Timer } from '../../env/clock.ts';
import type { Logger } from '../../env/logger.ts';
import type { Rng } from '../../env/rng.ts';
import { fullJitterMs } from '../recovery/full-jitter.ts';

/** Notices that wait; of the least severe the oldest goes first. */
export const NOTICES_MAX = 64;
/** Failures in a row after which a notice lets the others try. */
export const FAILURES_IN_A_ROW = 6;
/** A notice that failed so often in a row, so many times, while others were taken, is itself what fails. */
export const OVERTAKEN_MAX = 3;
/** Whoever has not heard of it by then looks elsewhere. */
export const NOTICE_AGE_MS_MAX = 86_400_000;
/** The ceiling of the pause after a first failure. */
const PAUSE_FIRST_MS = 1_000;
const PAUSE_MS_MAX = 60_000;

export interface DeliveryCounts {
  readonly delivered: number;
  /** Refused, too old, or failed while others were taken. */
  readonly givenUp: number;
  /** Pushed out of the queue by others. */
  readonly overflowed: number;
  /** Ends of what was not told either, and warnings that were over before they could be. */
  readonly lapsed: number;
  readonly waiting: number;
  /** How the last attempt failed; `null` where it did not. */
  readonly trouble: string | null;
}

export interface DeliveryDeps {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  /** What is less severe is not told here. */
  readonly severityMin: Severity;
}

interface Waiting {
  readonly notice: AlertNotice;
  readonly sinceMs: number;
  attempts: number;
  /** Since the receiver last took any. */
  failures: number;
  overtaken: number;
}

export class AlertDelivery {
  readonly #sink: AlertSink;
  readonly #deps: DeliveryDeps;
  /** Oldest first. */
  #queue: readonly Waiting[] = [];
  #underWay: Waiting | null = null;
  /** Keys of raised alerts that nobody was told of; there are no more than alerts. */
  readonly #untold = new Set<string>();
  /** Since the receiver last took any. */
  #failures = 0;
  #trouble: string | null = null;
  #timer: Timer | null = null;
  #stopped = false;
  #delivered = 0;
  #givenUp = 0;
  #overflowed = 0;
  #lapsed = 0;

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
      lapsed: this.#lapsed,
      waiting: this.#queue.length,
      trouble: this.#trouble,
    };
  }

  push(notice: AlertNotice): void {
    if (this.#stopped) return;
    const { key, severity } = notice.alert;
    if (this.#deps.severityMin === 'critical' && severity !== 'critical') return;
    if (notice.kind === 'cleared' && this.#untold.delete(key)) {
      this.#lapsed += 1;
      return;
    }
    const sinceMs = this.#deps.clock.now();
    this.#queue = [...this.#queue, { notice, sinceMs, attempts: 0, failures: 0, overtaken: 0 }];
    this.#lapse(key);
    if (this.#queue.length > NOTICES_MAX) this.#overflow();
    if (this.#timer === null) void this.#deliver();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#sink.stop();
  }

  async #deliver(): Promise<void> {
    this.#timer = null;
    const waiting = this.#stopped || this.#underWay !== null ? undefined : nextOf(this.#queue);
    if (waiting === undefined) return;
    this.#underWay = waiting;
    waiting.attempts += 1;
    const outcome = await this.#send(waiting.notice);
    this.#underWay = null;
    if (this.#stopped) return;
    this.#trouble = outcome.kind === 'delivered' ? null : outcome.detail;
    if (outcome.kind === 'delivered') this.#taken(waiting);
    else if (outcome.kind === 'refused') this.#giveUp(waiting, outcome.detail);
    else this.#failed(waiting, outcome.detail);
    if (this.#timer === null) void this.#deliver();
  }

  async #send(notice: AlertNotice): Promise<SendOutcome> {
    try {
      return await this.#sink.send(notice);
    } catch {
      // A sink with a fault must not end the node.
      return { kind: 'failed', detail: 'fault of the sink' };
    }
  }

  #taken(waiting: Waiting): void {
    this.#delivered += 1;
    this.#failures = 0;
    this.#remove(waiting);
    for (const other of this.#queue) {
      if (other.failures >= FAILURES_IN_A_ROW) other.overtaken += 1;
      other.failures = 0;
      if (other.overtaken >= OVERTAKEN_MAX) this.#giveUp(other, 'others were taken');
    }
  }

  #failed(waiting: Waiting, detail: string): void {
    const { clock, rng, logger } = this.#deps;
    const { notice, sinceMs, attempts } = waiting;
    waiting.failures += 1;
    this.#failures += 1;
    if (this.#failures === FAILURES_IN_A_ROW) {
      const data = { to: this.#sink.name, alert: notice.alert.key, attempts, detail };
      logger.warn('alert-delayed', data);
    }
    const isOld = clock.now() - sinceMs >= NOTICE_AGE_MS_MAX;
    if (!this.#lapse(notice.alert.key) && isOld) this.#giveUp(waiting, detail);
    const pauseMs = fullJitterMs(rng, this.#failures - 1, PAUSE_FIRST_MS, PAUSE_MS_MAX);
    this.#timer = clock.after(pauseMs, () => void this.#deliver());
  }

  #giveUp(waiting: Waiting, detail: string): void {
    const { notice, attempts } = waiting;
    const data = { to: this.#sink.name, alert: notice.alert.key, attempts, detail };
    this.#deps.logger.warn('alert-not-delivered', data);
    this.#givenUp += 1;
    this.#leaveUntold(waiting);
  }

  /** A warning that is over before anybody heard of it is news to nobody; a critical one is, even then. */
  #lapse(key: string): boolean {
    const [raised, cleared] = this.#queue.filter(({ notice }) => notice.alert.key === key);
    if (raised === undefined || cleared === undefined || raised === this.#underWay) return false;
    const { kind, alert } = raised.notice;
    if (kind !== 'raised' || alert.severity === 'critical') return false;
    this.#remove(raised);
    this.#remove(cleared);
    this.#lapsed += 2;
    return true;
  }

  #overflow(): void {
    const movable = this.#queue.filter((one) => one !== this.#underWay);
    const victim = movable.find(({ notice }) => notice.alert.severity !== 'critical') ?? movable[0];
    if (victim === undefined) return;
    this.#overflowed += 1;
    this.#leaveUntold(victim);
  }

  /** The end of an alert goes with its beginning, also where it comes later. */
  #leaveUntold(waiting: Waiting): void {
    const { kind, alert } = waiting.notice;
    const later = this.#queue.slice(this.#queue.indexOf(waiting) + 1);
    this.#remove(waiting);
    if (kind === 'cleared') return;
    const end = later.find(({ notice }) => notice.alert.key === alert.key);
    if (end === undefined) this.#untold.add(alert.key);
    else {
      this.#remove(end);
      this.#lapsed += 1;
    }
  }

  #remove(waiting: Waiting): void {
    this.#queue = this.#queue.filter((one) => one !== waiting);
  }
}

/** Critical ones first, then the oldest; behind others what has failed more rounds. The end of an alert waits for its beginning. */
function nextOf(queue: readonly Waiting[]): Waiting | undefined {
  const keys = new Set<string>();
  let next: Waiting | undefined;
  for (const waiting of queue) {
    const { key } = waiting.notice.alert;
    if (keys.has(key)) continue;
    keys.add(key);
    if (next === undefined || isBefore(waiting, next)) next = waiting;
  }
  return next;
}

function isBefore(a: Waiting, b: Waiting): boolean {
  const rounds =
    Math.floor(a.failures / FAILURES_IN_A_ROW) - Math.floor(b.failures / FAILURES_IN_A_ROW);
  if (rounds !== 0) return rounds < 0;
  return a.notice.alert.severity === 'critical' && b.notice.alert.severity !== 'critical';
}
