import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../core/bytes.ts';
import {
  decodePacketHeader,
  encodePacket,
  PacketType,
  withDetourCount,
  type PacketHeader,
} from '../wire/packet.ts';
import { encodePorts, PORT_MAX } from '../wire/ports.ts';
import { createForwarder, type Forwarder } from './forwarder.ts';
import { createPortAllocator, PORT_REST_MS } from './port-allocator.ts';
import { createSeenPackets, type SeenPackets } from './seen-packets.ts';
import { createTokenBucket } from '../core/token-bucket.ts';

const self = new Uint8Array(32).fill(1);
const other = new Uint8Array(32).fill(2);
const source = new Uint8Array(32).fill(3);

function packet(fields: Partial<PacketHeader> = {}): Uint8Array {
  return encodePacket(
    {
      type: PacketType.data,
      flags: 0,
      ttl: 10,
      flowId: 0,
      packetId: 1n,
      source,
      destination: other,
      route: encodePorts([5, 300, 7]),
      cursor: 0,
      ...fields,
    },
    utf8('body'),
  );
}

function forwarder(gateway = false): Forwarder {
  return createForwarder({ self, gateway, isUsable: (port) => port !== 9 });
}

describe('forwarder', () => {
  test('follows the ports one by one, each costing a hop, until the route ends', () => {
    const bytes = packet({ ttl: 3 });
    const ports: number[] = [];
    for (let hop = 0; hop < 3; hop += 1) {
      const decision = forwarder().decide(bytes);
      if (decision.kind === 'forward') ports.push(decision.port);
    }
    expect(ports).toEqual([5, 300, 7]);
    const header = decodePacketHeader(bytes);
    expect(header).toMatchObject({ ok: true, value: { ttl: 0, cursor: 4 } });
    expect(forwarder().decide(bytes)).toMatchObject({
      kind: 'drop',
      code: 'ROUTING_ROUTE_EXHAUSTED',
    });
  });

  test('delivers what is for this node, wherever the route stands', () => {
    for (const cursor of [0, 1, 4]) {
      expect(forwarder().decide(packet({ destination: self, cursor })).kind).toBe('deliver');
    }
  });

  test('at the end of a route a gateway bridges', () => {
    expect(forwarder(true).decide(packet({ cursor: 4 })).kind).toBe('bridge');
    expect(forwarder(true).decide(packet()).kind).toBe('forward');
  });

  test.each([
    ['ROUTING_TTL_EXHAUSTED', { ttl: 0 }],
    ['ROUTING_ROUTE_EXHAUSTED', { route: encodePorts([0, 5]) }],
    ['ROUTING_ROUTE_MALFORMED', { route: Uint8Array.of(0x80) }],
    ['ROUTING_ROUTE_EXHAUSTED', { route: new Uint8Array(0) }],
  ])('drops with %s', (code, fields) => {
    expect(forwarder().decide(packet(fields))).toMatchObject({ kind: 'drop', code });
  });

  test('says that a link is gone', () => {
    const bytes = packet({ route: encodePorts([9, 5]) });
    expect(forwarder().decide(bytes)).toMatchObject({ kind: 'blocked', port: 9 });
  });

  test('a route ends at port 0, whatever stands behind it', () => {
    const bytes = packet({ route: encodePorts([5, 0, 9]), cursor: 1 });
    expect(forwarder(true).decide(bytes).kind).toBe('bridge');
  });

  test('takes what is for this node once, whatever detours its copies took', () => {
    const decider = forwarder();
    const mine = { destination: self };
    expect(decider.decide(packet(mine)).kind).toBe('deliver');
    for (const detours of [0, 1, 2, 3]) {
      const copy = packet({ ...mine, flags: withDetourCount(0, detours) });
      expect(decider.decide(copy)).toMatchObject({ code: 'ROUTING_PACKET_DUPLICATE' });
    }
  });

  test('drops a second copy, whatever relays changed in it', () => {
    const decider = forwarder();
    expect(decider.decide(packet()).kind).toBe('forward');
    const again = decider.decide(packet({ ttl: 4, cursor: 1 }));
    expect(again).toMatchObject({ kind: 'drop', code: 'ROUTING_PACKET_DUPLICATE' });
    expect(decider.decide(packet({ packetId: 2n })).kind).toBe('forward');
    expect(decider.decide(packet({ source: other })).kind).toBe('forward');
  });

  test('a packet may come back by a detour, once for each', () => {
    const decider = forwarder();
    expect(decider.decide(packet()).kind).toBe('forward');
    const detoured = { flags: withDetourCount(0, 1) };
    expect(decider.decide(packet(detoured)).kind).toBe('forward');
    expect(decider.decide(packet(detoured)).kind).toBe('drop');
    expect(decider.decide(packet()).kind).toBe('drop');
  });

  test('never throws, and changes nothing but ttl and cursor', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, gateway) => {
        const valid = packet({ route: bytes.slice(0, 40) });
        for (const input of [bytes, valid]) {
          const before = input.slice();
          forwarder(gateway).decide(input);
          for (const position of [3, 85]) before[position] = input[position] ?? 0;
          expect(input).toEqual(input.length > 85 ? before : input);
        }
      }),
    );
  });
});

function first(seen: SeenPackets, packetId: bigint): boolean {
  return seen.first(packet({ packetId }), 0, 0);
}

describe('seen packets', () => {
  test('remembers at least a generation and forgets in the end', () => {
    const seen = createSeenPackets(100);
    expect(first(seen, 0n)).toBe(true);
    for (let id = 1n; id <= 100n; id += 1n) expect(first(seen, id)).toBe(true);
    expect(first(seen, 0n)).toBe(false);
    for (let id = 101n; id <= 200n; id += 1n) expect(first(seen, id)).toBe(true);
    expect(first(seen, 0n)).toBe(true);
  });

  test('answers as sets of whole keys do', () => {
    const bits = fc.constantFrom(0n, 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n);
    const key = fc.record({
      packetId: fc.oneof(bits, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
      source: fc.constantFrom(source, other, self),
      detours: fc.constantFrom(0, 1, 2, 3, 255),
      at: fc.nat(9),
    });
    fc.assert(
      fc.property(
        fc.array(key, { maxLength: 400 }),
        fc.integer({ min: 1, max: 80 }),
        (keys, max) => {
          const seen = createSeenPackets(max);
          let younger = new Set<string>();
          let older = new Set<string>();
          for (const { packetId, source, detours, at } of keys) {
            const text = `${packetId} ${source[0]} ${detours}`;
            const isNew = !younger.has(text) && !older.has(text);
            if (isNew && younger.size >= max) {
              older = younger;
              younger = new Set();
            }
            younger.add(text);
            const bytes = new Uint8Array(at + packet().length);
            bytes.set(packet({ packetId, source }), at);
            expect(seen.first(bytes, at, detours)).toBe(isNew);
            if (!isNew && older.has(text)) younger.delete(text);
          }
        },
      ),
    );
  });
});

describe('ports', () => {
  const portsOf = (bootEpoch: number, count: number): number[] => {
    const ports = createPortAllocator(clock, bootEpoch);
    return Array.from({ length: count }, (_, i) => ports.take(`peer ${i}`) ?? 0);
  };
  let nowMs = 0;
  const clock = {
    now: () => nowMs,
    wallMs: () => nowMs,
    after: () => ({ cancel: () => {} }),
  };

  test('a freed port rests for five minutes', () => {
    nowMs = 0;
    const ports = createPortAllocator(clock, 0);
    expect([ports.take('a'), ports.take('b')]).toEqual([1, 2]);
    ports.release(1);
    ports.release(1);
    expect(ports.take('c')).toBe(3);
    nowMs = PORT_REST_MS - 1;
    expect(ports.take('d')).toBe(4);
    nowMs = PORT_REST_MS;
    expect(ports.take('e')).toBe(1);
  });

  test('who comes back gets its port back, and uses up no other', () => {
    nowMs = 0;
    const ports = createPortAllocator(clock, 0);
    ports.take('a');
    for (let i = 0; i < 2 * PORT_MAX; i += 1) {
      expect(ports.take('b')).toBe(2);
      ports.release(2);
    }
    expect(ports.take('c')).toBe(3);
    // Awake again, it belongs to whoever comes first.
    nowMs = PORT_REST_MS;
    expect(ports.take('d')).toBe(2);
    expect(ports.take('b')).toBe(4);
    ports.release(2);
    expect(ports.take('d')).toBe(2);
  });

  test('a node that starts again uses none of the numbers of its last life, and short ones as long as it can', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 2), fc.integer({ min: 1, max: 47 }), (boot, links) => {
        const [before, after] = [portsOf(boot, links), new Set(portsOf(boot + 1, links))];
        expect(before.filter((port) => after.has(port))).toEqual([]);
        const all = portsOf(boot, 130);
        expect(all.slice(0, 127).toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: 127 }, (_, i) => i + 1),
        );
        expect(all.slice(127)).toEqual([128, 129, 130]);
      }),
      { numRuns: 50 },
    );
  });

  test('no port is anybody else’s before it has rested', () => {
    const steps = fc.array(
      fc.record({ key: fc.constantFrom('a', 'b', 'c'), pauseMs: fc.nat(PORT_REST_MS) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (list) => {
        nowMs = 0;
        const ports = createPortAllocator(clock, 0);
        const held = new Map<string, number>();
        const last = new Map<number, { key: string; atMs: number }>();
        for (const { key, pauseMs } of list) {
          nowMs += pauseMs;
          const port = held.get(key);
          if (port !== undefined) {
            ports.release(port);
            held.delete(key);
            last.set(port, { key, atMs: nowMs });
            continue;
          }
          const taken = ports.take(key) ?? 0;
          expect([...held.values()]).not.toContain(taken);
          const before = last.get(taken);
          if (before !== undefined && before.key !== key) {
            expect(nowMs - before.atMs).toBeGreaterThanOrEqual(PORT_REST_MS);
          }
          held.set(key, taken);
        }
      }),
    );
  });
});

test('a token bucket gives its burst and then its rate', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2_000), { maxLength: 200 }), (pausesMs) => {
      const bucket = createTokenBucket(5, 2);
      let nowMs = 0;
      let taken = 0;
      for (const pauseMs of pausesMs) {
        nowMs += pauseMs;
        if (bucket.take(nowMs)) taken += 1;
        else {
          const waitMs = bucket.waitMs(nowMs);
          expect(waitMs).toBeGreaterThan(0);
          expect(waitMs).toBeLessThanOrEqual(500);
        }
      }
      expect(taken).toBeLessThanOrEqual(5 + (nowMs * 2) / 1000 + 1e-6);
    }),
  );
});
