// Whole nodes and the neighbours that they were told to keep: who is away is a recovery that everybody can look at.

import { expect, test } from 'vitest';
import type { PlannedNode } from '../../src/cli/up/plan.ts';
import { peerIdText } from '../../src/core/peer-id.ts';
import type { DiscoveryHandlers } from '../../src/env/discovery.ts';
import type { HealthReport } from '../../src/node/health-report.ts';
import { RETRY_BUDGET_LIMITS } from '../../src/resilience/recovery/retry-budget.ts';
import { CasinoRig } from '../suites/casino-rig.ts';
import { testIdentity } from '../suites/mesh-rig.ts';

function planned(changes: Partial<PlannedNode> & Pick<PlannedNode, 'name' | 'mesh'>): PlannedNode {
  return { role: 'relay', joins: [], bridges: [], ...changes };
}

const PLAN: readonly PlannedNode[] = [
  planned({ name: 'a-gateway', mesh: 'a', role: 'gateway', bridges: ['b-gateway'] }),
  planned({ name: 'a-relay', mesh: 'a', joins: ['a-gateway'] }),
  planned({ name: 'b-gateway', mesh: 'b', role: 'gateway' }),
];

function healthOf(rig: CasinoRig, name: string): HealthReport {
  return rig.node(name).node.resilience.report();
}

function keyOf(name: string): string {
  return peerIdText(testIdentity(name).publicKey);
}

test('a neighbour that was never there is a recovery under way, and succeeds when it comes', async () => {
  const rig = new CasinoRig(PLAN, 1);
  await rig.start('a-relay');
  await rig.world.run(30_000);
  const { statistics, recoveries } = healthOf(rig, 'a-relay');
  expect(statistics).toMatchObject({ activeRecoveries: 1, restingRecoveries: 0 });
  expect(statistics.recoveryAttempts).toBe(recoveries[0]?.attempts);
  const subject = keyOf('a-gateway');
  expect(recoveries).toMatchObject([{ failure: 'link', subject, outcome: null, plan: null }]);
  expect(recoveries[0]?.attempts).toBeGreaterThan(5);
  expect(recoveries[0]?.lastAttempts[0]).toMatchObject({
    plan: 'reconnect',
    outcome: 'failed',
    code: 'LINK_DIAL_FAILED',
  });
  await rig.start('a-gateway');
  await rig.world.run(40_000);
  expect(healthOf(rig, 'a-relay')).toMatchObject({
    statistics: { activeRecoveries: 0, recoveriesSucceeded: 1, recoveriesFailed: 0 },
    recoveries: [{ subject, outcome: 'succeeded', plan: 'reconnect' }],
  });
  expect(rig.seen('a-relay', 'recovery')).toEqual([
    { kind: 'recovery', failure: 'link', subject, is: 'begun', outcome: null, plan: null },
    {
      kind: 'recovery',
      failure: 'link',
      subject,
      is: 'ended',
      outcome: 'succeeded',
      plan: 'reconnect',
    },
  ]);
});

test('neighbours and bridges that die are recovered by who keeps them, out of one budget', async () => {
  const rig = new CasinoRig(PLAN, 2);
  // Those first who are dialled.
  for (const name of ['b-gateway', 'a-gateway', 'a-relay']) await rig.start(name);
  await rig.world.run(10_000);
  for (const name of ['a-relay', 'a-gateway', 'b-gateway']) {
    expect(healthOf(rig, name).recoveries, name).toEqual([]);
  }
  await rig.kill('b-gateway');
  let leastBudget = Infinity;
  for (let ms = 10_000; ms <= 20_000; ms += 20) {
    await rig.world.run(ms);
    leastBudget = Math.min(leastBudget, healthOf(rig, 'a-gateway').statistics.retryBudget);
  }
  const [away] = healthOf(rig, 'a-gateway').recoveries;
  expect(away).toMatchObject({ failure: 'link', subject: keyOf('b-gateway'), outcome: null });
  expect(leastBudget).toBeLessThan(RETRY_BUDGET_LIMITS.wholeBurst);
  await rig.start('b-gateway');
  await rig.world.run(30_000);
  expect(healthOf(rig, 'a-gateway').recoveries).toMatchObject([
    { subject: keyOf('b-gateway'), outcome: 'succeeded', plan: 'reconnect' },
  ]);
  await rig.kill('a-gateway');
  await rig.world.run(40_000);
  await rig.start('a-gateway');
  await rig.world.run(50_000);
  const { recoveries, statistics } = healthOf(rig, 'a-relay');
  const ofLink = recoveries.filter(({ failure }) => failure === 'link');
  expect(ofLink).toMatchObject([{ subject: keyOf('a-gateway'), outcome: 'succeeded' }]);
  expect(statistics).toMatchObject({ activeRecoveries: 0, recoveriesSucceeded: 1 });
});

test('what strangers announce uses up nothing that is there to get somebody back', async () => {
  const rig = new CasinoRig(PLAN, 3);
  const { node } = await rig.start('b-gateway');
  // Keys of nobody, where nobody is: each try is in vain.
  const nodes = Array.from({ length: 200 }, (_, i) => ({
    publicKey: new Uint8Array(32).fill(i),
    addresses: [`stranger-${i}:1`],
  }));
  const told: DiscoveryHandlers[] = [];
  await node.joinNearby(
    (_, handlers) => {
      told.push(handlers);
      return Promise.resolve({ nodes, close: () => Promise.resolve() });
    },
    ['b-gateway:1'],
  );
  for (const stranger of nodes) told[0]?.found(stranger);
  let leastBudget = Infinity;
  for (let ms = 0; ms <= 20_000; ms += 10) {
    await rig.world.run(ms);
    leastBudget = Math.min(leastBudget, healthOf(rig, 'b-gateway').statistics.retryBudget);
  }
  expect(leastBudget).toBe(RETRY_BUDGET_LIMITS.wholeBurst);
});
