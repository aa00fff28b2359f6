// A mesh in two parts looks for a bridge by itself: at other addresses of a lost member, at whoever is nearby, and after a
// while at anybody who is known.

import { describe, expect, test } from 'vitest';
import type { FoundNode } from '../../src/env/discovery.ts';
import type { Link } from '../../src/env/link.ts';
import { Healing } from '../../src/node/healing.ts';
import { RESILIENCE_DEFAULTS } from '../../src/resilience/config.ts';
import { AddressBook } from '../../src/resilience/partitions/address-book.ts';
import { presets } from '../../src/resilience/presets.ts';
import { MeshRig, silentLogger, testIdentity } from '../suites/mesh-rig.ts';

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
