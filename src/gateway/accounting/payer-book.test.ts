// What a node had carried to other meshes: by gateway and destination, as the destinations report it, over restarts.

import { expect, test } from 'vitest';
import { createSimStore } from '../../sim/store.ts';
import { FederationRig } from '../../../test/suites/federation-rig.ts';
import { silentLogger, TEST_PROTOCOL } from '../../../test/suites/mesh-rig.ts';
import { PayerBook, type PayerBookLimits } from './payer-book.ts';

const limits: PayerBookLimits = { epochMs: 60_000, epochsKept: 3, flushMs: 1_000 };
const PRICE = { control: 0n, game: 5n, bulk: 1n };

/** west: w, v — gw; east: gx — x. */
async function joined(): Promise<FederationRig> {
  const rig = new FederationRig();
  for (const name of ['w', 'v']) rig.member(name, 'west');
  rig.member('x', 'east');
  rig.addGateway('gw', 'west');
  rig.addGateway('gx', 'east');
  for (const [a, b] of [
    ['w', 'gw'],
    ['v', 'gw'],
    ['x', 'gx'],
  ] as const) {
    rig.rig.link(a, b);
  }
  rig.bridge('gw', 'gx');
  await rig.until(
    () => rig.gateway('gw').reaches(rig.id('x')) && rig.gateway('gx').reaches(rig.id('w')),
  );
  await rig.run(1_000);
  return rig;
}

test('counts what destinations in other meshes received, and what that costs; not what stays in the mesh', async () => {
  const rig = await joined();
  const { mesh, clock } = rig.rig.node('w');
  let store = createSimStore(rig.rig.world, { name: 'disk' });
  const deps = { mesh, clock, logger: silentLogger, priceOf: () => PRICE };
  const book = new PayerBook(rig.id('w'), { ...deps, store }, limits);
  const send = (to: string, count: number): void => {
    for (let i = 0; i < count; i += 1)
      mesh.send(rig.id(to), TEST_PROTOCOL, new Uint8Array(400).fill(i));
  };
  send('x', 1);
  await rig.run(5_000);
  send('x', 19);
  send('v', 10);
  await rig.run(10_000);
  expect(book.totals).toMatchObject({ deliveredPackets: 20, lostPackets: 0 });
  const [record, ...others] = book.records(100);
  expect(others).toEqual([]);
  expect(record).toMatchObject({
    gateway: rig.id('gw'),
    destination: rig.id('x'),
    deliveredPackets: 20,
  });
  expect(record?.due).toBe(5n * BigInt(record?.deliveredBytes ?? 0));
  // What nobody reports is lost, and costs nothing.
  rig.rig.network.cut('gx', 'x');
  send('x', 4);
  await rig.run(10_000);
  expect(book.totals).toMatchObject({ deliveredPackets: 20, lostPackets: 4 });
  await rig.run(2_000);
  void book.stop();
  store = store.reopen();
  const again = new PayerBook(rig.id('w'), { ...deps, store }, limits);
  expect(again.totals).toEqual(book.totals);
  rig.rig.network.heal('gx', 'x');
});

test('writes an epoch of its own for each hour of traffic, keeps a few, and survives a disk that is full', async () => {
  const rig = await joined();
  const { mesh, clock } = rig.rig.node('w');
  const store = createSimStore(rig.rig.world, { name: 'disk' });
  const deps = { mesh, clock, logger: silentLogger, priceOf: () => null, store };
  const book = new PayerBook(rig.id('w'), deps, limits);
  let delivered = 0;
  for (let round = 0; round < 8; round += 1) {
    if (round === 2) store.failNextWrite('STORE_FULL');
    mesh.send(rig.id('x'), TEST_PROTOCOL, new Uint8Array(100));
    await rig.run(limits.epochMs);
    delivered += 1;
    expect(book.totals.deliveredPackets).toBe(delivered);
  }
  const records = book.records(100);
  expect(records.length).toBeLessThanOrEqual(limits.epochsKept + 1);
  expect(records.every(({ deliveredPackets, due }) => deliveredPackets === 1 && due === 0n)).toBe(
    true,
  );
  expect(new Set(records.map(({ epoch }) => epoch)).size).toBe(records.length);
});
