// A mesh of a hundred nodes falls apart and comes together again: what each node notices, how soon, and at what cost.

import { describe, expect, test } from 'vitest';
import type { PartitionsReport } from '../../src/mesh/partition-watch.ts';
import { presets } from '../../src/resilience/presets.ts';
import { PartitionRig } from '../suites/partition-rig.ts';

/** After the first links, until everything is known and measured everywhere. */
const SETTLED_MS = 20_000;
/** The detection that presets promise. */
const DETECTION_MS = { local: 1_000, lan: 3_000 };
const HEALED_MS_MAX = 5_000;

async function settled(
  seed: number,
  sizes: readonly [number, number],
  joints: number,
  preset: keyof typeof DETECTION_MS = 'lan',
): Promise<PartitionRig> {
  const rig = new PartitionRig(seed, sizes, joints, presets[preset]);
  await rig.run(SETTLED_MS);
  expect(rig.isWhole).toBe(true);
  return rig;
}

/** Bytes of link state that joining two halves costs, after `changed` members of either have said something new. */
async function bytesOfHealing(
  rig: PartitionRig,
  changed: number,
): Promise<{ readonly all: number; readonly between: number }> {
  rig.cutAll();
  await rig.run(10_000);
  rig.all.forEach((name, i) => {
    if (i % rig.parts[0].length >= changed) return;
    const position = { x: i, y: rig.world.clock.now() / 1_000 };
    const atMs = rig.world.clock.wallMs();
    rig.node(name).mesh.setLocation({ planar: true, position, atMs, mobility: { kind: 'static' } });
  });
  await rig.run(5_000);
  const { linkStateBytes, linkStateBytesBetween } = rig;
  const [pair] = rig.between;
  if (pair === undefined) throw new Error('a link joins the parts');
  rig.heal(...pair);
  await rig.whole(HEALED_MS_MAX);
  await rig.run(5_000);
  return {
    all: rig.linkStateBytes - linkStateBytes,
    between: rig.linkStateBytesBetween - linkStateBytesBetween,
  };
}

describe('a hundred nodes in two uneven parts', () => {
  test.each([
    ['lan', 1, 60, 40, 3],
    ['lan', 2, 92, 8, 2],
    ['local', 1, 60, 40, 3],
  ] as const)(
    'prove a partition once at each node, and are one again in time (%s, seed %i)',
    async (preset, seed, left, right, joints) => {
      const rig = await settled(seed, [left, right], joints, preset);
      expect(rig.events).toEqual([]);
      rig.cutAll();
      const cutAtMs = rig.world.clock.now();
      await rig.run(10_000);
      const noticedMs = rig.noticedAtMs - cutAtMs;
      expect(rig.events).toHaveLength(100);
      for (const { at, atMs, event } of rig.events) {
        const lost = at.startsWith('l') ? right : left;
        expect(event, at).toMatchObject({
          kind: 'began',
          partition: { scope: 'members', cause: 'link-failure', lost, stillLost: lost },
        });
        expect(atMs - cutAtMs, at).toBeLessThanOrEqual(2 * noticedMs);
        expect(atMs - cutAtMs, at).toBeLessThanOrEqual(2 * DETECTION_MS[preset]);
      }
      const [pair] = rig.between;
      if (pair === undefined) throw new Error('a link joins the parts');
      rig.heal(...pair);
      await rig.whole(HEALED_MS_MAX);
      await rig.run(2_000);
      for (const watch of rig.watches.values()) {
        expect(watch.report()).toMatchObject({ active: 0, began: 1, healed: 1 });
      }
    },
  );

  test('are warned of the link and the members that hold them together, before they fail', async () => {
    const rig = await settled(3, [60, 40], 1);
    for (const name of ['l9', 'r9']) {
      const { bridgeLinks, risks } = rig.watches.get(name)?.report() ?? {};
      const named = risks?.map(({ from, to, cutsOff }) => ({
        ends: [rig.nameOf(from), ...(to === null ? [] : [rig.nameOf(to)])].sort().join('-'),
        cutsOff,
      }));
      expect(bridgeLinks).toBeGreaterThanOrEqual(1);
      expect(named).toContainEqual({ ends: 'l0-r0', cutsOff: 40 });
      expect(named).toContainEqual({ ends: 'l0', cutsOff: 40 });
      expect(named).toContainEqual({ ends: 'r0', cutsOff: 39 });
    }
    // The member that holds them together crashes: it is the cause, to those who cannot know more.
    rig.node('l0').endpoint.powerOff();
    await rig.run(10_000);
    const began = rig.events.filter(({ at, event }) => at !== 'l0' && event.kind === 'began');
    expect(began).toHaveLength(99);
    for (const { at, event } of began) {
      const isLeft = at.startsWith('l');
      expect(event.partition, at).toMatchObject(
        isLeft ? { lost: 41, cause: 'node-failure' } : { lost: 60, cause: 'link-failure' },
      );
    }
  });

  test('call the crash of a member by its name: no partition', async () => {
    const rig = await settled(4, [60, 40], 5);
    // It is no articulation point: the others stay together.
    rig.node('l59').endpoint.powerOff();
    await rig.run(15_000);
    expect(rig.events.filter(({ at }) => at !== 'l59')).toEqual([]);
    expect(rig.reached('r3')).toBe(99);
  });
});

test('everybody knows of a link that was the only way long before it is given up', async () => {
  const rig = new PartitionRig(6, [6, 4], 1, presets.default);
  await rig.run(60_000);
  rig.cutAll();
  const cutAtMs = rig.world.clock.now();
  await rig.run(60_000);
  expect(rig.events).toHaveLength(10);
  const { failureTimeoutMs, ackTimeoutMsMax } = presets.default;
  for (const { at, atMs } of rig.events) {
    // One answer more may fail to come, and the news may take a second.
    expect(atMs, at).toBeLessThan(rig.noticedAtMs + ackTimeoutMsMax + 1_000);
    expect(atMs - cutAtMs, at).toBeLessThan(failureTimeoutMs / 1.5);
  }
});

test('a partition outlasts a member that walks over, and the records of those it left behind', async () => {
  const rig = new PartitionRig(1, [6, 6], 2, presets.lan);
  await rig.run(SETTLED_MS);
  rig.cutAll();
  await rig.run(10_000);
  for (const name of rig.parts[1]) if (name !== 'r5') rig.network.cut('r5', name);
  await rig.run(30_000);
  rig.link('r5', 'l3');
  // Records are kept for ten minutes; only then something happens on this side, and is looked at.
  await rig.run(11 * 60_000);
  rig.node('l2').mesh.setLocation({
    planar: true,
    position: { x: 1, y: 2 },
    atMs: rig.world.clock.wallMs(),
    mobility: { kind: 'static' },
  });
  await rig.run(5_000);
  expect(rig.node('l0').mesh.memberReports().nodes).toBe(7);
  const report = (): PartitionsReport | undefined => rig.watches.get('l0')?.report();
  expect(report()).toMatchObject({ active: 1, healed: 0, partitions: [{ lost: 6, stillLost: 5 }] });
  // One of the other side dies unseen.
  rig.node('r4').clock.kill();
  rig.node('r4').endpoint.powerOff();
  await rig.run(60_000);
  const [pair] = rig.between;
  if (pair === undefined) throw new Error('a link joins the parts');
  rig.heal(...pair);
  await rig.run(HEALED_MS_MAX);
  expect(report()).toMatchObject({ active: 0, healed: 1, partitions: [{ outcome: 'healed' }] });
});

test('joining two parts costs bytes in proportion to what they do not share', async () => {
  const rig = await settled(5, [60, 40], 1);
  const costs: { readonly records: number; readonly between: number }[] = [];
  for (const changed of [0, 5, 20, 40]) {
    const { all, between } = await bytesOfHealing(rig, changed);
    costs.push({ records: 2 * changed, between });
    console.info(`${2 * changed} records differ: ${between} B over the link, ${all} B in all`);
  }
  const { slope, intercept, explained } = lineThrough(costs);
  console.info(`${Math.round(intercept)} B and ${Math.round(slope)} B for each record`);
  expect(explained).toBeGreaterThan(0.98);
  // A mesh of which both parts changed nothing does not send its hundred records.
  expect(intercept).toBeLessThan(15 * slope);
});

/** Least squares; `explained`: R². */
function lineThrough(points: readonly { readonly records: number; readonly between: number }[]): {
  readonly slope: number;
  readonly intercept: number;
  readonly explained: number;
} {
  const count = points.length;
  const sum = (of: (point: (typeof points)[number]) => number): number =>
    points.reduce((total, point) => total + of(point), 0);
  const x = sum(({ records }) => records) / count;
  const y = sum(({ between }) => between) / count;
  const spread = sum(({ records }) => (records - x) ** 2);
  const slope = sum(({ records, between }) => (records - x) * (between - y)) / spread;
  const explained = (slope ** 2 * spread) / sum(({ between }) => (between - y) ** 2);
  return { slope, intercept: y - slope * x, explained };
}
