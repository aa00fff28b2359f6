import { expect, test } from 'vitest';
import { RESILIENCE_STATISTICS } from '../../test/suites/resilience-statistics.ts';
import { createMetrics } from '../platform/node/metrics.ts';
import { resilienceMetrics } from './resilience-metrics.ts';

test('every figure is there; counters count what is new, gauges show what is', async () => {
  const metrics = createMetrics();
  let statistics = RESILIENCE_STATISTICS;
  let latency: number | null = 0.5;
  resilienceMetrics(metrics, () => ({
    statistics,
    categories: [
      { name: 'latency', score: latency, why: '' },
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
  for (const key of Object.keys(RESILIENCE_STATISTICS)) {
    const name = key
      .replace(/Ms$/, '')
      .replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    expect(first, key).toMatch(new RegExp(`^bitcraps_resilience_${name}`, 'm'));
  }
  statistics = { ...RESILIENCE_STATISTICS, suspicions: 15, suspectedFailures: 0 };
  // What is not measured any more is no figure of now.
  latency = null;
  const second = await metrics.render();
  expect(second).toContain('bitcraps_resilience_suspicions_total 15\n');
  expect(second).not.toContain('category="latency"');
  expect(second).toContain('bitcraps_resilience_suspected_failures 0\n');
});
