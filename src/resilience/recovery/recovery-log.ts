// What was tried against each failure and what came of it: a bounded history for people. A failure that lasts has one record,
// however many rounds of plans it takes, so that it drives nothing else out.

import { failureKey, type Failure, type PlanKind } from './plans.ts';

/** Recoveries that are remembered; of those that are over the one begun longest ago goes first. */
export const RECORDS_MAX = 128;
/** Attempts of one recovery that are remembered, the last ones: a round of three plans of five fits. */
export const ATTEMPTS_KEPT_MAX = 16;

export type AttemptOutcome = 'succeeded' | 'failed' | 'timed-out' | 'cancelled';

/**
 * `exhausted`: all plans were in vain, and after a rest another round begins. `went-away`: the failure ended without an
 * attempt of ours. `given-up`: it lasted longer than it was to be fought.
 */
export type RecoveryOutcome = 'succeeded' | 'exhausted' | 'went-away' | 'given-up' | 'cancelled';

export interface AttemptRecord {
  readonly plan: PlanKind;
  /** On the monotonic clock. */
  readonly atMs: number;
  readonly tookMs: number;
  readonly outcome: AttemptOutcome;
  /** Of the error that it came to, where that is known. */
  readonly code: string | null;
}

export interface RecoveryRecord {
  readonly failure: Failure;
  readonly begunAtMs: number;
  /** `null` while it is under way; when the last round ended while it rests. */
  readonly endedAtMs: number | null;
  readonly outcome: RecoveryOutcome | null;
  /** The plan that helped. */
  readonly plan: PlanKind | null;
  /** Rounds of all plans that were in vain. */
  readonly rounds: number;
  /** Of all plans and rounds, also those that are not kept. */
  readonly attemptCount: number;
  readonly attempts: readonly AttemptRecord[];
}

interface RecoveryLog {
  readonly records: readonly RecoveryRecord[];
  /** For the first time, or anew after a rest. */
  begun(failure: Failure, nowMs: number): void;
  attempted(failure: Failure, attempt: AttemptRecord): void;
  ended(failure: Failure, outcome: RecoveryOutcome, plan: PlanKind | null, nowMs: number): void;
}

export function createRecoveryLog(): RecoveryLog {
  let records: readonly RecoveryRecord[] = [];
  /** Of the recovery from a failure that is not over, if it is kept. */
  const indexOf = (failure: Failure): number => {
    const key = failureKey(failure);
    return records.findLastIndex((one) => !isOver(one) && failureKey(one.failure) === key);
  };
  const change = (failure: Failure, to: (record: RecoveryRecord) => RecoveryRecord): void => {
    const at = indexOf(failure);
    const record = records[at];
    if (record !== undefined) records = records.with(at, to(record));
  };
  const add = (record: RecoveryRecord): void => {
    const oldest = Math.max(0, records.findIndex(isOver));
    const kept = records.length < RECORDS_MAX ? records : records.toSpliced(oldest, 1);
    records = [...kept, record];
  };

  return {
    get records() {
      return records;
    },
    begun(failure, nowMs) {
      if (indexOf(failure) >= 0) {
        change(failure, (record) => ({ ...record, endedAtMs: null, outcome: null }));
        return;
      }
      add({
        failure,
        begunAtMs: nowMs,
        endedAtMs: null,
        outcome: null,
        plan: null,
        rounds: 0,
        attemptCount: 0,
        attempts: [],
      });
    },
    attempted(failure, attempt) {
      change(failure, (record) => ({
        ...record,
        attemptCount: record.attemptCount + 1,
        attempts: [...record.attempts.slice(1 - ATTEMPTS_KEPT_MAX), attempt],
      }));
    },
    ended(failure, outcome, plan, nowMs) {
      const more = outcome === 'exhausted' ? 1 : 0;
      change(failure, (record) => ({
        ...record,
        endedAtMs: nowMs,
        outcome,
        plan,
        rounds: record.rounds + more,
      }));
    },
  };
}

function isOver({ outcome }: RecoveryRecord): boolean {
  return outcome !== null && outcome !== 'exhausted';
}
