// Peers that say in the distributed table through whom they are reached, and gateways that find each other by it.

import { expect, test } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { FederationRig } from '../suites/federation-rig.ts';

/** west: w, gw; east: e, ge; south: gs. No bridge. */
async function apart(): Promise<FederationRig> {
  const rig = new FederationRig(7);
  rig.useTable();
  rig.member('w', 'west');
  rig.addGateway('gw', 'west');
  rig.member('e', 'east');
  rig.addGateway('ge', 'east');
  rig.addGateway('gs', 'south');
  rig.rig.link('w', 'gw');
  rig.rig.link('e', 'ge');
  // Homes are told when they have been the same for a while.
  await rig.run(15_000);
  return rig;
}

test('gateways without a bridge find each other through the homes of the peers that want to talk', async () => {
  const rig = await apart();
  const [w, e] = [rig.correspondent('w'), rig.correspondent('e')];
  expect(rig.gateway('gw').gateways()).toEqual([]);
  w.delivery.send(rig.id('e'), utf8('are you there?'));
  await rig.until(() => e.got.length === 1, 20_000);
  expect(rig.dialled).toEqual(['ge']);
  e.delivery.send(rig.id('w'), utf8('yes'));
  await rig.until(() => w.got.length === 1, 5_000);
  expect(rig.gateway('gw').bridges()).toHaveLength(1);
  expect(rig.gateway('gs').bridges()).toHaveLength(0);
});

test('a gateway that claims a peer does not get its packets: the peer itself says where it is', async () => {
  const rig = await apart();
  const [w, e] = [rig.correspondent('w'), rig.correspondent('e')];
  w.delivery.send(rig.id('e'), utf8('one'));
  await rig.until(() => e.got.length === 1, 20_000);
  // It is bridged, dialled, and nearer than the honest one, and says that the peer is its own.
  rig.addGateway('thief', 'thieves', {}, {}, ['e']);
  rig.bridge('gw', 'thief');
  await rig.run(15_000);
  expect(rig.gateway('gw').gatewayFor(rig.id('e'))).toEqual(rig.id('ge'));
  w.delivery.send(rig.id('e'), utf8('two'));
  await rig.until(() => e.got.length === 2, 5_000);
  expect(rig.gateway('thief').crossings().packetsIn).toBe(0);
});

test('a peer that moves to another mesh is found there, and nothing that was acknowledged is lost', async () => {
  const rig = await apart();
  const w = rig.correspondent('w');
  const before = rig.correspondent('e');
  let sent = 0;
  const say = async (rounds: number): Promise<void> => {
    for (let round = 0; round < rounds; round += 1) {
      if (w.delivery.send(rig.id('e'), utf8(String(sent))).ok) sent += 1;
      await rig.run(100);
    }
  };
  await say(200);
  expect(before.got.length).toBeGreaterThan(100);
  rig.rig.node('e').endpoint.kill();
  rig.rig.node('e').clock.kill();
  rig.member('e', 'south', { bootEpoch: 2 });
  rig.rig.link('e', 'gs');
  const after = rig.correspondent('e', 2);
  await say(200);
  await rig.run(30_000);
  const got = [...before.got, ...after.got];
  expect(w.expired).toEqual([]);
  expect(w.delivered).toHaveLength(sent);
  expect(new Set(got).size).toBe(sent);
  // What came in the last moment and could not be acknowledged may have come twice: once to each start.
  expect(got.length - sent).toBeLessThanOrEqual(8);
  expect(after.got).toEqual(after.got.toSorted((x, y) => Number(x) - Number(y)));
  expect(rig.gateway('gw').gatewayFor(rig.id('e'))).toEqual(rig.id('gs'));
});
