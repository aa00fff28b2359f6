// A mesh in two parts looks for a bridge by itself: at other addresses of a lost member, at whoever is nearby, and after a
// while at anybody who is known.

import { describe, expect, test } from 'vitest';
import type { FoundNode } from '../../src/env/discovery.ts';
import type { Link } from '../../src/env/link.ts';
import { Healing } from '../../src/node/healing.ts';
import { RESILIENCE_DEFAULTS } from '../../src/resilience/config.ts';
import { AddressBook } from '../../src/resilience/partitions/address-book.ts';
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
  const healing = new Healing(
    { ...RESILIENCE_DEFAULTS, ...presets.lan, partitionHealMs: HEAL_MS },
    {
      mesh,
      clock,
      rng: rig.world.rng('healing'),
      logger: silentLogger,
      dialer: {
        dial(address, peer) {
          dialled.push(address);
          return endpoint.dialer.dial(address, peer);
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
  return { rig, book, nearby, healing, dialled };
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
    healing.foundNearby();
    await rig.run(5_000);
    expect(reached(rig)).toBe(6);
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

  test('dials a neighbour again whose link failed, where it was linked', async () => {
    const { rig, book, healing } = await scene();
    await listens(rig, 'r2');
    book.remember(testIdentity('r2').publicKey, 'r2:1');
    const { endpoint, mesh } = rig.node('l1');
    const links: Link[] = [];
    void endpoint.dialer.dial('r2:1', testIdentity('r2').publicKey).then((link) => {
      links.push(link);
      mesh.addLink(link);
    });
    await rig.run(3_000);
    const isNeighbour = (): boolean =>
      rig
        .node('l1')
        .mesh.neighbours()
        .some(({ peer }) => rig.nameOf(peer) === 'r2');
    expect(isNeighbour()).toBe(true);
    links[0]?.destroy({ code: 'LINK_LOST', detail: 'the cable' });
    await rig.run(2_000);
    expect(isNeighbour()).toBe(true);
    expect(healing.statistics()).toMatchObject({ partitions: 0, activeRecoveries: 0 });
  });
});

/** l2 is reached by l1 alone, which takes packets for it and drops them; l0 sends to it all the time and heals. */
async function silent(): Promise<Scene & { readonly fate: LinkFate }> {
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
