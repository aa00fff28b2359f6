// What recoveries need, and what they tell.

import type { Clock } from '../../env/clock.ts';
import type { Rng } from '../../env/rng.ts';
import type { AttemptSignal } from './attempt-signal.ts';
import type { Failure, PlanKind } from './plans.ts';
import type { AttemptOutcome, AttemptRecord, RecoveryOutcome } from './recovery-log.ts';
import type { RetryBudget } from './retry-budget.ts';

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
  /** Under way: an attempt is being made, or the next one is near. */
  readonly active: number;
  /** All plans were in vain, and another round comes after a rest. */
  readonly resting: number;
  /** That have ended, whatever came of them, also those that somebody else made. */
  readonly attempts: number;
  readonly succeeded: number;
  /** Rounds of all plans without success. */
  readonly failed: number;
  /** Failures that were not taken on for want of room (`RECOVERIES_MAX`), which resting ones take, too. */
  readonly refused: number;
}

export interface RecoveryHandle {
  readonly failure: Failure;
  readonly isActive: boolean;
  /** Nothing more is attempted; an attempt under way is told. Idempotent. */
  cancel(): void;
}

/** A recovery whose attempts somebody else makes. */
export interface FollowedRecovery {
  /** Until it has ended, or was cancelled with all others. */
  readonly isActive: boolean;
  attempted(attempt: AttemptRecord): void;
  /** Idempotent. */
  ended(outcome: 'succeeded' | 'went-away' | 'cancelled', plan: PlanKind | null): void;
}
