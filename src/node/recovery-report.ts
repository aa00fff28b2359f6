// Recoveries as a node tells of them: plain data, JSON as it stands.

import type { FailureKind, PlanKind } from '../resilience/recovery/plans.ts';
import type {
  AttemptOutcome,
  RecoveryOutcome,
  RecoveryRecord,
} from '../resilience/recovery/recovery-log.ts';

export interface AttemptReport {
  readonly plan: PlanKind;
  readonly begunMsAgo: number;
  readonly tookMs: number;
  readonly outcome: AttemptOutcome;
  /** Of the error that it came to, where that is known. */
  readonly code: string | null;
}

export interface RecoveryReport {
  readonly failure: FailureKind;
  /**
   * A PeerId as base32 text, the name of a partition, or the address of a configured neighbour of whom nobody knows yet who
   * it is.
   */
  readonly subject: string;
  readonly begunMsAgo: number;
  /** `null` while it is under way, as is `outcome`; up to the end of the last round while it rests. */
  readonly tookMs: number | null;
  /** `exhausted`: all plans were in vain; it rests, and another round begins. */
  readonly outcome: RecoveryOutcome | null;
  /** The plan that helped. */
  readonly plan: PlanKind | null;
  /** Rounds of all plans that were in vain. */
  readonly rounds: number;
  readonly attempts: number;
  /** The last ones, the newest first. */
  readonly lastAttempts: readonly AttemptReport[];
}

/** The newest first. */
export function recoveryReports(
  records: readonly RecoveryRecord[],
  nowMs: number,
): readonly RecoveryReport[] {
  return records.toReversed().map((record) => {
    const { failure, begunAtMs, endedAtMs, outcome, plan, rounds, attemptCount, attempts } = record;
    return {
      failure: failure.kind,
      subject: failure.subject,
      begunMsAgo: nowMs - begunAtMs,
      tookMs: endedAtMs === null ? null : endedAtMs - begunAtMs,
      outcome,
      plan,
      rounds,
      attempts: attemptCount,
      lastAttempts: attempts
        .toReversed()
        .map(({ atMs, ...attempt }) => ({ ...attempt, begunMsAgo: nowMs - atMs })),
    };
  });
}
