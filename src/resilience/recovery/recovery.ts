// Gets back what failed: for each failure one recovery, which tries its plans one after the other (`plans.ts`), a few
// attempts each, with full-jitter backoff between them and each attempt paid for out of the retry budget. When all plans
// are through it rests and begins again, until something helped, the failure went away by itself, or it is cancelled.

import type { Clock, Timer } from '../../env/clock.ts';
import type { Rng } from '../../env/rng.ts';
import { fullJitterMs } from './full-jitter.ts';
import { failureKey, PLANS, type Failure, type PlanKind } from './plans.ts';
import {
  createRecoveryLog,
  type AttemptOutcome,
  type RecoveryOutcome,
  type RecoveryRecord,
} from './recovery-log.ts';
import type { RetryBudget } from './retry-budget.ts';

/** Recoveries at once. More failures than that are one: what is behind them, the next look finds. */
export const RECOVERIES_MAX = 256;
/** Pause before the first attempt of a plan, at most. */
const BACKOFF_FIRST_MS = 200;
/** An attempt that has not ended by then has failed: longer than any dial takes. */
export const ATTEMPT_MS_MAX = 30_000;

/** Tells an attempt that nobody waits for it any more. */
export interface AttemptSignal {
  readonly cancelled: boolean;
  /** `run` is called at once if it is cancelled already. */
  onCancel(run: () => void): void;
}

/** One attempt; whether it got back what failed. What it throws counts as no, too. */
export type Attempt = (failure: Failure, signal: AttemptSignal) => Promise<boolean>;

export interface RecoveryConfig {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly budget: RetryBudget;
  /** Of `ResilienceConfig`. */
  readonly recoveryAttemptsMax: number;
  readonly recoveryIntervalMs: number;
  /** How each plan is carried out. A plan without one is left out. */
  readonly actions: Readonly<Partial<Record<PlanKind, Attempt>>>;
}

export type RecoveryEvent =
  | { readonly kind: 'begun'; readonly failure: Failure }
  | {
      readonly kind: 'attempted';
      readonly failure: Failure;
      readonly plan: PlanKind;
      readonly outcome: AttemptOutcome;
    }
  | {
      /** `exhausted`: all plans are through; it begins again after `recoveryIntervalMs`. */
      readonly kind: 'ended';
      readonly failure: Failure;
      readonly outcome: RecoveryOutcome;
      /** The plan that helped. */
      readonly plan: PlanKind | null;
    };

export interface RecoveryCounts {
  readonly active: number;
  readonly succeeded: number;
  /** Rounds of all plans without success. */
  readonly failed: number;
  /** Failures that were not taken on, since `RECOVERIES_MAX` were under way. */
  readonly refused: number;
}

export interface RecoveryHandle {
  readonly failure: Failure;
  readonly isActive: boolean;
  /** Nothing more is attempted; an attempt under way is told. Idempotent. */
  cancel(): void;
}

interface Active {
  readonly failure: Failure;
  readonly plans: readonly PlanKind[];
  plan: number;
  /** Attempts of this plan that have ended. */
  attempts: number;
  timer: Timer | null;
  /** The attempt under way. */
  running: { cancel(): void } | null;
  over: boolean;
}

export class Recoveries {
  readonly #config: RecoveryConfig;
  readonly #active = new Map<string, Active>();
  readonly #log = createRecoveryLog();
  readonly #listeners: ((event: RecoveryEvent) => void)[] = [];
  #succeeded = 0;
  #failed = 0;
  #refused = 0;
  #stopped = false;

  constructor(config: RecoveryConfig) {
    this.#config = config;
  }

  get counts(): RecoveryCounts {
    return {
      active: this.#active.size,
      succeeded: this.#succeeded,
      failed: this.#failed,
      refused: this.#refused,
    };
  }

  /** The newest last, those under way included. */
  get history(): readonly RecoveryRecord[] {
    return this.#log.records;
  }

  listen(listener: (event: RecoveryEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** Begins to recover from a failure, or goes on if that is under way; `null` if too many are, or after `stop`. */
  recover(failure: Failure): RecoveryHandle | null {
    const key = failureKey(failure);
    const known = this.#active.get(key);
    if (known !== undefined) return this.#handle(known);
    if (this.#stopped) return null;
    if (this.#active.size >= RECOVERIES_MAX) {
      this.#refused += 1;
      return null;
    }
    const plans = PLANS[failure.kind].filter((plan) => this.#config.actions[plan] !== undefined);
    const active: Active = {
      failure,
      plans,
      plan: 0,
      attempts: 0,
      timer: null,
      running: null,
      over: false,
    };
    this.#active.set(key, active);
    this.#begin(active);
    return this.#handle(active);
  }

  /** The failure is over, whoever ended it. */
  resolved(failure: Failure): void {
    const active = this.#active.get(failureKey(failure));
    if (active !== undefined) this.#end(active, 'went-away', null);
  }

  /** Cancels all. */
  stop(): void {
    this.#stopped = true;
    for (const active of this.#active.values()) this.#end(active, 'cancelled', null);
  }

  #handle(active: Active): RecoveryHandle {
    return {
      failure: active.failure,
      get isActive() {
        return !active.over;
      },
      cancel: () => this.#end(active, 'cancelled', null),
    };
  }

  #begin(active: Active): void {
    active.plan = 0;
    active.attempts = 0;
    this.#log.begun(active.failure, this.#config.clock.now());
    this.#tell({ kind: 'begun', failure: active.failure });
    if (active.over) return;
    if (active.plans.length === 0) this.#exhausted(active);
    else this.#backOff(active);
  }

  #backOff(active: Active): void {
    const { rng, recoveryIntervalMs } = this.#config;
    const delayMs = fullJitterMs(rng, active.attempts, BACKOFF_FIRST_MS, recoveryIntervalMs);
    this.#after(active, delayMs, () => this.#attempt(active));
  }

  #attempt(active: Active): void {
    const { clock, budget, actions } = this.#config;
    const plan = active.plans[active.plan];
    const action = plan === undefined ? undefined : actions[plan];
    if (plan === undefined || action === undefined) return;
    const { failure } = active;
    if (!budget.take(failure.subject)) {
      // Not given up: it waits until it can be paid for.
      const waitMs = Math.max(1, budget.waitMs(failure.subject));
      this.#after(active, waitMs, () => this.#attempt(active));
      return;
    }
    const startMs = clock.now();
    const signal = new Signal();
    let ended = false;
    const end = (outcome: AttemptOutcome): void => {
      if (ended) return;
      ended = true;
      active.timer?.cancel();
      active.timer = null;
      active.running = null;
      this.#log.attempted(failure, { plan, atMs: startMs, tookMs: clock.now() - startMs, outcome });
      if (outcome === 'succeeded') budget.succeeded(failure.subject);
      this.#tell({ kind: 'attempted', failure, plan, outcome });
      this.#attempted(active, plan, outcome);
    };
    active.running = {
      cancel: () => {
        signal.cancel();
        end('cancelled');
      },
    };
    this.#after(active, ATTEMPT_MS_MAX, () => {
      signal.cancel();
      end('timed-out');
    });
    run(action, failure, signal).then(
      (helped) => end(helped ? 'succeeded' : 'failed'),
      () => end('failed'),
    );
  }

  #attempted(active: Active, plan: PlanKind, outcome: AttemptOutcome): void {
    if (active.over) return;
    if (outcome === 'succeeded') {
      this.#end(active, 'succeeded', plan);
      return;
    }
    active.attempts += 1;
    if (active.attempts >= this.#config.recoveryAttemptsMax) {
      active.attempts = 0;
      active.plan += 1;
    }
    if (active.plan >= active.plans.length) this.#exhausted(active);
    else this.#backOff(active);
  }

  #exhausted(active: Active): void {
    const { clock, recoveryIntervalMs } = this.#config;
    this.#failed += 1;
    this.#log.ended(active.failure, 'exhausted', null, clock.now());
    this.#after(active, recoveryIntervalMs, () => this.#begin(active));
    this.#tell({ kind: 'ended', failure: active.failure, outcome: 'exhausted', plan: null });
  }

  #end(active: Active, outcome: RecoveryOutcome, plan: PlanKind | null): void {
    if (active.over) return;
    active.over = true;
    active.timer?.cancel();
    active.running?.cancel();
    this.#active.delete(failureKey(active.failure));
    if (outcome === 'succeeded') this.#succeeded += 1;
    this.#log.ended(active.failure, outcome, plan, this.#config.clock.now());
    this.#tell({ kind: 'ended', failure: active.failure, outcome, plan });
  }

  #after(active: Active, delayMs: number, act: () => void): void {
    active.timer?.cancel();
    active.timer = this.#config.clock.after(delayMs, () => {
      active.timer = null;
      if (!active.over) act();
    });
  }

  #tell(event: RecoveryEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

class Signal implements AttemptSignal {
  cancelled = false;
  #listeners: (() => void)[] = [];

  onCancel(run: () => void): void {
    if (this.cancelled) run();
    else this.#listeners.push(run);
  }

  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    for (const listener of this.#listeners) listener();
    this.#listeners = [];
  }
}

/** An action that throws at once has failed like one that rejects. */
async function run(action: Attempt, failure: Failure, signal: AttemptSignal): Promise<boolean> {
  return action(failure, signal);
}
