// What a node knows of failures, for who scrapes metrics: counters get what is new, gauges what is now, when they are read.

import type { Severity } from '../env/alert-sink.ts';
import type { Metrics } from '../env/metrics.ts';
import type { CategoryJudgement } from '../resilience/health/category.ts';
import type { ResilienceStatistics } from '../resilience/statistics.ts';

const COUNTERS = {
  suspicions: 'Members or links that were suspected.',
  refutations: 'Suspicions that were disproved.',
  confirmations: 'Failures that were confirmed.',
  departures: 'Members that said goodbye.',
  indirectProbes: 'Members asked to look for a suspected one.',
  localPauses: 'Times that this node was itself held up.',
  partitions: 'Partitions that began.',
  partitionsHealed: 'Partitions that ended.',
  switchedByDetector: 'Packets that left by another way on the word of the detector.',
  switchedByAcknowledgement: 'Packets that left by another way for want of acknowledgements.',
  recoveriesSucceeded: 'Recoveries that succeeded.',
  recoveriesFailed: 'Rounds of all plans of a recovery that were in vain.',
  recoveriesRefused:
    'Failures that nothing was done about, since too many recoveries were under way.',
  recoveryAttempts: 'Attempts of recoveries that were made.',
  recoveryAttemptsRefused: 'Attempts that the retry budget put off.',
  alertsRaised: 'Alerts that were raised.',
} as const satisfies Partial<Record<keyof ResilienceStatistics, string>>;

const GAUGES = {
  suspectedFailures: 'Members that are suspected now.',
  confirmedFailures: 'Members that are confirmed to be gone now.',
  activePartitions: 'Partitions that last.',
  primaryRoutes: 'Active destinations that have a way.',
  backupRoutes: 'Disjoint ways beside those.',
  activeRecoveries: 'Recoveries under way.',
  restingRecoveries: 'Recoveries that rest until their next round.',
  networkHealth: 'Health of the network as this node sees it, 0 to 1.',
  localHealth: 'Local health: 0 where this node trusts itself, up to 8.',
  retryBudget: 'Attempts that the retry budget still has.',
  bridgeLinks: 'Links that would split the mesh, were one to fail.',
  cutMembers: 'Members that would split the mesh, were one to fail.',
} as const satisfies Partial<Record<keyof ResilienceStatistics, string>>;

export interface ResilienceFigures {
  readonly statistics: ResilienceStatistics;
  readonly categories: readonly CategoryJudgement[];
  readonly alerts: Readonly<Record<Severity, number>>;
}

/** Registers them; `figures` is asked before they are read. */
export function resilienceMetrics(metrics: Metrics, figures: () => ResilienceFigures): void {
  let told: ResilienceStatistics | null = null;
  const collect = (): void => {
    const { statistics, categories, alerts } = figures();
    for (const [key, counter] of counters) counter.add(statistics[key] - (told?.[key] ?? 0));
    for (const [key, gauge] of gauges) gauge.set(statistics[key]);
    // What is not measured any more is no figure of now.
    for (const { name, score } of categories) health.set(score ?? NaN, { category: name });
    for (const severity of ['warning', 'critical'] as const)
      active.set(alerts[severity], { severity });
    paused.add((statistics.localPausedMs - (told?.localPausedMs ?? 0)) / 1_000);
    told = statistics;
  };
  const health = metrics.gauge({
    name: 'bitcraps_resilience_health',
    help: 'Health by category, 0 to 1.',
    labelNames: ['category'],
    collect,
  });
  const active = metrics.gauge({
    name: 'bitcraps_resilience_alerts',
    help: 'Alerts that are raised, by severity.',
    labelNames: ['severity'],
  });
  const paused = metrics.counter({
    name: 'bitcraps_resilience_local_paused_seconds_total',
    help: 'How long this node was itself held up.',
  });
  const counters = keysOf(COUNTERS).map((key) => {
    const name = `bitcraps_resilience_${snakeCase(key)}_total`;
    return [key, metrics.counter({ name, help: COUNTERS[key] })] as const;
  });
  const gauges = keysOf(GAUGES).map((key) => {
    const name = `bitcraps_resilience_${snakeCase(key)}`;
    return [key, metrics.gauge({ name, help: GAUGES[key] })] as const;
  });
}

function keysOf<T extends object>(record: T): readonly (keyof T)[] {
  // Both tables are literals of this file.
  return Object.keys(record) as (keyof T)[];
}

function snakeCase(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
