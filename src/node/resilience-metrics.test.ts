import { expect, test } from 'vitest';
import { createMetrics } from '../platform/node/metrics.ts';
import type { ResilienceStatistics } from '../resilience/statistics.ts';
import { resilienceMetrics } from './resilience-metrics.ts';

const STATISTICS: ResilienceStatistics = {
  suspectedFailures: 1,
  confirmedFailures: 2,
  activePartitions: 1,
  primaryRoutes: 4,
  backupRoutes: 5,
  activeRecoveries: 6,
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
  recoveryAttemptsRefused: 3,
  retryBudget: 90,
  bridgeLinks: 2,
  cutMembers: 1,
  alertsRaised: 4,
};

test('every figure is there; counters count what is new, gauges show what is', async () => {
  const metrics = createMetrics();
  let statistics = STATISTICS;
  resilienceMetrics(metrics, () => ({
    statistics,
    categories: [
      { name: 'latency', score: 0.5, why: '' },
      { name: 'throughput', score: null, why: '' },
    ],
    alerts: { warning: 2, critical: 1 },
  }));
  const first = await metrics.render();
  expect(first).toContain('bitcraps_resilience_suspicions_total 10\n');
  expect(first).toContain('bitcraps_resilience_local_paused_seconds_total 1.5\n');
  expect(first).toContain('bitcraps_resilience_network_health 0.75\n');
  expect(first).toContain('bitcraps_resilience_health{category="latency"} 0.5\n');
  expect(first).not.toContain('category="throughput"');
  expect(first).toContain('bitcraps_resilience_alerts{severity="critical"} 1\n');
  for (const key of Object.keys(STATISTICS)) {
    const name = key
      .replace(/Ms$/, '')
      .replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    expect(first, key).toMatch(new RegExp(`^bitcraps_resilience_${name}`, 'm'));
  }
  statistics = { ...STATISTICS, suspicions: 15, suspectedFailures: 0 };
  const second = await metrics.render();
  expect(second).toContain('bitcraps_resilience_suspicions_total 15\n');
  expect(second).toContain('bitcraps_resilience_suspected_failures 0\n');
});
