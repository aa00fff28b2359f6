// Gets back what failed: for each failure one recovery, which tries its plans one after the other (`plans.ts`), a few
// attempts each, with full-jitter backoff between them and each attempt paid for out of the retry budget. When all plans
// are through it rests and begins again, until something helped, the failure went away by itself, its time is over, or it is
// cancelled. What others make attempts at by themselves is followed: recorded, counted and told like the rest.

import type { Timer } from '../../env/clock.ts';
import { ACTIVE_MAX as PARTITIONS_MAX } from '../partitions/partition-tracker.ts';
import { AttemptControl, type AttemptSignal } from './attempt-signal.ts';
import { fullJitterMs } from './full-jitter.ts';
import { failureKey, PLANS, type Failure, type PlanKind } from './plans.ts';
import {
  createRecoveryLog,
  type AttemptOutcome,
  type AttemptRecord,
  type RecoveryOutcome,
  type RecoveryRecord,
} from './recovery-log.ts';
import type {
  Attempt,
  FollowedRecovery,
  RecoveryConfig,
  RecoveryCounts,
  RecoveryEvent,
  RecoveryHandle,
} from './recovery-contract.ts';

/**
 * Recoveries at once, among them room for each partition there may be, since that is what many other failures come from.
 * What fails beyond that has to wait until it fails again.
 */
export const RECOVERIES_MAX = 256;
/** Pause before the first attempt of a plan, at most. */
const BACKOFF_FIRST_MS = 200;
/** An attempt that has not ended by then has failed: longer than any dial takes. */
export const ATTEMPT_MS_MAX = 30_000;

interface Active {
  readonly failure: Failure;
  readonly plans: readonly PlanKind[];
  /** On the monotonic clock: it is given up then. */
  readonly untilMs: number;
  readonly isFollowed: boolean;
  plan: number;
  /** Attempts of this plan that have ended. */
  attempts: number;
  timer: Timer | null;
  /** The attempt under way. */
  running: { readonly hasActed: boolean; end(outcome: AttemptOutcome): void } | null;
  /** For the budget to fill. */
  isWaiting: boolean;
  isResting: boolean;
  over: boolean;
}

export class Recoveries {
  readonly #config: RecoveryConfig;
  readonly #active = new Map<string, Active>();
  readonly #log = createRecoveryLog();
  readonly #listeners: ((event: RecoveryEvent) => void)[] = [];
  #attempts = 0;
  #succeeded = 0;
  #failed = 0;
  #refused = 0;
  #stopped = false;

  constructor(config: RecoveryConfig) {
    this.#config = config;
  }

  get counts(): RecoveryCounts {
    const resting = this.#active.values().reduce((sum, one) => sum + (one.isResting ? 1 : 0), 0);
    return {
      active: this.#active.size - resting,
      resting,
      attempts: this.#attempts,
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

  /**
   * Begins to recover from a failure, or goes on if that is under way; `null` if too many are, or after `stop`.
   * `withinMs`: it is given up if it lasts longer.
   */
  recover(failure: Failure, withinMs: number = Infinity): RecoveryHandle | null {
    const known = this.#active.get(failureKey(failure));
    if (known !== undefined) return this.#handle(known);
    const plans = PLANS[failure.kind].filter((plan) => this.#config.actions[plan] !== undefined);
    const active = this.#add(failure, plans, this.#config.clock.now() + withinMs, false);
    if (active === null) {
      if (!this.#stopped) this.#refused += 1;
      return null;
    }
    this.#begin(active);
    return this.#handle(active);
  }

  /**
   * Records what somebody else does about a failure; `null` if too many are under way, or after `stop`: it is done all the
   * same then, and not refused. Several may follow one recovery, and one that is under way here may be followed, too:
   * whoever succeeds first ends it.
   */
  follow(failure: Failure): FollowedRecovery | null {
    const known = this.#active.get(failureKey(failure));
    const active = known ?? this.#add(failure, [], Infinity, true);
    if (active === null) return null;
    if (known === undefined) this.#tellBegun(active);
    return {
      get isActive() {
        return !active.over;
      },
      attempted: (attempt) => {
        if (!active.over) this.#tellAttempted(active, attempt);
      },
      ended: (outcome, plan) => this.#end(active, outcome, plan),
    };
  }

  /** Something has changed: a recovery that rests tries again now; one that is under way goes on as it is. */
  wake(failure: Failure): void {
    const active = this.#active.get(failureKey(failure));
    if (active?.isResting === true) this.#begin(active);
  }

  /**
   * The failure is over. An attempt under way that has acted is what ended it; else it went away by itself.
   * Of a recovery that is followed, who follows it says so.
   */
  resolved(failure: Failure): void {
    const active = this.#active.get(failureKey(failure));
    if (active === undefined || active.isFollowed) return;
    if (active.running?.hasActed === true) active.running.end('succeeded');
    else this.#end(active, 'went-away', null);
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

  #add(
    failure: Failure,
    plans: readonly PlanKind[],
    untilMs: number,
    isFollowed: boolean,
  ): Active | null {
    if (this.#stopped) return null;
    const kept = failure.kind === 'partition' ? 0 : PARTITIONS_MAX;
    if (this.#active.size >= RECOVERIES_MAX - kept) return null;
    const done = { plan: 0, attempts: 0, timer: null, running: null };
    const state = { isWaiting: false, isResting: false, over: false };
    const active = { failure, plans, untilMs, isFollowed, ...done, ...state };
    this.#active.set(failureKey(failure), active);
    return active;
  }

  #begin(active: Active): void {
    active.plan = 0;
    active.attempts = 0;
    active.isResting = false;
    this.#tellBegun(active);
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
    if (!budget.take(failure.subject, active.isWaiting)) {
      // Not given up: it waits until it can be paid for.
      active.isWaiting = true;
      const waitMs = Math.max(1, budget.waitMs(failure.subject));
      this.#after(active, waitMs, () => this.#attempt(active));
      return;
    }
    active.isWaiting = false;
    const startMs = clock.now();
    const signal = new AttemptControl();
    let ended = false;
    const end = (outcome: AttemptOutcome): void => {
      if (ended) return;
      ended = true;
      active.timer?.cancel();
      active.timer = null;
      active.running = null;
      // Whatever it still does, nobody waits for it.
      signal.cancel();
      if (outcome === 'succeeded') budget.succeeded(failure.subject);
      const code = outcome === 'succeeded' ? null : signal.code;
      const tookMs = clock.now() - startMs;
      this.#tellAttempted(active, { plan, atMs: startMs, tookMs, outcome, code });
      this.#attempted(active, plan, outcome);
    };
    active.running = {
      get hasActed() {
        return signal.hasActed;
      },
      end,
    };
    this.#after(active, ATTEMPT_MS_MAX, () => end('timed-out'));
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
    active.isResting = true;
    this.#log.ended(active.failure, 'exhausted', null, clock.now());
    this.#after(active, recoveryIntervalMs, () => this.#begin(active));
    this.#tell({ kind: 'ended', failure: active.failure, outcome: 'exhausted', plan: null });
  }

  #end(active: Active, outcome: RecoveryOutcome, plan: PlanKind | null): void {
    if (active.over) return;
    active.over = true;
    active.timer?.cancel();
    active.running?.end('cancelled');
    this.#active.delete(failureKey(active.failure));
    if (outcome === 'succeeded') this.#succeeded += 1;
    this.#log.ended(active.failure, outcome, plan, this.#config.clock.now());
    this.#tell({ kind: 'ended', failure: active.failure, outcome, plan });
  }

  /** Not beyond the end of its time. */
  #after(active: Active, delayMs: number, act: () => void): void {
    const { clock } = this.#config;
    const leftMs = Math.max(0, active.untilMs - clock.now());
    active.timer?.cancel();
    active.timer = clock.after(Math.min(delayMs, leftMs), () => {
      active.timer = null;
      if (active.over) return;
      if (leftMs <= delayMs) this.#end(active, 'given-up', null);
      else act();
    });
  }

  #tellBegun({ failure }: Active): void {
    this.#log.begun(failure, this.#config.clock.now());
    this.#tell({ kind: 'begun', failure });
  }

  #tellAttempted({ failure }: Active, attempt: AttemptRecord): void {
    const { plan, outcome } = attempt;
    this.#attempts += 1;
    this.#log.attempted(failure, attempt);
    this.#tell({ kind: 'attempted', failure, plan, outcome });
  }

  #tell(event: RecoveryEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** An action that throws at once has failed like one that rejects. */
async function run(action: Attempt, failure: Failure, signal: AttemptSignal): Promise<boolean> {
  return action(failure, signal);
}
