// What was tried against each failure and what came of it: a bounded history for people.

import { failureKey, type Failure, type PlanKind } from './plans.ts';

/** Rounds of recoveries that are remembered. */
export const RECORDS_MAX = 128;
/** Attempts of one round that are remembered, the last ones: three plans of five fit. */
export const ATTEMPTS_KEPT_MAX = 16;

export type AttemptOutcome = 'succeeded' | 'failed' | 'timed-out' | 'cancelled';

/** `went-away`: the failure ended without an attempt of ours. */
export type RecoveryOutcome = 'succeeded' | 'exhausted' | 'went-away' | 'cancelled';

export interface AttemptRecord {
  readonly plan: PlanKind;
  /** On the monotonic clock. */
  readonly atMs: number;
  readonly tookMs: number;
  readonly outcome: AttemptOutcome;
}

export interface RecoveryRecord {
  readonly failure: Failure;
  readonly begunAtMs: number;
  /** `null` while it is under way. */
  readonly endedAtMs: number | null;
  readonly outcome: RecoveryOutcome | null;
  /** The plan that helped. */
  readonly plan: PlanKind | null;
  /** Of all plans, also those that are not kept. */
  readonly attemptCount: number;
  readonly attempts: readonly AttemptRecord[];
}

interface RecoveryLog {
  readonly records: readonly RecoveryRecord[];
  begun(failure: Failure, nowMs: number): void;
  attempted(failure: Failure, attempt: AttemptRecord): void;
  ended(failure: Failure, outcome: RecoveryOutcome, plan: PlanKind | null, nowMs: number): void;
}

export function createRecoveryLog(): RecoveryLog {
  let records: readonly RecoveryRecord[] = [];
  /** Of the last record of a failure, if it is kept and has not ended. */
  const change = (failure: Failure, to: (record: RecoveryRecord) => RecoveryRecord): void => {
    const key = failureKey(failure);
    const at = records.findLastIndex(
      (record) => record.outcome === null && failureKey(record.failure) === key,
    );
    const record = records[at];
    if (record !== undefined) records = records.with(at, to(record));
  };

  return {
    get records() {
      return records;
    },
    begun(failure, nowMs) {
      const record = {
        failure,
        begunAtMs: nowMs,
        endedAtMs: null,
        outcome: null,
        plan: null,
        attemptCount: 0,
        attempts: [],
      };
      records = [...records.slice(1 - RECORDS_MAX), record];
    },
    attempted(failure, attempt) {
      change(failure, (record) => ({
        ...record,
        attemptCount: record.attemptCount + 1,
        attempts: [...record.attempts.slice(1 - ATTEMPTS_KEPT_MAX), attempt],
      }));
    },
    ended(failure, outcome, plan, nowMs) {
      change(failure, (record) => ({ ...record, endedAtMs: nowMs, outcome, plan }));
    },
  };
}
