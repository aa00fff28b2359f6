// The mesh of production code on the simulated network.

import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../src/core/bytes.ts';
import { fail, ok } from '../../src/core/errors.ts';
import { randomBytes } from '../../src/crypto/random-bytes.ts';
import type { Bridge } from '../../src/mesh/mesh.ts';
import { DIALLED_RESERVED, LINKS_MAX } from '../../src/mesh/mesh-links.ts';
import { HANDSHAKE_TIMEOUT_MS, openNeighbour } from '../../src/mesh/neighbour.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { LocalHealth } from '../../src/resilience/detector/local-health.ts';
import { PhiDetectors } from '../../src/resilience/detector/phi-accrual.ts';
import { presets } from '../../src/resilience/presets.ts';
import { helloFor } from '../../src/versioning/hello.ts';
import { CURRENT } from '../../src/versioning/protocol-version.ts';
import { FrameType } from '../../src/wire/frame.ts';
import { decodePacketHeader, encodePacket, PacketType } from '../../src/wire/packet.ts';
import { encodePorts } from '../../src/wire/ports.ts';
import { MeshRig, silentLogger, testIdentity, type RigNode } from '../suites/mesh-rig.ts';

const SIX = ['a', 'b', 'c', 'd', 'e', 'f'];

function reachable(node: RigNode): number {
  return node.mesh.members().filter((member) => member.reachable).length;
}

function includes(haystack: Uint8Array, needle: Uint8Array): boolean {
  return toHex(haystack).includes(toHex(needle));
}

async function hashOf(seed: number): Promise<string> {
  const rig = new MeshRig(seed);
  rig.line(SIX);
  await rig.run(3_000);
  for (let i = 0; i < 10; i += 1) rig.send('a', 'f', `${i}`);
  await rig.run(5_000);
  expect(rig.node('f').inbox).toHaveLength(10);
  return toHex(rig.world.logHash());
}

/** The way past a slow direct link, where there is another. */
async function routeOf(speaks: string): Promise<readonly string[] | null> {
  const rig = new MeshRig();
  rig.line(['a', 'b', 'c'], () => ({ speaks }));
  rig.link('a', 'c');
  const slow = { latencyMs: 200, jitterMs: 0, loss: 0, duplication: 0, reordering: 0 };
  rig.network.profile('a', 'c', { ...slow, bytesPerSecond: Infinity });
  await rig.run(30_000);
  return rig.hops('a', 'c');
}

/** Hands packets from one gateway to the other, as the gateway room does over a bridge link. */
function bridges(rig: MeshRig, one: string, other: string): void {
  const bridge = (to: string, members: readonly string[]): Bridge => ({
    reaches: (destination) => members.includes(rig.nameOf(destination)),
    forward: (packet) => {
      const header = decodePacketHeader(packet);
      if (!header.ok) return header;
      const name = rig.nameOf(header.value.destination);
      if (!members.includes(name)) return fail('GATEWAY_PEER_UNKNOWN', { peer: name });
      const copy = packet.slice();
      rig.world.clock.after(20, () => void rig.node(to).mesh.inject(copy));
      return ok(undefined);
    },
  });
  rig.node(one).mesh.setBridge(bridge(other, ['g2', 'x', 'y']));
  rig.node(other).mesh.setBridge(bridge(one, ['a', 'b', 'g1']));
}

/** A node that completes its handshake with `a` and then sends what it likes. */
function hostile(
  rig: MeshRig,
  name = 'mallory',
): {
  send: (type: 6 | 7 | 8 | 9, payload: Uint8Array) => void;
  closed: string[];
} {
  const identity = testIdentity(name);
  const clock = rig.world.clockFor(name);
  rig.network.endpoint(identity.publicKey, name);
  const [mine, theirs] = rig.network.pair(name, 'a');
  const closed: string[] = [];
  const neighbour = openNeighbour(mine, {
    primitives,
    identity,
    clock,
    logger: silentLogger,
    proofBits: 0,
    ...presets.lan,
    detectors: new PhiDetectors({ ...presets.lan, phiThreshold: 8 }),
    localHealth: new LocalHealth(),
    hello: helloFor(
      CURRENT,
      {
        networkId: 'test',
        meshName: 'home',
        rulesHash: new Uint8Array(32),
        purpose: 'mesh',
        gateway: false,
        frameBytesMax: mine.frameBytesMax,
        proof: new Uint8Array(8),
      },
      rig.world.rng(name),
    ),
    handlers: {
      established: () => {},
      frame: () => {},
      closed: ({ code }) => void closed.push(code ?? ''),
    },
  });
  rig.node('a').mesh.addLink(theirs);
  return { send: (type, payload) => void neighbour.send(type, payload), closed };
}

/** Links that `name` opened to `to` and then says nothing on. */
function silent(rig: MeshRig, name: string, to: string, links = 1): void {
  rig.network.endpoint(testIdentity(name).publicKey, name);
  for (let i = 0; i < links; i += 1) {
    const [mine, theirs] = rig.network.pair(name, to);
    mine.attach({ frame: () => {}, drain: () => {}, close: () => {} });
    rig.node(to).mesh.addLink(theirs);
  }
}

async function twoMeshes(): Promise<MeshRig> {
  const rig = new MeshRig();
  rig.line(['a', 'b', 'g1'], (name) => ({ gateway: name === 'g1' }));
  rig.line(['g2', 'x', 'y'], (name) => ({ gateway: name === 'g2', meshName: 'away' }));
  bridges(rig, 'g1', 'g2');
  await rig.run(2_000);
  return rig;
}

describe('a line of six', () => {
  test('everybody knows everybody, and a message crosses it once', async () => {
    const rig = new MeshRig();
    rig.line(SIX);
    await rig.run(2_000);
    for (const name of SIX) expect(reachable(rig.node(name))).toBe(6);
    expect(rig.hops('a', 'f')).toEqual(['b', 'c', 'd', 'e', 'f']);
    expect(rig.send('a', 'f', 'hello')).toMatchObject({ ok: true });
    await rig.run(2_000);
    expect(rig.node('f').inbox).toEqual([{ from: 'a', text: 'hello' }]);
    expect(rig.send('f', 'a', 'back')).toMatchObject({ ok: true });
    await rig.run(2_000);
    expect(rig.node('a').inbox).toEqual([{ from: 'f', text: 'back' }]);
    expect(rig.node('c').mesh.counters().total).toMatchObject({ delivered: 0 });
    expect(rig.node('c').mesh.counters().total.forwarded).toBeGreaterThan(3);
    expect(rig.node('c').inbox).toEqual([]);
  });

  test('no relay sees plaintext, short or compressed', async () => {
    const rig = new MeshRig();
    rig.line(SIX);
    const seen: Uint8Array[] = [];
    rig.tap = (_, __, frame) => void seen.push(frame.slice());
    await rig.run(2_000);
    const secret = 'four the hard way';
    rig.send('a', 'f', secret);
    rig.send('a', 'f', secret.repeat(100));
    await rig.run(2_000);
    expect(rig.node('f').inbox.map(({ text }) => text)).toEqual([secret, secret.repeat(100)]);
    expect(seen.length).toBeGreaterThan(20);
    expect(seen.filter((frame) => includes(frame, utf8(secret)))).toEqual([]);
    expect(seen.filter((frame) => includes(frame, utf8('four the')))).toEqual([]);
    // Zstandard made the long one shorter than its text.
    const longest = Math.max(...seen.map((frame) => frame.length));
    expect(longest).toBeLessThan(1000);
  });

  test('loss and jitter delay messages; none is lost on streams, none comes twice', async () => {
    const rig = new MeshRig(5);
    rig.line(SIX);
    SIX.forEach((name, i) => {
      const next = SIX[i + 1];
      const profile = { latencyMs: 10, jitterMs: 30, loss: 0.05, duplication: 0, reordering: 0 };
      if (next !== undefined) rig.network.profile(name, next, { ...profile, bytesPerSecond: 1e6 });
    });
    await rig.run(10_000);
    for (let i = 0; i < 50; i += 1) {
      rig.send('a', 'f', `${i}`);
      rig.send('f', 'a', `${i}`);
      await rig.run(50);
    }
    await rig.run(30_000);
    const all = Array.from({ length: 50 }, (_, i) => `${i}`).sort();
    expect(
      rig
        .node('f')
        .inbox.map(({ text }) => text)
        .sort(),
    ).toEqual(all);
    expect(
      rig
        .node('a')
        .inbox.map(({ text }) => text)
        .sort(),
    ).toEqual(all);
  });

  test('a seed gives one run, another seed another', async () => {
    const first = await hashOf(1);
    expect(await hashOf(1)).toBe(first);
    expect(await hashOf(2)).not.toBe(first);
  });
});

describe('failures', () => {
  test('a ring with a cut goes the other way', async () => {
    const rig = new MeshRig();
    rig.line(['a', 'b', 'c', 'd', 'e']);
    rig.link('e', 'a');
    await rig.run(2_000);
    expect(rig.hops('a', 'c')).toEqual(['b', 'c']);
    const portTo = (name: string): number | undefined =>
      rig.node('a').mesh.route(testIdentity(name).publicKey)?.hops[0]?.port;
    const [toB, toE] = [portTo('b'), portTo('e')];
    rig.network.cut('a', 'b');
    await rig.run(presets.lan.failureTimeoutMs + 1_000);
    for (const name of ['a', 'b', 'c', 'd', 'e']) expect(reachable(rig.node(name))).toBe(5);
    expect(rig.hops('a', 'c')).toEqual(['e', 'd', 'c']);
    rig.send('a', 'b', 'the long way');
    await rig.run(2_000);
    expect(rig.node('b').inbox).toEqual([{ from: 'a', text: 'the long way' }]);
    const [closed] = rig.node('a').mesh.neighbours();
    expect(closed?.port).toBe(toE);
    rig.network.heal('a', 'b');
    rig.link('a', 'b');
    await rig.run(2_000);
    expect(rig.hops('a', 'b')).toEqual(['b']);
    // The old port has rested for it.
    expect(portTo('b')).toBe(toB);
  });

  test('a packet that meets a dead link is reported to its source', async () => {
    const rig = new MeshRig();
    rig.line(['a', 'b', 'c', 'd']);
    await rig.run(2_000);
    rig.send('a', 'd', 'first');
    await rig.run(1_000);
    rig.node('d').endpoint.kill();
    await rig.run(2);
    // c knows by now; a does not.
    expect(rig.hops('a', 'd')).toEqual(['b', 'c', 'd']);
    rig.send('a', 'd', 'lost');
    await rig.run(1_000);
    expect(rig.node('a').unreachable).toEqual([{ destination: 'd', code: 'ROUTING_PORT_UNKNOWN' }]);
    expect(rig.send('a', 'd', 'none')).toMatchObject({ error: { code: 'MESH_NO_ROUTE' } });
  });

  test.each([2, 1])(
    'a relay restarts with boot epoch %i and is believed again',
    async (bootEpoch) => {
      const rig = new MeshRig();
      rig.line(['a', 'b', 'c']);
      await rig.run(2_000);
      rig.send('a', 'b', 'before');
      rig.send('a', 'c', 'before');
      await rig.run(1_000);
      rig.node('b').endpoint.kill();
      rig.node('b').clock.kill();
      await rig.run(1_000);
      expect(rig.send('a', 'c', 'cut off')).toMatchObject({ error: { code: 'MESH_NO_ROUTE' } });
      rig.add('b', { bootEpoch });
      rig.link('a', 'b');
      rig.link('b', 'c');
      await rig.run(3_000);
      expect(rig.hops('a', 'c')).toEqual(['b', 'c']);
      rig.send('a', 'c', 'after');
      await rig.run(1_000);
      expect(rig.node('c').inbox.map(({ text }) => text)).toEqual(['before', 'after']);
    },
  );

  test('a peer that lost the session says so, and a new one replaces it', async () => {
    const rig = new MeshRig();
    rig.line(['a', 'b', 'c']);
    await rig.run(2_000);
    rig.send('a', 'c', 'before');
    await rig.run(1_000);
    rig.node('c').endpoint.kill();
    rig.node('c').clock.kill();
    await rig.run(1_000);
    rig.add('c', { bootEpoch: 2 });
    rig.link('b', 'c');
    await rig.run(2_000);
    rig.send('a', 'c', 'lost');
    await rig.run(1_000);
    rig.send('a', 'c', 'after');
    await rig.run(1_000);
    expect(rig.node('c').inbox).toEqual([{ from: 'a', text: 'after' }]);
    expect(rig.node('a').mesh.sessions()).toHaveLength(1);
  });

  test('a new link replaces one whose other end lost its power', async () => {
    for (let seed = 1; seed <= 6; seed += 1) {
      const rig = new MeshRig(seed);
      rig.line(['a', 'b'], () => presets.wan);
      await rig.run(2_000);
      rig.node('b').endpoint.powerOff();
      rig.node('b').clock.kill();
      await rig.run(1_000);
      rig.add('b', { bootEpoch: 2, ...presets.wan });
      rig.link('b', 'a');
      await rig.run(8_000);
      for (const name of ['a', 'b']) expect(rig.node(name).mesh.neighbours()).toHaveLength(1);
      rig.send('a', 'b', 'alive');
      await rig.run(1_000);
      expect(rig.node('b').inbox).toEqual([{ from: 'a', text: 'alive' }]);
    }
  });

  test('a link that died without a word is found out when another one comes', async () => {
    // By its channel binding the dead link wins in some of these runs.
    for (let seed = 1; seed <= 6; seed += 1) {
      const rig = new MeshRig(seed);
      rig.add('a', presets.wan);
      rig.add('b', presets.wan);
      const old = rig.link('a', 'b');
      await rig.run(2_000);
      old.dead = true;
      rig.link('a', 'b');
      await rig.run(7_000);
      rig.send('a', 'b', 'alive');
      await rig.run(1_000);
      expect(rig.node('b').inbox).toEqual([{ from: 'a', text: 'alive' }]);
    }
  });

  test('two that dial each other keep one link, the same at both ends', async () => {
    const kept = new Set<string>();
    for (let seed = 1; seed <= 8; seed += 1) {
      const rig = new MeshRig(seed);
      const closed: string[] = [];
      for (const name of ['a', 'b']) {
        rig.add(name).mesh.onLink((event) => {
          if (event.kind === 'closed') closed.push(`${name} ${event.code}`);
        });
      }
      rig.link('a', 'b');
      rig.link('b', 'a');
      await rig.run(3_000);
      const [a, b] = [rig.node('a').mesh.neighbours(), rig.node('b').mesh.neighbours()];
      expect(a).toHaveLength(1);
      expect(b).toHaveLength(1);
      expect(a[0]?.role).not.toBe(b[0]?.role);
      kept.add(a[0]?.role ?? '');
      expect(closed.toSorted()).toEqual(['a MESH_LINK_DUPLICATE', 'b MESH_LINK_DUPLICATE']);
      rig.send('a', 'b', 'one');
      await rig.run(1_000);
      expect(rig.node('b').inbox).toHaveLength(1);
    }
    // The channel binding decides, not who dialled or came first.
    expect(kept.size).toBe(2);
  });
});

describe('sessions', () => {
  test('both begin at once', async () => {
    const rig = new MeshRig();
    rig.line(['a', 'b', 'c']);
    await rig.run(2_000);
    for (const [from, to] of [
      ['a', 'c'],
      ['c', 'a'],
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      for (let i = 0; i < 5; i += 1) rig.send(from, to, `${from}${i}`);
    }
    await rig.run(3_000);
    const texts = (name: string): string[] => rig.node(name).inbox.map(({ text }) => text);
    expect(texts('c')).toEqual(['a0', 'a1', 'a2', 'a3', 'a4']);
    expect(texts('a').toSorted()).toEqual(
      ['b', 'c'].flatMap((from) => [0, 1, 2, 3, 4].map((i) => `${from}${i}`)),
    );
    expect(rig.node('a').mesh.sessions()).toHaveLength(2);
  });

  test('what waits for a handshake is bounded, and a silent peer is given up', async () => {
    const rig = new MeshRig();
    rig.line(['a', 'b', 'c']);
    await rig.run(2_000);
    // c goes silent before any session; its neighbour has not noticed.
    rig.network.cut('b', 'c');
    const results = Array.from({ length: 65 }, (_, i) => rig.send('a', 'c', `${i}`));
    expect(results.filter((result) => result.ok)).toHaveLength(64);
    expect(results[64]).toMatchObject({ error: { code: 'MESH_PENDING_FULL' } });
    await rig.run(60_000);
    expect(rig.node('a').unreachable).toContainEqual({
      destination: 'c',
      code: 'MESH_SESSION_TIMEOUT',
    });
    expect(rig.node('a').mesh.sessions()).toEqual([]);
  });

  test('keys are replaced within two hours, and no message is lost over it', async () => {
    const rig = new MeshRig();
    rig.line(['a', 'b', 'c'], () => presets.default);
    await rig.run(2_000);
    const minutes = 5 * 60;
    for (let i = 0; i < minutes; i += 1) {
      rig.send('a', 'c', `${i}`);
      rig.send('c', 'a', `${i}`);
      await rig.run(60_000);
      for (const name of ['a', 'c']) {
        const [session] = rig.node(name).mesh.sessions();
        expect(session?.ageMs ?? 0).toBeLessThan(2 * 3_600_000);
      }
    }
    expect(rig.node('c').inbox).toHaveLength(minutes);
    expect(rig.node('a').inbox).toHaveLength(minutes);
  });

  test('payloads up to the bound arrive whole over a narrow link, and control goes on', async () => {
    const rig = new MeshRig(3);
    rig.line(['a', 'b', 'c']);
    const narrow = { latencyMs: 5, jitterMs: 0, loss: 0, duplication: 0, reordering: 0 };
    rig.network.profile('b', 'c', { ...narrow, bytesPerSecond: 200_000 });
    await rig.run(2_000);
    const payload = randomBytes(rig.world.rng('payload'), 60 * 1024);
    const got: number[] = [];
    rig.node('c').mesh.handle(9, (message) => {
      expect(toHex(message.payload)).toBe(toHex(payload));
      got.push(message.payload.length);
    });
    const to = rig.node('c').mesh.self;
    for (let i = 0; i < 60; i += 1) expect(rig.node('a').mesh.send(to, 9, payload).ok).toBe(true);
    await rig.run(60_000);
    expect(got).toHaveLength(60);
    expect(rig.hops('a', 'c')).toEqual(['b', 'c']);
    const long = rig.node('a').mesh.send(to, 9, new Uint8Array(60 * 1024 + 1));
    expect(long).toMatchObject({ error: { code: 'MESH_PAYLOAD_TOO_LONG' } });
  });
});

describe('a full link', () => {
  test('drops the newest packets and tells the sender; control and what was accepted go on', async () => {
    const rig = new MeshRig(3);
    rig.line(['a', 'b'], () => ({ link: { queueBytesMax: 96 * 1024 } }));
    const narrow = { latencyMs: 5, jitterMs: 0, loss: 0, duplication: 0, reordering: 0 };
    rig.network.profile('a', 'b', { ...narrow, bytesPerSecond: 200_000 });
    await rig.run(2_000);
    rig.send('a', 'b', 'session');
    await rig.run(1_000);
    const payload = randomBytes(rig.world.rng('payload'), 30 * 1024);
    const got: number[] = [];
    rig.node('b').mesh.handle(9, (message) => void got.push(message.payload.length));
    const results = Array.from({ length: 160 }, () =>
      rig.node('a').mesh.send(rig.node('b').mesh.self, 9, payload),
    );
    const accepted = results.filter((result) => result.ok).length;
    expect(accepted).toBeGreaterThan(100);
    expect(accepted).toBeLessThan(150);
    expect(results.at(-1)).toMatchObject({ error: { code: 'MESH_QUEUE_FULL' } });
    // News of another link overtakes the packets that wait.
    rig.add('c');
    rig.link('a', 'c');
    await rig.run(1_000);
    expect(got.length).toBeLessThan(accepted);
    expect(reachable(rig.node('b'))).toBe(3);
    await rig.run(25_000);
    expect(got).toHaveLength(accepted);
    expect(rig.node('a').mesh.counters().total.dropped.get('MESH_QUEUE_FULL')).toBe(160 - accepted);
  });
});

describe('versions', () => {
  test('1.0, 1.1 and the current one share a mesh and its messages', async () => {
    const rig = new MeshRig();
    const speaks: Readonly<Record<string, string>> = { a: '1.0.0', b: '1.1.0' };
    rig.line(['a', 'b', 'c', 'd'], (name) =>
      speaks[name] === undefined ? {} : { speaks: speaks[name] },
    );
    await rig.run(2_000);
    const text = 'x'.repeat(1000);
    for (const [from, to] of [
      ['a', 'd'],
      ['d', 'a'],
      ['b', 'd'],
      ['c', 'd'],
    ] as const)
      rig.send(from, to, text);
    await rig.run(2_000);
    expect(
      rig
        .node('d')
        .inbox.map(({ from }) => from)
        .toSorted(),
    ).toEqual(['a', 'b', 'c']);
    expect(rig.node('a').inbox).toEqual([{ from: 'd', text }]);
    const modes = rig
      .node('d')
      .mesh.sessions()
      .map(({ peer, negotiation }) => [
        rig.nameOf(peer),
        negotiation?.mode,
        negotiation?.features.includes('CompressionV2'),
      ]);
    expect(modes.toSorted((one, other) => String(one[0]).localeCompare(String(other[0])))).toEqual([
      ['a', 'limited', false],
      ['b', 'limited', false],
      ['c', 'full', true],
    ]);
    const [neighbour] = rig.node('a').mesh.neighbours();
    expect(neighbour?.negotiation).toMatchObject({ mode: 'limited', upgrade: 'local' });
  });

  test('links are weighed by round trip only where both ends have EnhancedRouting', async () => {
    expect(await routeOf('1.1.0')).toEqual(['c']);
    expect(await routeOf('1.2.0')).toEqual(['b', 'c']);
  });
});

describe('two meshes', () => {
  test('members reach each other through their gateways, sealed from end to end', async () => {
    const rig = await twoMeshes();
    expect(reachable(rig.node('a'))).toBe(3);
    rig.send('a', 'y', 'across');
    rig.send('g1', 'x', 'from the gateway');
    rig.send('y', 'g1', 'to the gateway');
    await rig.run(3_000);
    expect(rig.node('y').inbox).toEqual([{ from: 'a', text: 'across' }]);
    expect(rig.node('x').inbox).toEqual([{ from: 'g1', text: 'from the gateway' }]);
    expect(rig.node('g1').inbox).toEqual([{ from: 'y', text: 'to the gateway' }]);
    rig.send('y', 'a', 'and back');
    await rig.run(1_000);
    expect(rig.node('a').inbox).toEqual([{ from: 'y', text: 'and back' }]);
    expect(rig.node('a').mesh.route(rig.node('y').mesh.self)).toMatchObject({ via: 'gateway' });
    expect(rig.node('g1').mesh.route(rig.node('y').mesh.self)).toMatchObject({ via: 'bridge' });
    expect(rig.node('g1').mesh.counters().total.bridged).toBeGreaterThan(3);
  });

  test('a gateway that cannot deliver tells the source why', async () => {
    const rig = await twoMeshes();
    rig.add('nobody');
    rig.send('a', 'nobody', 'hello?');
    await rig.run(500);
    expect(rig.node('a').unreachable).toEqual([
      { destination: 'nobody', code: 'GATEWAY_PEER_UNKNOWN' },
    ]);
  });

  test.each([
    ['without a bridge', null],
    [
      'whose bridge does not lead there',
      { reaches: () => false, forward: () => fail('GATEWAY_PEER_UNKNOWN', { peer: '' }) },
    ],
  ] as const)('a gateway %s hands on to another gateway, once', async (_, bridge) => {
    const rig = new MeshRig();
    // g0 is the nearest gateway; the way from it to g1 leads back over b.
    rig.line(['a', 'b', 'g0'], (name) => ({ gateway: name === 'g0' }));
    rig.add('m');
    rig.add('g1', { gateway: true });
    rig.link('b', 'm');
    rig.link('m', 'g1');
    rig.line(['g2', 'x', 'y'], (name) => ({ gateway: name === 'g2', meshName: 'away' }));
    bridges(rig, 'g1', 'g2');
    if (bridge !== null) rig.node('g0').mesh.setBridge(bridge);
    await rig.run(2_000);
    expect(rig.hops('a', 'y')).toEqual(['b', 'g0']);
    rig.send('a', 'y', 'across');
    await rig.run(1_000);
    expect(rig.node('y').inbox).toEqual([{ from: 'a', text: 'across' }]);
    rig.send('y', 'a', 'and back');
    await rig.run(1_000);
    expect(rig.node('a').inbox).toEqual([{ from: 'y', text: 'and back' }]);
    expect(rig.node('a').unreachable).toEqual([]);
    // A third gateway is not tried, nor the first one again.
    let packets = 0;
    rig.tap = (__, ___, frame) => {
      if (frame[0] === FrameType.packet && frame[2] === PacketType.handshake) packets += 1;
    };
    rig.add('nobody');
    rig.send('a', 'nobody', 'hello?');
    await rig.run(500);
    expect(packets).toBe(5);
    expect(rig.node('a').unreachable).toEqual([
      { destination: 'nobody', code: 'GATEWAY_PEER_UNKNOWN' },
    ]);
  });

  test('without a gateway, or without the feature, there is no route', async () => {
    const rig = new MeshRig();
    rig.line(['a', 'b']);
    rig.line(['old', 'g'], (name) => (name === 'old' ? { speaks: '1.0.0' } : { gateway: true }));
    await rig.run(2_000);
    expect(rig.send('a', 'old', 'x')).toMatchObject({ error: { code: 'MESH_NO_ROUTE' } });
    expect(rig.send('old', 'a', 'x')).toMatchObject({ error: { code: 'MESH_FEATURE_LACKING' } });
    // A gateway without a bridge says so.
    rig.add('c');
    rig.link('c', 'g');
    await rig.run(1_000);
    rig.send('c', 'a', 'x');
    await rig.run(500);
    expect(rig.node('c').unreachable).toEqual([{ destination: 'a', code: 'MESH_NO_BRIDGE' }]);
  });
});

describe('a hostile neighbour', () => {
  test('a packet whose route goes in circles passes every node once', async () => {
    const rig = new MeshRig();
    rig.line(['a', 'b', 'c']);
    rig.link('c', 'a');
    const mallory = hostile(rig);
    await rig.run(2_000);
    const port = (from: string, to: string): number =>
      rig.node(from).mesh.route(rig.node(to).mesh.self)?.hops[0]?.port ?? 0;
    const circle = [port('a', 'b'), port('b', 'c'), port('c', 'a')];
    let packets = 0;
    rig.tap = (_, __, frame) => {
      if (frame[0] === FrameType.packet) packets += 1;
    };
    const header = {
      type: PacketType.data,
      flags: 0,
      ttl: 255,
      flowId: 0,
      source: testIdentity('victim').publicKey,
      destination: testIdentity('nowhere').publicKey,
      route: encodePorts(Array.from({ length: 80 }, () => circle).flat()),
      cursor: 0,
    };
    mallory.send(FrameType.packet, encodePacket({ ...header, packetId: 1n }, utf8('x')));
    await rig.run(5_000);
    expect(packets).toBe(3);
    // A short life ends the way before the route does, too.
    packets = 0;
    mallory.send(FrameType.packet, encodePacket({ ...header, packetId: 2n, ttl: 1 }, utf8('x')));
    await rig.run(5_000);
    expect(packets).toBe(1);
    expect(mallory.closed).toEqual([]);
  });

  test('silent links keep out neither who dials nor whom the node dials', async () => {
    const rig = new MeshRig();
    for (const name of ['a', 'b', 'c']) rig.add(name);
    for (let i = 0; i < 300; i += 1) silent(rig, `silent-${i}`, 'a');
    rig.link('b', 'a');
    rig.link('a', 'c');
    await rig.run(2_000);
    expect(reachable(rig.node('a'))).toBe(3);
    expect(rig.hops('b', 'c')).toEqual(['a', 'c']);
  });

  test('one key opens one link at a time', async () => {
    const rig = new MeshRig();
    rig.add('a');
    const closed: (string | null)[] = [];
    rig.node('a').mesh.onLink((event) => {
      if (event.kind === 'closed') closed.push(event.code);
    });
    silent(rig, 'silent', 'a', 100);
    await rig.run(1_000);
    expect(closed).toEqual(Array.from({ length: 99 }, () => 'MESH_LINK_DUPLICATE'));
    await rig.run(HANDSHAKE_TIMEOUT_MS);
    expect(closed[99]).toBe('MESH_HANDSHAKE_TIMEOUT');
  });

  test('accepted links leave places for those that the node dials', async () => {
    const rig = new MeshRig();
    rig.add('a');
    rig.add('c');
    for (let i = 0; i < LINKS_MAX; i += 1) {
      hostile(rig, `neighbour-${i}`);
      await rig.run(10);
    }
    expect(rig.node('a').mesh.neighbours()).toHaveLength(LINKS_MAX - DIALLED_RESERVED);
    rig.link('a', 'c');
    await rig.run(1_000);
    expect(rig.hops('a', 'c')).toEqual(['c']);
  });

  test.each([
    ['a forged record', FrameType.linkState],
    ['a forged digest', FrameType.linkStateDigest],
    ['a packet without a header', FrameType.packet],
    ['presence on a link of the mesh', FrameType.presence],
  ] as const)('%s costs the link after three times', async (_, type) => {
    const rig = new MeshRig();
    rig.line(['a', 'b']);
    const mallory = hostile(rig);
    await rig.run(1_000);
    for (let i = 0; i < 2; i += 1) mallory.send(type, Uint8Array.of(1, 2, 3));
    await rig.run(1_000);
    expect(mallory.closed).toEqual([]);
    mallory.send(type, Uint8Array.of(1, 2, 3));
    await rig.run(1_000);
    expect(mallory.closed).toEqual(['MESH_FAULTS_EXCEEDED']);
    expect(reachable(rig.node('a'))).toBe(2);
  });
});
