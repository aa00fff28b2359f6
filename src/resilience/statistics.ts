// What a node knows of failures, at one moment: plain data for status commands, metrics and alerts.

/** Counters grow from the start of the node. */
export interface ResilienceStatistics {
  /** Peers that are suspected now: silent, and not yet found dead by others. */
  readonly suspectedFailures: number;
  /** Peers that are confirmed to be gone now. */
  readonly confirmedFailures: number;
  /** Partitions that have begun and not ended. */
  readonly activePartitions: number;
  /** Active destinations that have a way, and the disjoint ways kept ready beside those. */
  readonly primaryRoutes: number;
  readonly backupRoutes: number;
  /** Recoveries under way, and those that rest until their next round, all plans having been in vain. */
  readonly activeRecoveries: number;
  readonly restingRecoveries: number;
  /** 0–1, see `health/`. */
  readonly networkHealth: number;
  /** Lifeguard's local health multiplier less one: 0 when this node trusts itself, up to 8. */
  readonly localHealth: number;
  readonly suspicions: number;
  /** Suspicions that the suspected, or somebody who reached it, disproved. */
  readonly refutations: number;
  readonly confirmations: number;
  /** Members that said goodbye: no failures. */
  readonly departures: number;
  readonly indirectProbes: number;
  /** Times that this node was itself held up, and milliseconds of that in all. */
  readonly localPauses: number;
  readonly localPausedMs: number;
  readonly partitions: number;
  readonly partitionsHealed: number;
  /** Packets that left by another way after the detector spoke, or after acknowledgements failed to come. */
  readonly switchedByDetector: number;
  readonly switchedByAcknowledgement: number;
  readonly recoveriesSucceeded: number;
  /** Rounds of all plans that were in vain. */
  readonly recoveriesFailed: number;
  /** Failures that nothing was done about, since too many were under way. */
  readonly recoveriesRefused: number;
  /** Attempts of recoveries that were made, and those that the retry budget put off. */
  readonly recoveryAttempts: number;
  readonly recoveryAttemptsRefused: number;
  /** Attempts that the retry budget still has for the whole node. */
  readonly retryBudget: number;
  /** Links that would split the mesh, were one to fail, and members likewise. */
  readonly bridgeLinks: number;
  readonly cutMembers: number;
  readonly alertsRaised: number;
}
