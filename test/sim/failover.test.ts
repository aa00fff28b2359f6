// Links that die without a word, flap, or are narrow: what the mesh of production code makes of it.

import { describe, expect, test } from 'vitest';
import { presets, type FailureTimings } from '../../src/resilience/presets.ts';
import { ok } from '../../src/core/errors.ts';
import { DENIED_HOLD_MS } from '../../src/routing/link-state-own.ts';
import { LAN_PROFILE } from '../../src/sim/path.ts';
import { FrameType } from '../../src/wire/frame.ts';
import { decodePacketHeader, detourCount } from '../../src/wire/packet.ts';
import { MeshRig, type NodeOptions } from '../suites/mesh-rig.ts';

type Fate = ReturnType<MeshRig['link']>;

interface Meshed {
  readonly rig: MeshRig;
  /** By the names of the ends, in both orders. */
  readonly fates: ReadonlyMap<string, Fate>;
}

function connect(
  links: readonly (readonly [string, string])[],
  options: (name: string) => NodeOptions = () => ({}),
): Meshed {
  const rig = new MeshRig();
  const fates = new Map<string, Fate>();
  for (const name of new Set(links.flat())) rig.add(name, options(name));
  for (const [a, b] of links) {
    const fate = rig.link(a, b);
    fates.set(`${a} ${b}`, fate).set(`${b} ${a}`, fate);
  }
  return { rig, fates };
}

function ring(size: number): (readonly [string, string])[] {
  return Array.from({ length: size }, (_, i) => [`n${i}`, `n${(i + 1) % size}`] as const);
}

function grid(side: number): (readonly [string, string])[] {
  const links: (readonly [string, string])[] = [];
  for (let x = 0; x < side; x += 1) {
    for (let y = 0; y < side; y += 1) {
      if (x + 1 < side) links.push([`g${x}-${y}`, `g${x + 1}-${y}`]);
      if (y + 1 < side) links.push([`g${x}-${y}`, `g${x}-${y + 1}`]);
    }
  }
  return links;
}

function isSuspect(rig: MeshRig, at: string, to: string): boolean {
  const neighbours = rig.node(at).mesh.neighbours();
  return neighbours.find(({ peer }) => rig.nameOf(peer) === to)?.suspect ?? true;
}

/** Sends a message each 20 ms while `during` lasts; the texts. */
async function stream(rig: MeshRig, from: string, to: string, count: number): Promise<string[]> {
  const texts: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const text = `${from} ${i}`;
    expect(rig.send(from, to, text)).toMatchObject({ ok: true });
    texts.push(text);
    await rig.run(20);
  }
  return texts;
}

/** Milliseconds until `at` suspects its link to `to`. */
async function suspicion(rig: MeshRig, at: string, to: string, limitMs: number): Promise<number> {
  const startMs = rig.world.clock.now();
  await rig.world.runUntil(() => isSuspect(rig, at, to), startMs + limitMs);
  return rig.world.clock.now() - startMs;
}

const TRIANGLE = [
  ['a', 'b'],
  ['b', 'c'],
  ['a', 'c'],
] as const;

function numbered(prefix: string, count: number, body = ''): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i} ${body}`);
}

function nameIn(text: string): string {
  return text.slice(0, text.indexOf(' '));
}

function inboxOf(rig: MeshRig, name: string): string[] {
  return rig.node(name).inbox.map(({ text }) => text);
}

describe('a link that carries packets and dies without a word', () => {
  test.each([
    ['ring', ring(6), 'n0', 'n2'],
    ['grid', grid(4), 'g0-0', 'g3-3'],
  ] as const)(
    'on a %s: found within a second, nothing lost, nothing twice',
    async (_, links, from, to) => {
      const { rig, fates } = connect(links);
      await rig.run(3_000);
      const before = await stream(rig, from, to, 25);
      const [first = '', second = ''] = rig.hops(from, to) ?? [];
      const fate = fates.get(`${first} ${second}`);
      if (fate === undefined) throw new Error('no such link');
      // In the middle of the way, so that a relay has to find out and to go round.
      fate.dead = true;
      const diedAtMs = rig.world.clock.now();
      let foundAfterMs: number | null = null;
      for (let i = 0; i < 100; i += 1) {
        rig.send(from, to, `later ${i}`);
        await rig.run(20);
        if (foundAfterMs === null && isSuspect(rig, first, second)) {
          foundAfterMs = rig.world.clock.now() - diedAtMs;
        }
      }
      await rig.run(5_000);
      expect(foundAfterMs).toBeLessThan(1_000);
      const inbox = rig.node(to).inbox.map(({ text }) => text);
      const later = Array.from({ length: 100 }, (_, i) => `later ${i}`);
      expect(inbox.toSorted()).toEqual([...before, ...later].toSorted());
      expect(rig.node(from).unreachable).toEqual([]);
    },
  );

  test.each(['default', 'lan', 'local', 'wan'] as const)(
    'is found within a second under the preset %s',
    async (name) => {
      const { rig, fates } = connect(ring(4), () => presets[name]);
      await rig.run(3_000);
      await stream(rig, 'n0', 'n1', 10);
      fates.get('n0 n1')!.dead = true;
      rig.send('n0', 'n1', 'into the void');
      expect(await suspicion(rig, 'n0', 'n1', 5_000)).toBeLessThan(1_000);
      await rig.run(1_000);
      expect(rig.node('n1').inbox.at(-1)).toEqual({ from: 'n0', text: 'into the void' });
    },
  );

  test('a neighbour before revision 2 is found in the same way', async () => {
    const { rig, fates } = connect(ring(4), (name) => (name === 'n1' ? { speaks: '1.1.0' } : {}));
    await rig.run(3_000);
    await stream(rig, 'n0', 'n1', 10);
    fates.get('n0 n1')!.dead = true;
    rig.send('n0', 'n1', 'round');
    expect(await suspicion(rig, 'n0', 'n1', 5_000)).toBeLessThan(1_000);
    await rig.run(1_000);
    expect(rig.node('n1').inbox.at(-1)).toEqual({ from: 'n0', text: 'round' });
  });

  test('where it is the only way packets wait, and arrive if it comes back', async () => {
    const { rig } = connect([
      ['a', 'b'],
      ['b', 'c'],
    ]);
    await rig.run(3_000);
    await stream(rig, 'a', 'c', 10);
    rig.network.cut('b', 'c');
    rig.send('a', 'c', 'patience');
    expect(await suspicion(rig, 'b', 'c', 5_000)).toBeLessThan(1_000);
    rig.send('a', 'c', 'more patience');
    await rig.run(1_000);
    rig.network.heal('b', 'c');
    await rig.run(2_000);
    expect(
      rig
        .node('c')
        .inbox.slice(-2)
        .map(({ text }) => text),
    ).toEqual(['patience', 'more patience']);
    expect(isSuspect(rig, 'b', 'c')).toBe(false);
  });
});

describe('packets of a link that is no way any more', () => {
  test('a node whose only link is suspect still sends over it', async () => {
    const { rig } = connect([['a', 'b']]);
    await rig.run(3_000);
    const sent = await stream(rig, 'a', 'b', 5);
    rig.network.cut('a', 'b');
    sent.push(...(await stream(rig, 'a', 'b', 1)));
    expect(await suspicion(rig, 'a', 'b', 5_000)).toBeLessThan(1_000);
    sent.push(...(await stream(rig, 'a', 'b', 3)));
    expect(isSuspect(rig, 'a', 'b')).toBe(true);
    rig.network.heal('a', 'b');
    await rig.run(3_000);
    expect(inboxOf(rig, 'b')).toEqual(sent);
  });

  test('two that dial each other while data flow lose nothing', async () => {
    const { rig } = connect([['a', 'b']]);
    await rig.run(1_000);
    await stream(rig, 'a', 'b', 1);
    const body = 'x'.repeat(2_000);
    const accepted = numbered('m', 100, body).filter((text) => rig.send('a', 'b', text).ok);
    // The second link takes the place of the first one; what is refused meanwhile, its sender knows.
    rig.link('b', 'a');
    for (const text of numbered('n', 100, body)) {
      if (rig.send('a', 'b', text).ok) accepted.push(text);
      await rig.run(1);
    }
    await rig.run(3_000);
    expect(rig.node('a').mesh.neighbours()).toHaveLength(1);
    expect(accepted.length).toBeGreaterThan(150);
    const got = inboxOf(rig, 'b').slice(1);
    expect(got.map(nameIn).toSorted()).toEqual(accepted.map(nameIn).toSorted());
  });

  test('a detour without room leaves them, or their source is told', async () => {
    const { rig, fates } = connect(TRIANGLE, () => ({ link: { queueBytesMax: 64 * 1024 } }));
    rig.network.profile('a', 'b', { ...LAN_PROFILE, bytesPerSecond: 300_000 });
    await rig.run(3_000);
    for (const to of ['b', 'c']) await stream(rig, 'a', to, 1);
    await rig.run(500);
    fates.get('a c')!.dead = true;
    // What does not compress, so that two queues fill.
    const noise = new Uint8Array(24_000);
    rig.world.rng('noise').fill(noise);
    const body = Array.from(noise, (byte) => byte.toString(16).padStart(2, '0')).join('');
    const accepted = numbered('c', 110, body).filter((text) => rig.send('a', 'c', text).ok);
    for (const text of numbered('b', 100, body)) rig.send('a', 'b', text);
    await rig.run(30_000);
    const { dropped } = rig.node('a').mesh.counters().total;
    expect([...dropped.keys()]).toContain('MESH_QUEUE_FULL');
    const got = inboxOf(rig, 'c').length - 1;
    expect(got + rig.node('a').unreachable.length).toBe(accepted.length);
  });

  test('one that meets a closed transport is handed over', async () => {
    const rig = new MeshRig();
    for (const name of ['a', 'b', 'c']) rig.add(name);
    rig.link('a', 'b');
    rig.link('b', 'c');
    const [dialer, listener] = rig.network.pair('a', 'c');
    rig.node('a').mesh.addLink(dialer);
    rig.node('c').mesh.addLink(listener);
    await rig.run(3_000);
    await stream(rig, 'a', 'c', 1);
    // The transport ends by itself and tells the mesh a moment later.
    dialer.close();
    const sent = numbered('m', 20);
    for (const text of sent) expect(rig.send('a', 'c', text)).toMatchObject({ ok: true });
    await rig.run(3_000);
    expect(inboxOf(rig, 'c').slice(1).toSorted()).toEqual(sent.toSorted());
  });
});

describe('more than one failure', () => {
  test('two links of one way die at once: the second detour avoids the first, and nothing is lost', async () => {
    const { rig, fates } = connect(grid(4));
    await rig.run(3_000);
    await stream(rig, 'g0-0', 'g3-3', 10);
    const hops = rig.hops('g0-0', 'g3-3') ?? [];
    for (const i of [0, 2]) fates.get(`${hops[i]} ${hops[i + 1]}`)!.dead = true;
    const texts = await stream(rig, 'g0-0', 'g3-3', 100);
    await rig.run(5_000);
    const inbox = rig
      .node('g3-3')
      .inbox.slice(10)
      .map(({ text }) => text);
    expect(inbox.toSorted()).toEqual(texts.toSorted());
  });

  test('a relay loses its power: what it had taken is lost, nothing else', async () => {
    const { rig } = connect(grid(4));
    await rig.run(3_000);
    await stream(rig, 'g0-0', 'g3-3', 10);
    const [, relay = ''] = rig.hops('g0-0', 'g3-3') ?? [];
    const startMs = rig.world.clock.now();
    rig.node(relay).endpoint.powerOff();
    rig.node(relay).clock.kill();
    await stream(rig, 'g0-0', 'g3-3', 100);
    await rig.run(5_000);
    expect(rig.node('g3-3').inbox).toHaveLength(110);
    expect(rig.hops('g0-0', 'g3-3')).toHaveLength(6);
    expect(rig.hops('g0-0', 'g3-3')).not.toContain(relay);
    expect(rig.world.clock.now() - startMs).toBeLessThan(10_000);
  });

  test('a packet for another mesh goes round on its way to the gateway', async () => {
    const { rig, fates } = connect(
      [
        ['a', 'b'],
        ['b', 'g'],
        ['b', 'm'],
        ['m', 'g'],
      ],
      (name) => ({ gateway: name === 'g' }),
    );
    const crossed: string[] = [];
    rig.add('far');
    rig.node('g').mesh.setBridge({
      reaches: (destination) => rig.nameOf(destination) === 'far',
      forward: (packet) => {
        const header = decodePacketHeader(packet);
        if (!header.ok) return header;
        crossed.push(`${header.value.type} ${detourCount(header.value.flags)}`);
        return ok(undefined);
      },
    });
    await rig.run(3_000);
    fates.get('b g')!.dead = true;
    // A handshake that nobody answers, repeated after a second.
    rig.send('a', 'far', 'across');
    await rig.run(1_000);
    expect(crossed).toEqual(['2 1']);
  });
});

describe('an idle link', () => {
  const cases: readonly (readonly [string, FailureTimings])[] = [
    ['lan', presets.lan],
    ['default', presets.default],
  ];
  test.each(cases)(
    'that dies is found by the heartbeats of the preset %s, at both ends',
    async (_, timings) => {
      const { rig, fates } = connect(ring(4), () => timings);
      await rig.run(3 * timings.heartbeatMs);
      fates.get('n0 n1')!.dead = true;
      // The dialer pings; the listener waits for a quarter longer.
      expect(await suspicion(rig, 'n0', 'n1', 60_000)).toBeLessThan(
        timings.heartbeatMs + 2 * timings.ackTimeoutMsMax + 100,
      );
      await suspicion(rig, 'n1', 'n0', 0.25 * timings.heartbeatMs + 100);
      await rig.run(500);
      expect(rig.hops('n0', 'n1')).toEqual(['n3', 'n2', 'n1']);
      await rig.run(timings.failureTimeoutMs);
      expect(rig.node('n0').mesh.neighbours()).toHaveLength(1);
    },
  );

  test.each([
    ['lan', presets.lan],
    ['default', presets.default],
  ] as const)('costs one ping and one pong in a heartbeat of the preset %s', async (_, timings) => {
    const { rig } = connect(ring(4), () => timings);
    await rig.run(3 * timings.heartbeatMs);
    const frames: number[] = [];
    rig.tap = (_, __, frame) => void frames.push(frame[0] ?? 0);
    await rig.run(10 * timings.heartbeatMs);
    expect(new Set(frames)).toEqual(new Set([FrameType.ping, FrameType.pong]));
    expect(frames.length / 4 / 10).toBeGreaterThan(1.8);
    expect(frames.length / 4 / 10).toBeLessThanOrEqual(2);
    // The listener knows the round trip that the dialer measured.
    for (const node of rig.nodes.values()) {
      for (const { roundTripMs } of node.mesh.neighbours()) expect(roundTripMs).toBeCloseTo(2, 1);
    }
  });
});

test('of the two ends of a dead link the second keeps its news for company', async () => {
  const { rig, fates } = connect(ring(4), () => presets.default);
  await rig.run(25_000);
  const told = (): number[] =>
    ['n0', 'n1'].map((name) => rig.node(name).mesh.counters().linkState.originated);
  const before = told();
  fates.get('n0 n1')!.dead = true;
  for (const [at, to] of [
    ['n0', 'n1'],
    ['n1', 'n0'],
  ] as const) {
    await suspicion(rig, at, to, 20_000);
  }
  await rig.run(2_000);
  const changes = (): number[] => told().map((count, i) => count - (before[i] ?? 0));
  expect(changes().toSorted((a, b) => a - b)).toEqual([0, 1]);
  for (const name of ['n0', 'n1', 'n2', 'n3']) {
    const [from, to] = ['n0', 'n1'].map((end) => rig.hops(name, end)?.length ?? 0);
    expect((from ?? 0) + (to ?? 0)).toBe(3);
  }
  await rig.run(DENIED_HOLD_MS);
  expect(changes()).toEqual([1, 1]);
});

describe('a link that flaps', () => {
  test('is left out longer each time', async () => {
    const { rig } = connect(ring(4));
    const outMs: number[] = [];
    let sinceMs: number | null = null;
    rig.node('n0').mesh.onLink((event) => {
      if (event.kind === 'suspect') sinceMs = rig.world.clock.now();
      if (event.kind !== 'recovered' || sinceMs === null) return;
      outMs.push(rig.world.clock.now() - sinceMs);
    });
    await rig.run(3_000);
    for (let flap = 0; flap < 12; flap += 1) {
      rig.network.cut('n0', 'n1');
      await rig.run(2_500);
      rig.network.heal('n0', 'n1');
      await rig.run(2_000);
    }
    const originated = rig.node('n0').mesh.counters().linkState.originated;
    await rig.run(40_000);
    expect(rig.hops('n0', 'n1')).toEqual(['n1']);
    expect(rig.node('n0').mesh.neighbours()).toHaveLength(2);
    // Twelve times it worked for a moment; the mesh heard of a few of them.
    expect(outMs.length).toBeLessThan(8);
    expect(Math.max(...outMs)).toBeGreaterThan(5_000);
    expect(originated).toBeLessThan(20);
  });
});

describe('a node that moves', () => {
  test('notices at once which links it left behind, and tells all of it in one record', async () => {
    // The default preset: an idle link is asked every ten seconds.
    const { rig, fates } = connect(
      [...ring(8), ['m', 'n0'], ['m', 'n1'], ['m', 'n2']],
      () => presets.default,
    );
    await rig.run(40_000);
    const told = (): number => rig.node('m').mesh.counters().linkState.originated;
    const before = told();
    for (const name of ['n0', 'n1']) fates.get(`m ${name}`)!.dead = true;
    rig.link('m', 'n5');
    rig.link('m', 'n6');
    await rig.run(900);
    expect(isSuspect(rig, 'm', 'n0')).toBe(true);
    expect(isSuspect(rig, 'm', 'n1')).toBe(true);
    expect(isSuspect(rig, 'm', 'n2')).toBe(false);
    await rig.run(1_100);
    expect(told()).toBe(before + 1);
    expect(rig.hops('n4', 'm')).toEqual(['n5', 'm']);
  });

  test('links that nothing happens on are not asked before their heartbeat', async () => {
    const { rig, fates } = connect(ring(6), () => presets.default);
    await rig.run(40_000);
    fates.get('n0 n1')!.dead = true;
    await rig.run(500);
    expect(isSuspect(rig, 'n0', 'n1')).toBe(false);
  });
});
