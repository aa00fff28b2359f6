import { expect, test } from 'vitest';
import type { FoundNode } from '../../env/discovery.ts';
import type { Logger } from '../../env/logger.ts';
import { createSeededRng } from '../../sim/seeded-rng.ts';
import { createWorld, type World } from '../../sim/world.ts';
import { primitives } from '../node/primitives.ts';
import { networkMark, encodeAnnouncement, type Place } from './announcement.ts';
import { LanDiscovery } from './lan-discovery.ts';
import { SERVICE, type MdnsPacket, type MdnsRecord, type MdnsWire } from './mdns-wire.ts';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};
const TLS: Place = { transport: 'tls', port: 4700 };

/** A segment where everybody hears everybody, oneself included, a millisecond later. */
class Segment {
  readonly wires = new Map<string, MdnsWire>();
  packets = 0;
  readonly #world: World;
  constructor(world: World) {
    this.#world = world;
  }

  send(packet: MdnsPacket): void {
    this.packets += 1;
    this.#world.clock.after(1, () => {
      for (const wire of this.wires.values()) wire.onPacket(packet);
    });
  }

  wire(host: string): MdnsWire {
    const respond = (records: readonly MdnsRecord[]): void => this.say(host, records);
    const wire: MdnsWire = {
      hostName: 'host.local',
      hostAddresses: [host],
      onPacket: () => undefined,
      ask: () => this.send({ kind: 'query', host, asksService: true, knownInstances: [] }),
      respond,
      close: async (goodbye) => {
        if (goodbye.length > 0) respond(goodbye);
        this.wires.delete(host);
      },
    };
    this.wires.set(host, wire);
    return wire;
  }

  say(host: string, records: readonly MdnsRecord[]): void {
    const texts = records.flatMap((record) =>
      record.type === 'TXT'
        ? [
            {
              name: record.name,
              ttlS: record.ttl,
              text: record.data.map((one) => Buffer.from(one)),
            },
          ]
        : [],
    );
    this.send({ kind: 'response', host, texts });
  }
}

interface Station {
  readonly discovery: LanDiscovery;
  readonly found: FoundNode[];
  readonly lost: FoundNode[];
}

function keyOf(index: number): Uint8Array {
  return new Uint8Array(32).fill(index + 1);
}

function rig(): {
  readonly world: World;
  readonly segment: Segment;
  readonly station: (index: number, network?: string, places?: readonly Place[]) => Station;
} {
  const world = createWorld({ seed: 1, primitives });
  const segment = new Segment(world);
  return {
    world,
    segment,
    station(index, network = 'home', places = [TLS]) {
      const found: FoundNode[] = [];
      const lost: FoundNode[] = [];
      const discovery = new LanDiscovery({
        wire: segment.wire(`10.0.0.${index}`),
        clock: world.clock,
        rng: createSeededRng(primitives, index, 'discovery'),
        logger: silent,
        self: {
          network: networkMark(primitives, network, 'home'),
          publicKey: keyOf(index),
          places,
        },
        handlers: { found: (node) => found.push(node), lost: (node) => lost.push(node) },
      });
      return { discovery, found, lost };
    },
  };
}

function said(
  key: Uint8Array,
  places: readonly Place[],
  ttl = 120,
  network = 'home',
): MdnsRecord[] {
  const text = encodeAnnouncement({
    network: networkMark(primitives, network, 'home'),
    publicKey: key,
    places,
  });
  return [{ name: `x.${SERVICE}`, type: 'TXT', ttl, data: text }];
}

test('nodes of one network find each other within two seconds, and others not', () => {
  const { world, station } = rig();
  const here = [0, 1, 2, 3].map((index) => station(index));
  const there = station(9, 'elsewhere');
  world.runSync(world.clock.now() + 2000);
  for (const [i, { discovery, found }] of here.entries()) {
    const others = [0, 1, 2, 3].filter((index) => index !== i);
    expect(
      discovery.nodes.map(({ publicKey }) => publicKey[0] ?? 0).toSorted((x, y) => x - y),
    ).toEqual(others.map((index) => index + 1));
    expect(found.map(({ addresses }) => addresses[0]).toSorted()).toEqual(
      others.map((index) => `10.0.0.${index}:4700`),
    );
  }
  expect(there.found).toEqual([]);
});

test('who goes says goodbye; who vanishes is forgotten after two minutes', async () => {
  const { world, segment, station } = rig();
  const [a, b] = [station(0), station(1)];
  station(2);
  world.runSync(world.clock.now() + 2000);
  expect(a.discovery.nodes.length).toBe(2);
  await b.discovery.close();
  world.runSync(world.clock.now() + 100);
  expect(a.lost.map(({ publicKey }) => publicKey)).toEqual([keyOf(1)]);
  segment.wires.delete('10.0.0.2');
  world.runSync(world.clock.now() + 240_000);
  expect(a.lost.length).toBe(2);
  expect(a.discovery.nodes).toEqual([]);
});

test('a segment at rest stays known, and costs each node about a packet a minute', () => {
  const { world, segment, station } = rig();
  const nodes = Array.from({ length: 20 }, (_, index) => station(index));
  world.runSync(world.clock.now() + 300_000);
  const before = segment.packets;
  world.runSync(world.clock.now() + 600_000);
  expect((segment.packets - before) / (20 * 10)).toBeLessThan(1.5);
  for (const { discovery, lost } of nodes) {
    expect(discovery.nodes.length).toBe(19);
    expect(lost).toEqual([]);
  }
});

test('a node that listens on loopback only looks, and says nothing', () => {
  const { world, station } = rig();
  const hidden = station(0, 'home', []);
  const other = station(1);
  world.runSync(world.clock.now() + 5000);
  expect(hidden.discovery.nodes.length).toBe(1);
  expect(other.discovery.nodes).toEqual([]);
});

test('questions by the thousand are answered once a second', () => {
  const { world, segment, station } = rig();
  station(0);
  world.runSync(world.clock.now() + 10_000);
  const before = segment.packets;
  for (let i = 0; i < 150; i += 1) {
    segment.wires.get('10.0.0.0')?.onPacket({
      kind: 'query',
      host: '10.0.0.66',
      asksService: true,
      knownInstances: [],
    });
    world.runSync(world.clock.now() + 20);
  }
  expect(segment.packets - before).toBeGreaterThanOrEqual(3);
  expect(segment.packets - before).toBeLessThanOrEqual(4);
});

test('one machine cannot fill the table, nor make this node dial without end', () => {
  const { world, segment, station } = rig();
  const { discovery, found } = station(0);
  for (let i = 0; i < 3000; i += 1) {
    const key = new Uint8Array(32).fill(7);
    key[0] = i & 0xff;
    key[1] = i >> 8;
    segment.say('10.0.0.66', said(key, [{ transport: 'tls', port: 1 + i }]));
    world.runSync(world.clock.now() + 25);
  }
  expect(discovery.nodes.length).toBe(16);
  const before = found.length;
  for (let i = 0; i < 3000; i += 1) {
    const [first] = discovery.nodes;
    segment.say(
      '10.0.0.66',
      said(first?.publicKey ?? keyOf(1), [{ transport: 'tls', port: 1 + i }]),
    );
    world.runSync(world.clock.now() + 25);
  }
  // 75 seconds at 4 a second, and what had been saved up.
  expect(found.length - before).toBeLessThan(75 * 4 + 40);
});

test('nobody takes the place of another by naming its key', () => {
  const { world, segment, station } = rig();
  const { discovery } = station(0);
  station(1);
  world.runSync(world.clock.now() + 2000);
  segment.say('10.0.0.66', said(keyOf(1), [TLS]));
  segment.say('10.0.0.66', said(keyOf(1), [TLS], 0));
  world.runSync(world.clock.now() + 100);
  expect(discovery.nodes.map(({ addresses }) => addresses)).toEqual([['10.0.0.1:4700']]);
});
