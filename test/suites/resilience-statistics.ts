// Statistics of resilience for tests, with something in each figure.

import type { ResilienceStatistics } from '../../src/resilience/statistics.ts';

export const RESILIENCE_STATISTICS: ResilienceStatistics = {
  suspectedFailures: 1,
  confirmedFailures: 2,
  activePartitions: 1,
  primaryRoutes: 4,
  backupRoutes: 5,
  activeRecoveries: 6,
  restingRecoveries: 3,
  networkHealth: 0.75,
  localHealth: 3,
  suspicions: 10,
  refutations: 7,
  confirmations: 2,
  departures: 1,
  indirectProbes: 30,
  localPauses: 2,
  localPausedMs: 1_500,
  partitions: 2,
  partitionsHealed: 1,
  switchedByDetector: 11,
  switchedByAcknowledgement: 12,
  recoveriesSucceeded: 8,
  recoveriesFailed: 1,
  recoveriesRefused: 2,
  recoveryAttemptsRefused: 3,
  retryBudget: 90,
  bridgeLinks: 2,
  cutMembers: 1,
  alertsRaised: 4,
};
