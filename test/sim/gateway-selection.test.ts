// Several gateways of one mesh, production code in virtual time: how they share the load, and where traffic goes when one
// of them gets slow, loses packets, is overloaded, lies, swallows packets or dies.

import { describe, expect, test } from 'vitest';
import type { Assessment } from '../../src/gateway/selection/select-best.ts';
import type { KnownGateway } from '../../src/gateway/selection/gateway-view.ts';
import { byteKey } from '../../src/routing/byte-key.ts';
import { LAN_PROFILE } from '../../src/sim/path.ts';
import { FAR, HUB, SelectionRig, type SelectionRigOptions } from '../suites/selection-rig.ts';

/** Gateways are measured, and destinations placed. */
async function settled(options: Partial<SelectionRigOptions> = {}): Promise<SelectionRig> {
  const rig = new SelectionRig({ players: 5, gateways: 3, farPeers: 3, ...options });
  await rig.rig.run(3_000);
  await rig.traffic(6_000, 500);
  return rig;
}

/** The share of a gateway in the traffic of the next `forMs`. */
async function shareOf(rig: SelectionRig, gateway: string, forMs = 6_000): Promise<number> {
  const before = rig.carried();
  await rig.traffic(forMs, 500);
  return rig.shares(before).get(gateway) ?? 0;
}

function assessed(rig: SelectionRig, player: string, gateway: string): Assessment {
  const key = byteKey(rig.id(gateway));
  const found = rig
    .selection(player)
    .selectBest()
    .assessments.find((one) => one.key === key);
  if (found === undefined) throw new Error(`${player} does not know ${gateway}`);
  return found;
}

function known(rig: SelectionRig, player: string, gateway: string): KnownGateway | undefined {
  const key = byteKey(rig.id(gateway));
  return rig
    .selection(player)
    .discover()
    .find(({ found }) => byteKey(found.gateway) === key);
}

describe('gateways that are alike', () => {
  test('share the load, and nobody moves', async () => {
    const rig = await settled({ players: 10, farPeers: 4 });
    const [before, moves] = [rig.carried(), rig.moves()];
    await rig.traffic(10_000, 500);
    // Of 40 pairs 13 each are expected; three standard deviations are 9.
    for (const share of rig.shares(before).values()) {
      expect(share).toBeGreaterThan(0.1);
      expect(share).toBeLessThan(0.56);
    }
    expect(rig.moves()).toBe(moves);
  });

  test('keep their destinations though probes take now more and now less time', async () => {
    const rig = await settled();
    for (const name of rig.gateways) {
      rig.rig.network.profile(HUB, name, { ...LAN_PROFILE, latencyMs: 5, jitterMs: 20 });
    }
    const moves = rig.moves();
    await rig.traffic(60_000, 1_000);
    expect(rig.moves()).toBe(moves);
  });
});

test('a gateway that can carry four times as much gets the larger share', async () => {
  const rig = new SelectionRig({ players: 12, gateways: 3, farPeers: 4 });
  rig.capacities.set('g1', 4_000_000).set('g2', 1_000_000).set('g3', 1_000_000);
  await rig.rig.run(3_000);
  await rig.traffic(4_000, 500);
  // Two thirds of 48 pairs are expected; three standard deviations are 10.
  const share = await shareOf(rig, 'g1', 3_000);
  expect(share).toBeGreaterThan(0.46);
  expect(share).toBeLessThan(0.88);
});

test('a gateway that comes takes what the others have too much of', async () => {
  const rig = await settled({ players: 10, gateways: 2 });
  const rate = 100_000;
  rig.capacities.set('g1', rate).set('g2', rate);
  await rig.traffic(5_000, 500);
  const loads = (): readonly number[] =>
    rig.gateways.map((name) => rig.claims.get(name)?.now().load ?? 0);
  const sum = loads().reduce((total, load) => total + load, 0);
  // Two have a little less room than is needed, three have enough.
  const capacity = (sum * rate) / 2 / 0.95;
  for (const name of ['g1', 'g2', 'g3']) rig.capacities.set(name, capacity);
  await rig.traffic(5_000, 500);
  expect(Math.max(...loads())).toBeGreaterThan(0.85);
  rig.addGateway('g3');
  await rig.traffic(60_000, 500);
  expect(rig.placed().get('g3')).toBeGreaterThan(0);
  expect(Math.max(...loads())).toBeLessThan(0.85);
  const moves = rig.moves();
  await rig.traffic(20_000, 500);
  expect(rig.moves()).toBe(moves);
});

describe('a gateway that', () => {
  test('gets slow: traffic moves to the others and stays there', async () => {
    const rig = await settled({ criteria: { preference: 'LowestLatency' } });
    expect(await shareOf(rig, 'g1', 3_000)).toBeGreaterThan(0);
    rig.rig.network.profile(HUB, 'g1', { ...LAN_PROFILE, latencyMs: 150 });
    await rig.traffic(45_000, 1_000);
    const moves = rig.moves();
    expect(moves).toBeGreaterThan(0);
    expect(rig.placed().get('g1')).toBe(0);
    await rig.traffic(20_000, 1_000);
    expect(rig.moves()).toBe(moves);
  });

  test('loses packets: traffic moves to the others', async () => {
    const rig = await settled();
    rig.swallowed.set('g1', 0.3);
    await rig.traffic(50_000, 500);
    expect(rig.placed().get('g1')).toBe(0);
    expect(assessed(rig, 'p1', 'g2').obstacles).toEqual([]);
  });

  test('answers probes and swallows everything else: comparison convicts it', async () => {
    const rig = await settled();
    const held = rig.placed().get('g1') ?? 0;
    expect(held).toBeGreaterThan(0);
    rig.swallowed.set('g1', 1);
    await rig.traffic(20_000, 500);
    expect(rig.placed().get('g1')).toBe(0);
    expect(rig.events).toContainEqual(expect.objectContaining({ gateway: 'g1', why: 'swallows' }));
    expect(rig.events.filter(({ gateway }) => gateway !== 'g1')).toEqual([]);
    const [moves, ejections] = ['moves', 'ejections'].map((what) =>
      rig.metrics.read(`bitcraps_selection_${what}_total`),
    );
    expect(moves).toBe(rig.selection('p1').selectBest().moves);
    expect(ejections).toBe(rig.events.filter(({ player }) => player === 'p1').length);
    // Read again they are the same.
    expect(rig.metrics.read('bitcraps_selection_moves_total')).toBe(moves);
    expect(rig.metrics.read('bitcraps_selection_probes_total')).toBe(rig.selection('p1').probes);
  });

  test('swallows everything from the start: handshakes that do not come through go another way', async () => {
    const rig = new SelectionRig({ players: 3, gateways: 2, farPeers: 3 });
    rig.swallowed.set('g1', 1);
    await rig.rig.run(3_000);
    // Measured before the first message, so that destinations are placed, and not with the nearest.
    for (const player of rig.players) rig.selection(player).discover();
    await rig.rig.run(3_000);
    await rig.traffic(1_000, 500);
    expect(rig.placed().get('g1')).toBeGreaterThan(0);
    await rig.traffic(60_000, 1_000);
    expect(rig.placed().get('g1')).toBe(0);
    const marker = rig.marker();
    await rig.traffic(1, 1_000);
    expect(rig.receivedSince(marker)).toBe(9);
  });

  test('is overloaded and says so: some destinations leave, and the others stay', async () => {
    const rig = await settled({ players: 10 });
    const held = rig.placed().get('g1') ?? 0;
    await rig.traffic(10_000, 500);
    const load = (): number => rig.claims.get('g1')?.now().load ?? 0;
    const rate = 100_000;
    rig.capacities.set('g1', rate).set('g2', rate).set('g3', rate);
    await rig.traffic(3_000, 500);
    // As much as makes the present rate a load of 1.1.
    rig.capacities.set('g1', (load() * rate) / 1.1);
    await rig.traffic(60_000, 500);
    const [left, moves] = [rig.placed().get('g1') ?? 0, rig.moves()];
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(held);
    expect(load()).toBeLessThan(0.9);
    await rig.traffic(20_000, 500);
    expect(rig.moves()).toBe(moves);
  });

  test('is overloaded and denies it: the measured load counts, and it loses trust', async () => {
    const rig = await settled({
      players: 10,
      lies: (name, claims) => (name === 'g1' ? { ...claims, load: 0.01 } : claims),
    });
    rig.rig.network.profile(HUB, 'g1', { ...LAN_PROFILE, bytesPerSecond: 6_000 });
    await rig.traffic(40_000, 500);
    const doubted = rig.players.filter((player) => {
      const gateway = known(rig, player, 'g1');
      return (gateway?.contradictions.load ?? 0) > 0 && (gateway?.trust ?? 1) < 1;
    });
    expect(doubted.length).toBeGreaterThan(0);
    expect(known(rig, 'p1', 'g2')?.contradictions).toEqual({ load: 0, uptime: 0, capacity: 0 });
    expect(await shareOf(rig, 'g1')).toBeLessThan(0.1);
  });

  test('is about to stop gets nothing new, and what it has leaves it in time', async () => {
    const rig = await settled();
    const held = rig.placed().get('g1') ?? 0;
    expect(held).toBeGreaterThan(0);
    rig.draining.add('g1');
    await rig.traffic(4_000, 500);
    expect(rig.placed().get('g1')).toBe(held);
    await rig.traffic(25_000, 500);
    expect(rig.placed().get('g1')).toBe(0);
    expect(rig.bridge('g1').drops()).toEqual({});
  });

  test('is a neighbour and falls silent: from its suspicion on every message takes another one', async () => {
    const rig = await settled({ direct: true, players: 1, gateways: 2, farPeers: 8 });
    const held = rig.farPeers.filter((peer) => rig.gatewayOf('p1', peer) === 'g1');
    expect(held.length).toBeGreaterThan(0);
    let isSuspected = false;
    rig.rig.node('p1').mesh.onLink((event) => {
      isSuspected ||= rig.rig.nameOf(event.peer) === 'g1' && event.kind !== 'established';
    });
    for (const other of [...rig.players, FAR]) rig.rig.network.cut('g1', other);
    while (!isSuspected) await rig.traffic(5, 5);
    for (const peer of rig.farPeers) expect(rig.gatewayOf('p1', peer)).toBe('g2');
    const marker = rig.marker();
    for (const peer of rig.farPeers) rig.send('p1', peer);
    await rig.rig.run(1_000);
    expect(rig.receivedSince(marker)).toBe(rig.farPeers.length);
  });

  test('falls silent: once its neighbour suspects it every message takes another one', async () => {
    const rig = await settled();
    // To the hub g1 is the nearest, which is where it would send what it cannot send to g1.
    for (const name of ['g2', 'g3'])
      rig.rig.network.profile(HUB, name, { ...LAN_PROFILE, latencyMs: 8 });
    await rig.traffic(10_000, 500);
    expect(rig.placed().get('g1')).toBeGreaterThan(0);
    let detectedAtMs = Infinity;
    rig.rig.node(HUB).mesh.onLink((event) => {
      if (rig.rig.nameOf(event.peer) === 'g1')
        detectedAtMs = Math.min(detectedAtMs, rig.clock.now());
    });
    rig.rig.network.cut(HUB, 'g1');
    rig.rig.network.cut('g1', FAR);
    while (detectedAtMs === Infinity) await rig.traffic(50, 50);
    // What was sent before may be late; what is sent from now on is there within a second.
    const pairs = rig.players.length * rig.farPeers.length;
    for (let round = 0; round < 5; round += 1) {
      const marker = rig.marker();
      await rig.traffic(1, 1_000);
      expect(rig.receivedSince(marker)).toBe(pairs);
    }
    await rig.rig.run(10_000);
    expect(rig.placed().get('g1')).toBe(0);
  });
});
