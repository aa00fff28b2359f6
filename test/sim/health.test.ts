// Health and alerts of whole nodes in virtual time: a node dies, the others say so, and it comes back.

import { expect, test } from 'vitest';
import type { PlannedNode } from '../../src/cli/up/plan.ts';
import { peerIdText } from '../../src/core/peer-id.ts';
import type { HealthReport } from '../../src/node/health-report.ts';
import { RESILIENCE_DEFAULTS } from '../../src/resilience/config.ts';
import { CasinoRig } from '../suites/casino-rig.ts';
import { testIdentity } from '../suites/mesh-rig.ts';

const { healthCheckMs } = RESILIENCE_DEFAULTS;

/** A square: every node has two neighbours, and two ways to the one across. */
const SQUARE: readonly PlannedNode[] = [
  { name: 'a', mesh: 'a', role: 'relay', joins: ['b'], bridges: [] },
  { name: 'b', mesh: 'a', role: 'relay', joins: ['c'], bridges: [] },
  { name: 'c', mesh: 'a', role: 'relay', joins: ['d'], bridges: [] },
  { name: 'd', mesh: 'a', role: 'relay', joins: ['a'], bridges: [] },
];

async function square(seed: number): Promise<CasinoRig> {
  const rig = new CasinoRig(SQUARE, seed);
  await rig.startAll();
  await rig.world.run(30_000);
  return rig;
}

function reportOf(rig: CasinoRig, name: string): HealthReport {
  return rig.node(name).node.resilience.report();
}

test('a whole mesh is healthy and raises nothing', async () => {
  const rig = await square(1);
  for (const { name } of SQUARE) {
    expect(reportOf(rig, name)).toMatchObject({ level: 'healthy', alerts: [], absent: [] });
  }
  expect(rig.events.filter(({ event }) => event.kind === 'alert-raised')).toEqual([]);
});

test('a node that has just begun says how it is: critical until it has a link, and no event speaks of that', async () => {
  const rig = new CasinoRig(SQUARE, 7);
  await rig.start('a');
  expect(reportOf(rig, 'a')).toMatchObject({ level: 'critical', worst: { name: 'connectivity' } });
  await rig.start('b');
  await rig.until(() => rig.node('a').node.mesh.neighbours().length > 0, 4_000);
  expect(reportOf(rig, 'a').level).toBe('healthy');
  await rig.world.run(rig.world.clock.now() + 10_000);
  expect(rig.seen('a', 'health')).toEqual([]);
});

test('a node that dies without a word is named by an alert, which ends when it is back', async () => {
  const rig = await square(2);
  const lost = peerIdText(testIdentity('c').publicKey);
  await rig.kill('c');
  await rig.until(() => rig.seen('a', 'alert-raised').length > 0, 10_000 + healthCheckMs);
  expect(rig.seen('a', 'alert-raised')[0]).toMatchObject({
    key: `member-gone:${lost}`,
    severity: 'warning',
    clearedMs: null,
  });
  const during = reportOf(rig, 'a');
  expect(during.level).toBe('degraded');
  expect(during.worst?.name).toBe('connectivity');
  expect(during.absent).toMatchObject([{ peer: lost, state: 'gone' }]);
  expect(during.statistics).toMatchObject({ confirmedFailures: 1, alertsRaised: 1 });

  await rig.start('c');
  await rig.until(() => rig.seen('a', 'alert-cleared').length > 0, 30_000);
  const after = reportOf(rig, 'a');
  expect(after).toMatchObject({ alerts: [], absent: [], level: 'healthy' });
  expect(after.alertHistory.map(({ key }) => key)).toEqual([`member-gone:${lost}`]);
});

test('two neighbours that die at once are a partition only until they are found dead', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const rig = new CasinoRig(
    names.map((name, i) => {
      return { name, mesh: 'a', role: 'relay', joins: names.slice(0, i), bridges: [] };
    }),
    8,
  );
  await rig.startAll();
  await rig.world.run(30_000);
  await Promise.all(['c', 'd'].map((name) => rig.kill(name)));
  await rig.world.run(rig.world.clock.now() + 30_000);
  for (const name of ['a', 'b', 'e']) {
    const { alerts, partitions, statistics } = reportOf(rig, name);
    const rules = alerts.map(({ rule }) => rule);
    expect(rules.filter((rule) => rule === 'member-gone')).toHaveLength(2);
    expect(rules).not.toContain('partition');
    expect(partitions.filter(({ outcome }) => outcome !== 'gone')).toEqual([]);
    expect(statistics).toMatchObject({ activePartitions: 0, partitionsHealed: 0 });
  }
});

test('a gateway that saves its battery is there for itself, and nobody takes it for lost', async () => {
  const rig = new CasinoRig(
    [
      { name: 'g', mesh: 'a', role: 'gateway', joins: [], bridges: [] },
      { name: 'm', mesh: 'a', role: 'relay', joins: ['g'], bridges: [] },
      { name: 'h', mesh: 'b', role: 'gateway', joins: [], bridges: ['g'] },
    ],
    3,
  );
  await rig.startAll();
  await rig.world.run(30_000);
  rig.node('g').node.gateway?.setPower({ energy: 0.1, relays: false });
  await rig.world.run(rig.world.clock.now() + 120_000);
  for (const name of ['g', 'm', 'h']) {
    const { level, alerts, partitions, recoveries } = reportOf(rig, name);
    expect({ level, alerts, partitions, recoveries }, name).toEqual({
      level: 'healthy',
      alerts: [],
      partitions: [],
      recoveries: [],
    });
  }
  // One that is gone is.
  await rig.kill('g');
  await rig.world.run(rig.world.clock.now() + 30_000);
  expect(reportOf(rig, 'h').alerts.map(({ rule }) => rule)).toContain('bridges-gone');
});

test('a node that says goodbye is missed by no neighbour', async () => {
  const rig = await square(3);
  await rig.node('c').node.stop();
  await rig.world.run(rig.world.clock.now() + 20_000);
  for (const name of ['b', 'd']) {
    expect(reportOf(rig, name)).toMatchObject({ alerts: [], absent: [] });
    expect(reportOf(rig, name).statistics.departures).toBe(1);
  }
});

test('a node that is cut off is critical: nobody is reached', async () => {
  const rig = await square(4);
  for (const other of ['b', 'c', 'd']) rig.network.cut('a', other);
  await rig.world.run(rig.world.clock.now() + 40_000);
  const cut = reportOf(rig, 'a');
  expect(cut).toMatchObject({ level: 'critical', score: 0 });
  expect(cut.worst?.name).toBe('connectivity');
  const critical = cut.alerts.filter(({ severity }) => severity === 'critical');
  expect(critical.map(({ key }) => key).toSorted()).toEqual([
    'health-critical',
    'isolated',
    'partition',
  ]);
  expect(cut.partitions).toMatchObject([
    { cause: 'own-links-gone', stillLost: 3, endedAtMs: null },
  ]);
  expect(cut.statistics).toMatchObject({ activePartitions: 1, networkHealth: 0 });
  for (const other of ['b', 'c', 'd']) rig.network.heal('a', other);
  await rig.until(() => rig.node('a').node.resilience.line().level === 'healthy', 300_000);
  expect(reportOf(rig, 'a').statistics).toMatchObject({ activePartitions: 0, partitionsHealed: 1 });
});

test('a gateway that loses its only bridge is critical until it has one again', async () => {
  const plan: readonly PlannedNode[] = [
    { name: 'ga', mesh: 'a', role: 'gateway', joins: [], bridges: [] },
    { name: 'gb', mesh: 'b', role: 'gateway', joins: [], bridges: ['ga'] },
    { name: 'rb', mesh: 'b', role: 'relay', joins: ['gb'], bridges: [] },
  ];
  const rig = new CasinoRig(plan, 6);
  await rig.startAll();
  await rig.world.run(30_000);
  expect(reportOf(rig, 'gb')).toMatchObject({ level: 'healthy', alerts: [] });
  await rig.kill('ga');
  await rig.until(() => reportOf(rig, 'gb').alerts.length > 0, 30_000);
  const apart = reportOf(rig, 'gb');
  expect(apart).toMatchObject({ level: 'critical', worst: { name: 'connectivity' } });
  expect(apart.alerts.map(({ key }) => key)).toEqual(['bridges-gone']);
  expect(apart.worst?.why).toContain('no bridge to another mesh');
  await rig.world.run(rig.world.clock.now() + 60_000);
  await rig.start('ga');
  await rig.until(() => rig.node('gb').node.resilience.line().level === 'healthy', 300_000);
  const rules = reportOf(rig, 'gb').alertHistory.map(({ rule }) => rule);
  expect(rules).toContain('bridges-gone');
  expect(rules).not.toContain('health-degraded');
});

function isAway({ rule }: { readonly rule: string }): boolean {
  return rule === 'casino-away';
}

test('a player whose casino is away is told so, and that it is back', async () => {
  const plan: readonly PlannedNode[] = [
    { name: 'a', mesh: 'a', role: 'validator', joins: [], bridges: [] },
    { name: 'b', mesh: 'a', role: 'relay', joins: ['a'], bridges: [] },
    { name: 'c', mesh: 'a', role: 'player', joins: ['b'], bridges: [] },
  ];
  const rig = new CasinoRig(plan, 5);
  await rig.startAll();
  await rig.until(() => rig.seen('c', 'bet').length > 0, 30_000);
  await rig.kill('a');
  await rig.until(() => rig.seen('c', 'alert-raised').some(isAway), 60_000);
  expect(reportOf(rig, 'c').level).toBe('critical');
  await rig.start('a');
  await rig.until(() => rig.seen('c', 'alert-cleared').some(isAway), 60_000);
});
