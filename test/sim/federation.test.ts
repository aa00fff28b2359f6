// Gateways as a mesh: packets cross several meshes by the best way, several gateways of one mesh share its flows, and what
// one of them takes down with it comes all the same.

import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { FederationRig, type Correspondent } from '../suites/federation-rig.ts';
import { TEST_PROTOCOL } from '../suites/mesh-rig.ts';

/** west: w, gw; middle: gm, and a second way round it over gn and go; east: e, ge. */
async function chain(): Promise<FederationRig> {
  const rig = new FederationRig(3);
  rig.member('w', 'west');
  rig.member('e', 'east');
  for (const [name, mesh] of [
    ['gw', 'west'],
    ['gm', 'middle'],
    ['gn', 'north'],
    ['go', 'north'],
    ['ge', 'east'],
  ] as const) {
    rig.addGateway(name, mesh);
  }
  rig.rig.link('w', 'gw');
  rig.rig.link('ge', 'e');
  rig.bridge('gw', 'gm');
  rig.bridge('gm', 'ge');
  rig.bridge('gw', 'gn');
  rig.bridge('gn', 'go');
  rig.bridge('go', 'ge');
  await rig.until(() => rig.gateway('gw').reaches(rig.id('e')));
  await rig.until(() => rig.gateway('ge').reaches(rig.id('w')));
  await rig.run(2_000);
  return rig;
}

/** A member of each side talks to the other: rounds of one message each way, 20 ms apart. */
function conversation(rig: FederationRig): {
  readonly w: Correspondent;
  readonly e: Correspondent;
  readonly say: (rounds: number) => Promise<void>;
  /** Texts that each of them was sent. */
  readonly all: () => readonly string[];
} {
  const [w, e] = [rig.correspondent('w0'), rig.correspondent('e0')];
  let sent = 0;
  return {
    w,
    e,
    say: async (rounds) => {
      for (let round = 0; round < rounds; round += 1) {
        expect(w.delivery.send(rig.id('e0'), utf8(String(sent))).ok).toBe(true);
        expect(e.delivery.send(rig.id('w0'), utf8(String(sent))).ok).toBe(true);
        sent += 1;
        await rig.run(20);
      }
    },
    all: () => Array.from({ length: sent }, (_, i) => String(i)),
  };
}

function carried(rig: FederationRig, name: string): number {
  const { packetsIn, packetsOut } = rig.gateway(name).crossings();
  return packetsIn + packetsOut;
}

function busiest(rig: FederationRig): string {
  return ['gw0', 'gw1', 'gw2'].reduce((a, b) => (carried(rig, b) > carried(rig, a) ? b : a));
}

describe('several meshes in a row', () => {
  test('a message crosses a mesh of which neither end is a member, by the shorter way', async () => {
    const rig = await chain();
    rig.rig.node('w').mesh.send(rig.id('e'), TEST_PROTOCOL, utf8('far'));
    await rig.until(() => rig.rig.node('e').inbox.length === 1);
    const far = rig.gateway('gw').gateways();
    const east = far.find(({ meshName }) => meshName === 'east');
    expect(east).toMatchObject({ hops: 2, peers: 2, reachable: true });
    const passed = (name: string): number =>
      rig
        .gateway(name)
        .bridges()
        .reduce((sum, { crossings }) => sum + crossings.packetsIn, 0);
    expect(passed('gm')).toBeGreaterThan(0);
    expect(passed('gn')).toBe(0);
    // It only passed there: nothing crossed into that mesh.
    expect(rig.gateway('gm').crossings()).toMatchObject({ packetsIn: 0, packetsOut: 0 });
  });

  test('when the gateway in the middle dies without a word, the long way carries on, and nothing acknowledged is lost', async () => {
    const rig = await chain();
    const [w, e] = [rig.correspondent('w'), rig.correspondent('e')];
    let sent = 0;
    const say = (): void => {
      if (w.delivery.send(rig.id('e'), utf8(String(sent))).ok) sent += 1;
    };
    for (let i = 0; i < 50; i += 1) {
      say();
      await rig.run(20);
    }
    rig.powerOff('gm');
    for (let i = 0; i < 100; i += 1) {
      say();
      await rig.run(20);
    }
    await rig.run(10_000);
    expect(e.got).toEqual(Array.from({ length: sent }, (_, i) => String(i)));
    expect(w.expired).toEqual([]);
    expect(w.delivered).toHaveLength(sent);
    expect(
      rig
        .gateway('gw')
        .gateways()
        .find(({ meshName }) => meshName === 'east')?.hops,
    ).toBe(3);
  });
});

/** Three gateways in each of two meshes, every one bridged to each of the other mesh; the members are linked to all theirs. */
async function threeByThree(): Promise<FederationRig> {
  const rig = new FederationRig(5);
  for (let i = 0; i < 4; i += 1) {
    rig.member(`w${i}`, 'west');
    rig.member(`e${i}`, 'east');
  }
  for (let g = 0; g < 3; g += 1) {
    rig.addGateway(`gw${g}`, 'west');
    rig.addGateway(`ge${g}`, 'east');
    for (let i = 0; i < 4; i += 1) {
      rig.rig.link(`w${i}`, `gw${g}`);
      rig.rig.link(`e${i}`, `ge${g}`);
    }
  }
  for (let g = 0; g < 3; g += 1) for (let h = 0; h < 3; h += 1) rig.bridge(`gw${g}`, `ge${h}`);
  await rig.until(() => rig.gateway('gw0').reaches(rig.id('e3')));
  await rig.run(5_000);
  return rig;
}

describe('three gateways in each mesh', () => {
  test('share the flows at the far side', async () => {
    const rig = await threeByThree();
    for (let flow = 0; flow < 300; flow += 1) {
      const [from, to] = [flow % 4, (flow >> 2) % 4];
      rig.rig.node(`w${from}`).mesh.send(rig.id(`e${to}`), TEST_PROTOCOL, utf8(`${flow}`));
      await rig.run(10);
    }
    await rig.run(2_000);
    const arrived = [0, 1, 2, 3].reduce((sum, i) => sum + rig.rig.node(`e${i}`).inbox.length, 0);
    expect(arrived).toBe(300);
    for (let g = 0; g < 3; g += 1) {
      expect(rig.gateway(`ge${g}`).crossings().packetsIn).toBeGreaterThan(20);
    }
  });

  test('one that is to be upgraded drains first: it is left alone within two seconds, and its end costs nothing', async () => {
    const rig = await threeByThree();
    const { w, e, say, all } = conversation(rig);
    await say(50);
    const draining = busiest(rig);
    expect(carried(rig, draining)).toBeGreaterThan(20);
    rig.gateway(draining).drain();
    await say(100);
    const before = carried(rig, draining);
    await say(50);
    expect(carried(rig, draining)).toBe(before);
    void rig.gateway(draining).stop();
    rig.rig.node(draining).mesh.stop();
    await say(50);
    await rig.run(2_000);
    expect([w.got, e.got]).toEqual([all(), all()]);
  });

  test('one whose battery is low is left alone within two seconds, talks across for itself, and is used again when charged', async () => {
    const rig = await threeByThree();
    const { w, e, say, all } = conversation(rig);
    await say(50);
    const low = busiest(rig);
    rig.gateway(low).setPower({ energy: 0.1, relays: false });
    await say(100);
    const before = carried(rig, low);
    await say(50);
    expect(carried(rig, low)).toBe(before);
    // It has the energy to play on: what it sends and gets itself crosses by its own bridges.
    const own = rig.correspondent(low);
    expect(own.delivery.send(rig.id('e0'), utf8('from the low one')).ok).toBe(true);
    await rig.until(() => e.got.includes('from the low one'));
    expect(e.delivery.send(rig.id(low), utf8('to the low one')).ok).toBe(true);
    await rig.until(() => own.got.includes('to the low one'));
    // It is charged, and the others are about to go, which no battery changes: it carries again.
    for (const name of ['gw0', 'gw1', 'gw2']) {
      if (name !== low) rig.gateway(name).drain();
      rig.gateway(name).setPower({ energy: null, relays: true });
    }
    await say(100);
    const charged = carried(rig, low);
    await say(50);
    expect(carried(rig, low)).toBeGreaterThanOrEqual(charged + 100);
    const gateways = rig.rig
      .node('w0')
      .mesh.members()
      .filter(({ gateway }) => gateway);
    expect(gateways.map(({ peer }) => rig.rig.nameOf(peer))).toEqual([low]);
    await rig.run(2_000);
    expect(w.got).toEqual(all());
    expect(e.got.filter((text) => text !== 'from the low one')).toEqual(all());
  });

  test('a gateway between meshes whose battery is low passes nothing on where there is another way', async () => {
    const rig = await chain();
    const [w, e] = [rig.correspondent('w'), rig.correspondent('e')];
    const passed = (): number =>
      rig
        .gateway('gm')
        .bridges()
        .reduce((sum, { crossings }) => sum + crossings.packetsIn, 0);
    expect(w.delivery.send(rig.id('e'), utf8('one')).ok).toBe(true);
    await rig.until(() => e.got.length === 1);
    expect(passed()).toBeGreaterThan(0);
    rig.gateway('gm').setPower({ energy: 0.1, relays: false });
    await rig.run(2_000);
    const before = passed();
    expect(w.delivery.send(rig.id('e'), utf8('two')).ok).toBe(true);
    await rig.until(() => e.got.length === 2 && w.delivered.length === 2);
    expect(passed()).toBe(before);
  });

  test.each(['kill', 'powerOff'] as const)(
    'one that dies under load (%s): others carry within a second of its detection, nothing acknowledged is lost or comes twice',
    async (how) => {
      const rig = await threeByThree();
      const senders = [0, 1, 2, 3].map((i) => rig.correspondent(`w${i}`));
      const receivers = [0, 1, 2, 3].map((i) => rig.correspondent(`e${i}`));
      const sent = [0, 0, 0, 0];
      const say = async (rounds: number): Promise<void> => {
        for (let round = 0; round < rounds; round += 1) {
          for (const [i, sender] of senders.entries()) {
            const text = utf8(String(sent[i]));
            if (sender.delivery.send(rig.id(`e${i}`), text).ok) sent[i] = (sent[i] ?? 0) + 1;
          }
          await rig.run(20);
        }
      };
      await say(100);
      const diedAtMs = rig.nowMs;
      for (const name of ['gw1', 'ge2']) {
        if (how === 'kill') rig.rig.node(name).endpoint.kill();
        else rig.powerOff(name);
      }
      // What is sent from a second after the acknowledgement timeout on comes without being sent again.
      await say(100);
      const before = receivers.map(({ got }) => got.length);
      const waiting = senders.map((sender, i) => (sent[i] ?? 0) - sender.delivered.length);
      expect(rig.nowMs - diedAtMs).toBe(2_000);
      for (const count of waiting) expect(count).toBeLessThan(20);
      expect(Math.min(...before)).toBeGreaterThan(150);
      await rig.run(15_000);
      for (const [i, { got }] of receivers.entries()) {
        expect(got).toEqual(Array.from({ length: sent[i] ?? 0 }, (_, n) => String(n)));
      }
      for (const [i, { delivered, expired }] of senders.entries()) {
        expect(expired).toEqual([]);
        expect(delivered).toHaveLength(sent[i] ?? 0);
      }
    },
  );
});
