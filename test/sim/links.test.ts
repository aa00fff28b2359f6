// Simulated links: the suite of every transport, and what a seed, a cut and a crash do to them.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import type { Link, LinkClose } from '../../src/env/link.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { createSimNetwork, type SimNetwork } from '../../src/sim/network.ts';
import { LAN_PROFILE, type LinkProfile } from '../../src/sim/path.ts';
import type { SimLinkOptions } from '../../src/sim/sim-link.ts';
import { createWorld, type World } from '../../src/sim/world.ts';
import { describeLink, type LinkArena } from '../suites/link.suite.ts';

const LIMIT_MS = 600_000;
const BOUNDS = { frameBytesMax: 64 * 1024, queueBytesMax: 256 * 1024 };
const ROUGH: LinkProfile = {
  latencyMs: 40,
  jitterMs: 30,
  loss: 0.1,
  duplication: 0.1,
  reordering: 0.2,
  bytesPerSecond: 1_000_000,
};

function keyOf(name: string): Uint8Array {
  return primitives.signKeypair(primitives.sha256(new TextEncoder().encode(name))).publicKey;
}

function arenaWith(profile: LinkProfile): () => Promise<LinkArena> {
  return async () => {
    const world = createWorld({ seed: 7, primitives });
    const network = createSimNetwork(world);
    const node = (name: string): LinkArena['nodes'][0] => ({
      ...network.endpoint(keyOf(name), name, BOUNDS),
      publicKey: keyOf(name),
      listenAddress: `${name}:0`,
      stop: null,
    });
    for (const pair of ['ab', 'ac', 'bc']) {
      network.profile(pair.charAt(0), pair.charAt(1), profile);
    }
    return {
      nodes: [node('a'), node('b'), node('c')],
      ...BOUNDS,
      async settle(work) {
        let over = false;
        const end = (): void => {
          over = true;
        };
        work.then(end, end);
        await world.runUntil(() => over, world.clock.now() + LIMIT_MS);
        return work;
      },
      deadAddress: 'c:4700',
      invalidAddresses: ['', 'A', 'b:x', 'b:99999999', 'b c'],
      close: async () => undefined,
    };
  };
}

describeLink('simulated link on a quiet wire', arenaWith(LAN_PROFILE), false);
describeLink('simulated link on a rough and slow wire', arenaWith(ROUGH), false);

interface Pair {
  readonly world: World;
  readonly network: SimNetwork;
  readonly links: readonly [Link, Link];
  readonly frames: readonly [Uint8Array[], Uint8Array[]];
  readonly closes: readonly [LinkClose[], LinkClose[]];
  readonly kill: () => void;
  readonly powerOff: () => void;
  readonly restart: () => void;
}

function pairUp(profile: LinkProfile, options: Partial<SimLinkOptions> = {}, seed = 1): Pair {
  const world = createWorld({ seed, primitives });
  const network = createSimNetwork(world);
  network.endpoint(keyOf('a'), 'a', options);
  const b = network.endpoint(keyOf('b'), 'b', options);
  network.profile('a', 'b', profile);
  const links = network.pair('a', 'b');
  const frames: Pair['frames'] = [[], []];
  const closes: Pair['closes'] = [[], []];
  for (const end of [0, 1] as const) {
    links[end].attach({
      frame: (bytes) => void frames[end].push(bytes),
      drain: () => undefined,
      close: (reason) => void closes[end].push(reason),
    });
  }
  const restart = (): void => void network.endpoint(keyOf('b'), 'b', options);
  const kill = (): void => b.kill();
  const powerOff = (): void => b.powerOff();
  return { world, network, links, frames, closes, kill, powerOff, restart };
}

/** Sends `count` numbered frames at once and gives the numbers that arrive, in order of arrival. */
async function numbersThrough(pair: Pair, count: number): Promise<number[]> {
  for (let i = 0; i < count; i += 1) pair.links[0].send(Uint8Array.of(i >> 8, i & 0xff));
  await pair.world.run(LIMIT_MS);
  return pair.frames[1].map((frame) => (frame[0] ?? 0) * 256 + (frame[1] ?? 0));
}

function codes(closes: readonly LinkClose[]): (string | null)[] {
  return closes.map(({ code }) => code);
}

/** The event log's hash after some traffic over a rough wire. */
async function story(seed: number): Promise<string> {
  const pair = pairUp(ROUGH, { reliable: false }, seed);
  await numbersThrough(pair, 100);
  return toHex(pair.world.logHash());
}

describe('a seed', () => {
  test('run twice gives one hash of the whole event log; another seed another', async () => {
    const hashes = await Promise.all([1, 2, 3].map((seed) => story(seed)));
    expect(new Set(hashes).size).toBe(3);
    expect(await Promise.all([1, 2, 3].map((seed) => story(seed)))).toEqual(hashes);
  });
});

describe('streams', () => {
  test('arrive whole and in order whatever the wire does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1000),
        fc.record({
          latencyMs: fc.integer({ min: 0, max: 200 }),
          jitterMs: fc.integer({ min: 0, max: 200 }),
          loss: fc.double({ min: 0, max: 0.5, noNaN: true }),
          duplication: fc.double({ min: 0, max: 1, noNaN: true }),
          reordering: fc.double({ min: 0, max: 1, noNaN: true }),
          bytesPerSecond: fc.integer({ min: 100, max: 1_000_000 }),
        }),
        async (seed, profile) => {
          const pair = pairUp(profile, { stallTimeoutMs: LIMIT_MS }, seed);
          const numbers = await numbersThrough(pair, 60);
          expect(numbers).toEqual(Array.from({ length: 60 }, (_, i) => i));
        },
      ),
      { numRuns: 40 },
    );
  });

  test('take the time that latency and rate say', async () => {
    const pair = pairUp({ ...LAN_PROFILE, latencyMs: 20, bytesPerSecond: 1000 });
    pair.links[0].send(new Uint8Array(500));
    pair.links[0].send(new Uint8Array(250));
    expect(pair.links[0].bufferedBytes).toBe(750);
    await pair.world.run(519);
    expect(pair.frames[1].length).toBe(0);
    expect(pair.links[0].bufferedBytes).toBe(250);
    await pair.world.runUntil(() => pair.frames[1].length === 2, LIMIT_MS);
    expect(pair.world.clock.now()).toBe(770);
  });

  test('show loss as delay', async () => {
    const lossless = pairUp(LAN_PROFILE);
    await numbersThrough(lossless, 1);
    const lossy = pairUp({ ...LAN_PROFILE, loss: 0.9 }, { stallTimeoutMs: LIMIT_MS }, 3);
    lossy.links[0].send(Uint8Array.of(1));
    await lossy.world.runUntil(() => lossy.frames[1].length === 1, LIMIT_MS);
    expect(lossy.world.clock.now()).toBeGreaterThanOrEqual(200);
  });

  test('stall in a cut and go on after it heals in time', async () => {
    const pair = pairUp(LAN_PROFILE, { stallTimeoutMs: 10_000 });
    pair.links[0].send(Uint8Array.of(0));
    pair.network.cut('a', 'b');
    pair.links[0].send(Uint8Array.of(1));
    await pair.world.run(9000);
    expect(pair.frames[1]).toEqual([]);
    pair.network.heal('a', 'b');
    pair.links[0].send(Uint8Array.of(2));
    await pair.world.run(30_000);
    expect(pair.frames[1]).toEqual([Uint8Array.of(0), Uint8Array.of(1), Uint8Array.of(2)]);
    expect(pair.closes).toEqual([[], []]);
  });

  test('break in a longer cut at the end that had something to say; the other end learns it later', async () => {
    const pair = pairUp(LAN_PROFILE, { stallTimeoutMs: 10_000 });
    pair.network.cut('a', 'b');
    pair.links[0].send(Uint8Array.of(1));
    await pair.world.run(9999);
    expect(pair.closes).toEqual([[], []]);
    await pair.world.run(10_001);
    expect(codes(pair.closes[0])).toEqual(['LINK_STALLED']);
    expect(pair.closes[1]).toEqual([]);
    pair.network.heal('a', 'b');
    pair.links[1].send(Uint8Array.of(2));
    await pair.world.run(11_000);
    expect(codes(pair.closes[1])).toEqual(['LINK_RESET']);
    expect(pair.frames).toEqual([[], []]);
  });

  test.each([
    ['a', 'b'],
    ['b', 'a'],
  ])('break when only the direction %s → %s is cut', async (from, to) => {
    const pair = pairUp(LAN_PROFILE, { stallTimeoutMs: 10_000 });
    pair.links[0].send(Uint8Array.of(1));
    pair.network.cutOneWay(from, to);
    await pair.world.run(20_000);
    expect(codes(pair.closes[0])).toEqual(['LINK_STALLED']);
    // Data got through where only the acknowledgements were cut.
    expect(pair.frames[1].length).toBe(from === 'a' ? 0 : 1);
  });

  test('a killed process resets its links and hears nothing more', async () => {
    const pair = pairUp(LAN_PROFILE);
    pair.links[0].send(Uint8Array.of(1));
    pair.kill();
    await pair.world.run(1000);
    expect(codes(pair.closes[0])).toEqual(['LINK_RESET']);
    expect(pair.closes[1]).toEqual([]);
    expect(pair.frames[1]).toEqual([]);
    expect(pair.links[1].send(Uint8Array.of(1))).toBe('closed');
  });

  test('a machine without power is silence; back again, it answers old links with a reset', async () => {
    const pair = pairUp(LAN_PROFILE, { stallTimeoutMs: 60_000 });
    pair.powerOff();
    pair.links[0].send(Uint8Array.of(1));
    await pair.world.run(50_000);
    expect(pair.closes[0]).toEqual([]);
    pair.restart();
    await pair.world.run(51_000);
    expect(codes(pair.closes[0])).toEqual(['LINK_RESET']);
  });

  test('a receiver that never comes pushes back and then stalls the sender', async () => {
    const world = createWorld({ seed: 1, primitives });
    const network = createSimNetwork(world);
    const options = { queueBytesMax: 1000, frameBytesMax: 1000, stallTimeoutMs: 5000 };
    for (const name of ['a', 'b']) network.endpoint(keyOf(name), name, options);
    const [out] = network.pair('a', 'b');
    const closes: LinkClose[] = [];
    out.attach({
      frame: () => undefined,
      drain: () => undefined,
      close: (reason) => void closes.push(reason),
    });
    const answers = [1, 2, 3, 4].map(() => out.send(new Uint8Array(1000)));
    expect(answers).toEqual(['sent', 'sent', 'full', 'full']);
    await world.run(4999);
    expect(closes).toEqual([]);
    await world.run(5001);
    expect(codes(closes)).toEqual(['LINK_STALLED']);
  });

  test('dialling into a cut times out; a heal in time lets it through', async () => {
    const world = createWorld({ seed: 1, primitives });
    const network = createSimNetwork(world);
    const a = network.endpoint(keyOf('a'), 'a');
    await network.endpoint(keyOf('b'), 'b').listen('b', () => undefined);
    network.cutOneWay('b', 'a');
    const first = a.dialer.dial('b', null).catch((error: unknown) => error);
    await world.run(6000);
    expect(await first).toMatchObject({ code: 'LINK_DIAL_TIMEOUT' });
    const second = a.dialer.dial('b', null);
    await world.run(8000);
    network.heal('a', 'b');
    await world.run(9000);
    expect((await second).remoteAddress).toBe('b');
  });
});

describe('datagrams', () => {
  const datagrams = { reliable: false } as const;

  test('on a quiet wire arrive once and in order', async () => {
    const numbers = await numbersThrough(pairUp(LAN_PROFILE, datagrams), 50);
    expect(numbers).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  test('show loss, repetition and reordering at the rates of the profile', async () => {
    const count = 5000;
    const lost = await numbersThrough(pairUp({ ...LAN_PROFILE, loss: 0.2 }, datagrams), count);
    expect(lost.length / count).toBeCloseTo(0.8, 1);
    expect(new Set(lost).size).toBe(lost.length);

    const twice = pairUp({ ...LAN_PROFILE, duplication: 0.3 }, datagrams);
    const repeated = await numbersThrough(twice, count);
    expect(repeated.length / count).toBeCloseTo(1.3, 1);
    expect(new Set(repeated).size).toBe(count);

    const shuffled = await numbersThrough(
      pairUp({ ...LAN_PROFILE, reordering: 0.3 }, datagrams),
      count,
    );
    expect(shuffled.length).toBe(count);
    expect(shuffled).not.toEqual(Array.from({ length: count }, (_, i) => i));
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  test('vanish in a cut, and the link stays', async () => {
    const pair = pairUp(LAN_PROFILE, datagrams);
    pair.network.cut('a', 'b');
    expect(pair.links[0].send(Uint8Array.of(1))).toBe('sent');
    await pair.world.run(60_000);
    pair.network.heal('a', 'b');
    pair.links[0].send(Uint8Array.of(2));
    await pair.world.run(61_000);
    expect(pair.frames[1]).toEqual([Uint8Array.of(2)]);
    expect(pair.closes).toEqual([[], []]);
    expect(pair.links[0].reliable).toBe(false);
    expect(pair.network.counters()).toMatchObject({
      framesSent: 2,
      framesDelivered: 1,
      framesLost: 1,
    });
  });

  test('an orderly close tells the other end', async () => {
    const pair = pairUp(LAN_PROFILE, datagrams);
    pair.links[0].send(Uint8Array.of(1));
    pair.links[0].close();
    await pair.world.run(1000);
    expect(pair.closes.map(codes)).toEqual([[null], [null]]);
    expect(pair.frames[1]).toEqual([Uint8Array.of(1)]);
  });
});
