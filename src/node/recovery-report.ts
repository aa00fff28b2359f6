// Recoveries as a node tells of them: plain data, JSON as it stands.

import type { FailureKind, PlanKind } from '../resilience/recovery/plans.ts';
import type { RecoveryOutcome, RecoveryRecord } from '../resilience/recovery/recovery-log.ts';

export interface RecoveryReport {
  readonly failure: FailureKind;
  /** A PeerId as base32 text, or the name of a partition. */
  readonly subject: string;
  readonly begunMsAgo: number;
  /** `null` while it is under way, as is `outcome`. */
  readonly tookMs: number | null;
  /** `exhausted`: all plans are through; another round begins after a rest. */
  readonly outcome: RecoveryOutcome | null;
  /** The plan that helped. */
  readonly plan: PlanKind | null;
  readonly attempts: number;
}

/** The newest first. */
export function recoveryReports(
  records: readonly RecoveryRecord[],
  nowMs: number,
): readonly RecoveryReport[] {
  return records.toReversed().map((record) => {
    const { failure, begunAtMs, endedAtMs, outcome, plan, attemptCount } = record;
    return {
      failure: failure.kind,
      subject: failure.subject,
      begunMsAgo: nowMs - begunAtMs,
      tookMs: endedAtMs === null ? null : endedAtMs - begunAtMs,
      outcome,
      plan,
      attempts: attemptCount,
    };
  });
}
