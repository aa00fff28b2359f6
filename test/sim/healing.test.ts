// A mesh in two parts looks for a bridge by itself: at other addresses of a lost member, at whoever is nearby, and after a
// while at anybody who is known.

import { describe, expect, test } from 'vitest';
import type { FoundNode } from '../../src/env/discovery.ts';
import type { Link } from '../../src/env/link.ts';
import { peerIdText } from '../../src/core/peer-id.ts';
import { Healing } from '../../src/node/healing.ts';
import { RESILIENCE_DEFAULTS } from '../../src/resilience/config.ts';
import { AddressBook } from '../../src/resilience/partitions/address-book.ts';
import { RetryBudget } from '../../src/resilience/recovery/retry-budget.ts';
import { presets } from '../../src/resilience/presets.ts';
import { FrameType } from '../../src/wire/frame.ts';
import { MeshRig, silentLogger, testIdentity, type LinkFate } from '../suites/mesh-rig.ts';

const HEAL_MS = 60_000;
const LEFT = ['l0', 'l1', 'l2'];
const RIGHT = ['r0', 'r1', 'r2'];

interface Scene {
  readonly rig: MeshRig;
  readonly book: AddressBook;
  readonly nearby: FoundNode[];
  readonly healing: Healing;
  /** Addresses that l1 dialled. */
  readonly dialled: string[];
  /** How long its dials take. */
  readonly slow: { ms: number };
}

/** Two lines that one link joins, l0 to r0. The node in the middle of the left one heals. */
async function scene(): Promise<Scene> {
  const rig = new MeshRig(7);
  for (const side of [LEFT, RIGHT]) rig.line(side);
  rig.link('l0', 'r0');
  const { mesh, clock, endpoint } = rig.node('l1');
  const book = new AddressBook();
  const nearby: FoundNode[] = [];
  const dialled: string[] = [];
  const slow = { ms: 0 };
  const healing = new Healing(
    { ...RESILIENCE_DEFAULTS, ...presets.lan, partitionHealMs: HEAL_MS },
    {
      mesh,
      clock,
      rng: rig.world.rng('healing'),
      logger: silentLogger,
      budget: new RetryBudget(clock),
      dialer: {
        dial(address, peer) {
          dialled.push(address);
          return new Promise((resolve) => {
            clock.after(slow.ms, () => resolve(endpoint.dialer.dial(address, peer)));
          });
        },
      },
      book,
      targets: () => [],
      nearby: () => nearby,
      hasTable: false,
    },
  );
  await rig.run(10_000);
  expect(reached(rig)).toBe(6);
  return { rig, book, nearby, healing, dialled, slow };
}

function reached(rig: MeshRig): number {
  return rig
    .node('l1')
    .mesh.members()
    .filter(({ reachable }) => reachable).length;
}

/** A node takes links at an address. */
async function listens(rig: MeshRig, name: string, host = name): Promise<void> {
  const { mesh, endpoint } = rig.node(name);
  const other = host === name ? endpoint : rig.network.endpoint(testIdentity(name).publicKey, host);
  await other.listen(`${host}:1`, (link) => mesh.addLink(link));
}

describe('a node in a partition', () => {
  test('dials a lost member at another address that it had, and the two sides are one', async () => {
    const { rig, book, healing, dialled } = await scene();
    await listens(rig, 'r2');
    await listens(rig, 'r2', 'r2-radio');
    const { publicKey } = testIdentity('r2');
    book.remember(publicKey, 'r2-radio:1');
    book.remember(publicKey, 'r2:1');
    rig.network.cut('l0', 'r0');
    rig.network.cut('l1', 'r2');
    await rig.run(60_000);
    expect(reached(rig)).toBe(6);
    expect(dialled.at(-1)).toBe('r2-radio:1');
    expect(healing.statistics()).toMatchObject({
      partitions: 1,
      partitionsHealed: 1,
      activePartitions: 0,
      activeRecoveries: 0,
    });
    expect(healing.recoveries.history.map(({ outcome }) => outcome)).toContain('succeeded');
  });

  test('links to a lost member who turns up nearby', async () => {
    const { rig, nearby, healing, dialled } = await scene();
    await listens(rig, 'r1');
    rig.network.cut('l0', 'r0');
    await rig.run(20_000);
    expect(dialled).toEqual([]);
    nearby.push({ publicKey: testIdentity('r1').publicKey, addresses: ['r1:1'] });
    healing.foundNearby(testIdentity('r1').publicKey);
    await rig.run(5_000);
    expect(reached(rig)).toBe(6);
  });

  test('goes on to look for the others where a lost member came over alone', async () => {
    const { rig, nearby, healing } = await scene();
    for (const name of ['r1', 'r2']) await listens(rig, name);
    rig.network.cut('l0', 'r0');
    rig.network.cut('r1', 'r2');
    nearby.push({ publicKey: testIdentity('r2').publicKey, addresses: ['r2:1'] });
    await rig.run(30_000);
    expect(reached(rig)).toBe(4);
    expect(healing.statistics()).toMatchObject({ activePartitions: 1, partitionsHealed: 0 });
    nearby.push({ publicKey: testIdentity('r1').publicKey, addresses: ['r1:1'] });
    await rig.run(2 * RESILIENCE_DEFAULTS.recoveryIntervalMs);
    expect(reached(rig)).toBe(6);
    expect(healing.statistics()).toMatchObject({ activePartitions: 0, partitionsHealed: 1 });
  });

  test('links to strangers only after a while, and dials nobody once the mesh is one again', async () => {
    const { rig, nearby, healing, dialled } = await scene();
    rig.add('x');
    rig.link('x', 'r1');
    await listens(rig, 'x');
    // Whom it never heard of: x joined on the other side after the cut.
    rig.network.cut('l0', 'r0');
    nearby.push({ publicKey: testIdentity('stranger').publicKey, addresses: ['nowhere:1'] });
    await rig.run(HEAL_MS / 2);
    expect(dialled).toEqual([]);
    nearby.push({ publicKey: testIdentity('x').publicKey, addresses: ['x:1'] });
    await rig.run(4 * HEAL_MS);
    expect(reached(rig)).toBe(7);
    expect(healing.partitions.report().active).toBe(0);
    const count = dialled.length;
    await rig.run(4 * HEAL_MS);
    expect(dialled).toHaveLength(count);
  });

  test('is not kept from its attempts by who announces itself again and again', async () => {
    const { rig, nearby, healing, slow } = await scene();
    await listens(rig, 'r1');
    rig.network.cut('l0', 'r0');
    await rig.run(20_000);
    slow.ms = 3_000;
    const { publicKey } = testIdentity('r1');
    nearby.push({ publicKey, addresses: ['r1:1'] });
    for (let ms = 0; ms < 60_000; ms += 500) {
      healing.foundNearby(publicKey);
      await rig.run(500);
    }
    expect(reached(rig)).toBe(6);
    expect(healing.recoveries.history).toMatchObject([
      { failure: { kind: 'partition' }, outcome: 'succeeded', plan: 'bridge-node' },
    ]);
  });

  test('is not woken by strangers before it looks for strangers', async () => {
    const { rig, healing } = await scene();
    rig.network.cut('l0', 'r0');
    await rig.run(HEAL_MS / 2);
    expect(healing.statistics()).toMatchObject({ activeRecoveries: 0, restingRecoveries: 1 });
    healing.foundNearby(testIdentity('stranger').publicKey);
    expect(healing.statistics().restingRecoveries).toBe(1);
    healing.foundNearby(testIdentity('r1').publicKey);
    expect(healing.statistics()).toMatchObject({ activeRecoveries: 1, restingRecoveries: 0 });
  });
});

/** As `scene`, and l1 is linked to r2, at whose address it dials it. */
async function neighbours(): Promise<
  Scene & { readonly link: Link; readonly isNeighbour: () => boolean }
> {
  const made = await scene();
  const { rig, book } = made;
  await listens(rig, 'r2');
  const { publicKey } = testIdentity('r2');
  book.remember(publicKey, 'r2:1');
  const { endpoint, mesh } = rig.node('l1');
  const links: Link[] = [];
  void endpoint.dialer.dial('r2:1', publicKey).then((link) => {
    links.push(link);
    mesh.addLink(link);
  });
  await rig.run(3_000);
  const [link] = links;
  if (link === undefined) throw new Error('no link to r2');
  const isNeighbour = (): boolean =>
    mesh.neighbours().some(({ peer }) => rig.nameOf(peer) === 'r2');
  expect(isNeighbour()).toBe(true);
  return { ...made, link, isNeighbour };
}

describe('a neighbour whose link failed', () => {
  test('is dialled again where it was linked', async () => {
    const { rig, healing, link, isNeighbour } = await neighbours();
    link.destroy({ code: 'LINK_LOST', detail: 'the cable' });
    await rig.run(2_000);
    expect(isNeighbour()).toBe(true);
    expect(healing.statistics()).toMatchObject({ partitions: 0, activeRecoveries: 0 });
    expect(healing.recoveries.history).toMatchObject([
      {
        failure: { kind: 'link' },
        outcome: 'succeeded',
        plan: 'reconnect',
        attempts: [{ outcome: 'succeeded' }],
      },
    ]);
  });

  test('is found by any of its addresses, not the last three alone', async () => {
    const { rig, book, link, isNeighbour } = await neighbours();
    for (let i = 0; i < 5; i += 1) book.remember(testIdentity('r2').publicKey, `gone${i}:1`);
    link.destroy({ code: 'LINK_LOST', detail: 'the cable' });
    await rig.run(20_000);
    expect(isNeighbour()).toBe(true);
  });

  test('is given up after ten minutes, whatever else went wrong with it meanwhile', async () => {
    const { rig, healing, dialled, link } = await neighbours();
    const { publicKey } = testIdentity('r2');
    rig.node('r2').endpoint.kill();
    link.destroy({ code: 'LINK_LOST', detail: 'the cable' });
    await rig.run(60_000);
    const failure = { kind: 'way', subject: peerIdText(publicKey) } as const;
    healing.recoveries.recover(failure);
    healing.recoveries.resolved(failure);
    await rig.run(10 * 60_000);
    const ofLink = healing.recoveries.history.find((one) => one.failure.kind === 'link');
    expect(ofLink).toMatchObject({ outcome: 'given-up', plan: null });
    expect(ofLink?.rounds).toBeGreaterThan(1);
    expect(ofLink?.attempts.map(({ code }) => code)).toContain('LINK_DIAL_FAILED');
    const count = dialled.length;
    await rig.run(20 * 60_000);
    expect(dialled).toHaveLength(count);
  });
});

/** l2 is reached by l1 alone, which takes packets for it and drops them; l0 sends to it all the time and heals. */
async function silent(): Promise<Omit<Scene, 'slow'> & { readonly fate: LinkFate }> {
  const rig = new MeshRig(7);
  for (const name of LEFT) rig.add(name);
  rig.link('l0', 'l1');
  const fate = rig.link('l1', 'l2');
  const { mesh, clock, endpoint } = rig.node('l0');
  const book = new AddressBook();
  const dialled: string[] = [];
  const healing = new Healing(
    { ...RESILIENCE_DEFAULTS, ...presets.lan },
    {
      mesh,
      clock,
      rng: rig.world.rng('healing'),
      logger: silentLogger,
      budget: new RetryBudget(clock),
      dialer: {
        dial(address, peer) {
          dialled.push(address);
          return endpoint.dialer.dial(address, peer);
        },
      },
      book,
      targets: () => [],
      nearby: () => [],
      hasTable: false,
    },
  );
  const tell = (): void => {
    rig.send('l0', 'l2', 'are you there');
    rig.world.clock.after(500, tell);
  };
  await rig.run(3_000);
  tell();
  await rig.run(5_000);
  fate.swallows = (from, frame) => from === 'l1' && frame[0] === FrameType.packet;
  return { rig, book, nearby: [], healing, dialled, fate };
}

describe('a member that does not answer although links lead to it', () => {
  test('is asked on every way, and a link to it is made where its address is known', async () => {
    const { rig, book, healing, dialled } = await silent();
    await listens(rig, 'l2');
    book.remember(testIdentity('l2').publicKey, 'l2:1');
    await rig.run(5_000);
    expect(healing.statistics().activeRecoveries).toBe(0);
    await rig.run(30_000);
    expect(dialled).toEqual(['l2:1']);
    expect(rig.hops('l0', 'l2')).toEqual(['l2']);
    const before = rig.node('l2').inbox.length;
    await rig.run(5_000);
    expect(rig.node('l2').inbox.length - before).toBeGreaterThanOrEqual(9);
    expect(healing.recoveries.history).toMatchObject([
      { failure: { kind: 'way' }, outcome: 'succeeded', plan: 'bridge-node' },
    ]);
  });

  test('that answers again is found by the asking', async () => {
    const { rig, healing, dialled, fate } = await silent();
    await rig.run(8_000);
    expect(healing.statistics().activeRecoveries).toBe(1);
    fate.swallows = null;
    await rig.run(5_000);
    expect(healing.statistics().activeRecoveries).toBe(0);
    expect(dialled).toEqual([]);
    expect(healing.recoveries.history.at(-1)?.outcome).toMatch(/^(succeeded|went-away)$/);
  });
});
