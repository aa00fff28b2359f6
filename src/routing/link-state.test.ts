import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareBytes, utf8 } from '../core/bytes.ts';
import { unwrap } from '../core/errors.ts';
import { identityFromSeed, type Identity } from '../crypto/signing.ts';
import type { Clock } from '../env/clock.ts';
import type { Logger } from '../env/logger.ts';
import { attributesArbitrary } from '../../test/suites/attributes-arbitrary.ts';
import { rigRng } from '../../test/suites/link-state-rig.ts';
import { primitives } from '../platform/node/primitives.ts';
import { byteKey } from './byte-key.ts';
import { ORIGINATOR_CHANGES_MAX, TOMBSTONE_MS, UNREACHABLE_MS_MAX } from './link-state-database.ts';
import {
  decodeDigest,
  DIGEST_BYTES_MAX,
  encodeDigest,
  RANGE_ENTRIES_MAX,
} from './link-state-digest.ts';
import { NEIGHBOUR_BURST } from './link-state-port.ts';
import {
  decodeRecord,
  firstSequence,
  signRecord,
  type LinkStateRecord,
} from './link-state-record.ts';
import { PLAIN_NODE, type Location } from './node-attributes.ts';
import { createLinkState, type LinkState, type LinkStateFrame } from './link-state.ts';
import { plannerOver } from '../../test/suites/planner-rig.ts';

const identities: readonly Identity[] = Array.from({ length: 10 }, (_, i) =>
  identityFromSeed(primitives, primitives.sha256(utf8(`node ${i}`))),
);
const quiet: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => quiet,
};

function identity(index: number): Identity {
  const found = identities[index];
  if (found === undefined) throw new Error(`no identity ${index}`);
  return found;
}

/** 32 bytes that order as the numbers do. */
function ascendingPeer(i: number): Uint8Array {
  const bytes = new Uint8Array(32).fill(0xff);
  new DataView(bytes.buffer).setUint32(0, i);
  return bytes;
}

class ManualClock implements Clock {
  ms = 0;
  now(): number {
    return this.ms;
  }
  wallMs(): number {
    return this.ms;
  }
  after(): never {
    throw new Error('link state sets no timers');
  }
}

/** Nodes joined by lossless, ordered links; frames wait until they are delivered. */
class Flood {
  readonly clock = new ManualClock();
  readonly states: LinkState[] = [];
  /** Node → port → the other end. */
  readonly ports: Map<number, { node: number; port: number }>[] = [];
  delivered = 0;
  digests = 0;
  #nextPort = 1;

  add(bootEpoch = 1, recordsMax?: number): number {
    const index = this.states.length;
    this.states.push(this.boot(index, bootEpoch, recordsMax));
    this.ports.push(new Map());
    return index;
  }

  boot(index: number, bootEpoch: number, recordsMax?: number): LinkState {
    const attributes = PLAIN_NODE;
    const config = { identity: identity(index), networkId: 'test', attributes, bootEpoch };
    return createLinkState(recordsMax === undefined ? config : { ...config, recordsMax }, {
      primitives,
      clock: this.clock,
      logger: quiet,
      rng: rigRng(index),
    });
  }

  state(index: number): LinkState {
    const state = this.states[index];
    if (state === undefined) throw new Error(`no node ${index}`);
    return state;
  }

  linked(a: number, b: number): boolean {
    return [...(this.ports[a]?.values() ?? [])].some(({ node }) => node === b);
  }

  join(a: number, b: number, weight = 100): void {
    const [portA, portB] = [this.#nextPort, this.#nextPort + 1];
    this.#nextPort += 2;
    this.ports[a]?.set(portA, { node: b, port: portB });
    this.ports[b]?.set(portB, { node: a, port: portA });
    this.state(a).linkUp(portA, identity(b).publicKey, weight);
    this.state(b).linkUp(portB, identity(a).publicKey, weight);
  }

  part(a: number, b: number): void {
    for (const [port, end] of this.ports[a] ?? []) {
      if (end.node !== b) continue;
      this.ports[a]?.delete(port);
      this.ports[b]?.delete(end.port);
      this.state(a).linkDown(port);
      this.state(b).linkDown(end.port);
    }
  }

  /** Delivers until nothing moves and nothing is due within `untilMs` from now. */
  settle(untilMs = 10_000): void {
    const end = this.clock.ms + untilMs;
    for (let round = 0; round < 10_000; round += 1) {
      if (this.deliverAll()) continue;
      const due = this.states.map(({ wakeAtMs }) => wakeAtMs ?? Infinity);
      const next = Math.min(...due);
      if (next > end) break;
      this.clock.ms = Math.max(this.clock.ms, next);
      for (const state of this.states) state.wake();
    }
    this.clock.ms = end;
  }

  deliverAll(): boolean {
    let moved = false;
    this.ports.forEach((ends, node) => {
      for (const [port, end] of ends) {
        const frame = this.state(node).next(port);
        if (frame === null) continue;
        moved = true;
        this.deliver(end.node, frame, end.port);
      }
    });
    return moved;
  }

  deliver(to: number, frame: LinkStateFrame, port: number): void {
    this.delivered += 1;
    if (frame.kind === 'digest') this.digests += 1;
    const received = this.state(to).receive(frame.kind, frame.payload, port);
    expect(received.kind, JSON.stringify(received)).not.toBe('fault');
  }

  /** Originators and sequences that a node holds. */
  view(index: number): string[] {
    return this.state(index)
      .database.sorted()
      .map(({ signed }) => `${byteKey(signed.record.originator)} ${byteKey(signed.hash)}`);
  }

  componentOf(index: number): number[] {
    const seen = new Set([index]);
    for (const node of seen) for (const end of this.ports[node]?.values() ?? []) seen.add(end.node);
    return [...seen].sort((a, b) => a - b);
  }
}

function record(index: number, fields: Partial<LinkStateRecord> = {}): LinkStateRecord {
  const originator = identity(index).publicKey;
  return {
    originator,
    sequence: firstSequence(1),
    attributes: PLAIN_NODE,
    neighbours: [],
    ...fields,
  };
}

function payloadOf(
  index: number,
  fields: Partial<LinkStateRecord> = {},
  network = 'test',
): Uint8Array {
  return signRecord(primitives, identity(index), network, record(index, fields)).payload;
}

describe('flooding', () => {
  const steps = fc.array(
    fc.record({
      a: fc.nat(5),
      b: fc.nat(5),
      settleMs: fc.constantFrom(0, 30, 5_000),
    }),
    { minLength: 1, maxLength: 25 },
  );

  test('nodes of one component agree, and reach exactly their component', () => {
    fc.assert(
      fc.property(steps, (changes) => {
        const flood = new Flood();
        for (let i = 0; i < 6; i += 1) flood.add();
        for (const { a, b, settleMs } of changes) {
          if (a === b) continue;
          if (flood.linked(a, b)) flood.part(a, b);
          else flood.join(a, b);
          if (settleMs > 0) flood.settle(settleMs);
        }
        flood.settle(120_000);
        for (let i = 0; i < 6; i += 1) {
          const component = flood.componentOf(i);
          const first = component[0] ?? 0;
          const routes = plannerOver(identity(i).publicKey, flood.state(i).database);
          const reached = routes.nodes().filter(({ reachable }) => reachable);
          expect(reached.map(({ peer }) => peer).sort(compareBytes)).toEqual(
            component.map((node) => identity(node).publicKey).sort(compareBytes),
          );
          if (component.length > 1) {
            const inside = (view: string[]): string[] =>
              view.filter((line) =>
                component.some((node) => line.startsWith(byteKey(identity(node).publicKey))),
              );
            expect(inside(flood.view(i))).toEqual(inside(flood.view(first)));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('while nothing changes nothing is sent', () => {
    const flood = new Flood();
    for (let i = 0; i < 4; i += 1) flood.add();
    flood.join(0, 1);
    flood.join(1, 2);
    flood.join(2, 3);
    flood.settle();
    const before = flood.delivered;
    flood.settle(3_600_000);
    expect(flood.delivered).toBe(before);
  });

  test('each record crosses a link once, and never back', () => {
    const flood = new Flood();
    for (let i = 0; i < 4; i += 1) flood.add();
    flood.join(0, 1);
    flood.join(1, 2);
    flood.join(2, 3);
    flood.settle();
    const before = flood.delivered;
    const port = [...(flood.ports[0]?.keys() ?? [])][0] ?? 0;
    flood.state(0).reweigh(port, 200);
    flood.settle();
    expect(flood.delivered - before).toBe(3);
    expect(flood.state(3).counters.duplicate).toBe(0);
  });

  test('a new link between nodes that agree costs their own records and one hash each way', () => {
    const flood = new Flood();
    for (let i = 0; i < 6; i += 1) flood.add();
    for (let i = 0; i < 5; i += 1) flood.join(i, i + 1);
    flood.settle();
    const [before, digests] = [flood.delivered, flood.digests];
    flood.join(0, 5);
    flood.settle();
    expect(flood.digests - digests).toBe(2);
    // Two records over six links of a ring: at most once each way.
    expect(flood.delivered - before - 2).toBeLessThanOrEqual(2 * 6 * 2);
  });

  test('a new link between two meshes sends only what differs', () => {
    const flood = new Flood();
    for (let i = 0; i < 10; i += 1) flood.add();
    for (let i = 0; i < 4; i += 1) flood.join(i, i + 1);
    for (let i = 5; i < 9; i += 1) flood.join(i, i + 1);
    flood.settle();
    flood.join(4, 5);
    flood.settle();
    for (let i = 0; i < 10; i += 1) expect(flood.view(i)).toEqual(flood.view(0));
    expect(flood.view(0)).toHaveLength(10);
    for (let i = 0; i < 10; i += 1) expect(flood.state(i).counters.duplicate).toBeLessThan(3);
  });
});

describe('sequences', () => {
  test.each([
    [2, 'a higher boot epoch is believed at once'],
    [1, 'the same boot epoch jumps past the number that it hears'],
  ])('after a restart with epoch %i: %s', (epoch) => {
    const flood = new Flood();
    for (let i = 0; i < 3; i += 1) flood.add();
    flood.join(0, 1);
    flood.join(1, 2);
    flood.settle();
    flood.part(0, 1);
    flood.part(1, 2);
    flood.states[1] = flood.boot(1, epoch);
    flood.settle();
    flood.join(0, 1);
    flood.settle();
    expect(flood.view(0)).toEqual(flood.view(1));
    const routes = plannerOver(identity(0).publicKey, flood.state(0).database);
    expect(routes.cheapestTo(identity(1).publicKey)).not.toBeNull();
  });

  test('a genuine record of its own with a higher number is outbid at once', () => {
    const flood = new Flood();
    flood.add();
    flood.add();
    flood.join(0, 1);
    flood.settle();
    flood.state(0).receive('record', payloadOf(0, { sequence: 2n ** 40n }), 1);
    flood.settle(2_000);
    const held = flood.state(1).database.get(identity(0).publicKey);
    expect(held?.signed.record.sequence).toBe(2n ** 40n + 1n);
    expect(held?.signed.record.neighbours).toHaveLength(1);
  });

  test('a forged record in this node’s name does not make it jump', () => {
    const flood = new Flood();
    flood.add();
    flood.add();
    flood.join(0, 1);
    flood.settle();
    const forged = payloadOf(0, { sequence: 2n ** 63n }, 'other network');
    const before = flood.state(0).counters.originated;
    const received = flood.state(0).receive('record', forged, 1);
    expect(received).toMatchObject({ kind: 'fault', error: { code: 'ROUTING_RECORD_FORGED' } });
    flood.settle();
    expect(flood.state(0).counters.originated).toBe(before);
  });
});

/** What a node would send over its port 1. */
function outbox(state: LinkState): LinkStateFrame[] {
  const frames: LinkStateFrame[] = [];
  for (let frame = state.next(1); frame !== null; frame = state.next(1)) frames.push(frame);
  return frames;
}

describe('one side alone', () => {
  test('answers an older record with its own', () => {
    const state = new Flood().boot(0, 1);
    state.linkUp(1, identity(1).publicKey, 100);
    const kept = payloadOf(9, { sequence: 7n });
    state.receive('record', kept, null);
    outbox(state);
    expect(state.receive('record', payloadOf(9, { sequence: 6n }), 1)).toMatchObject({
      why: 'older',
    });
    expect(outbox(state)).toEqual([{ kind: 'record', payload: kept }]);
  });

  test('lists once what it has to a neighbour that shows to have more', () => {
    const state = new Flood().boot(0, 1);
    state.linkUp(1, identity(1).publicKey, 100);
    outbox(state);
    const entry = { originator: identity(9).publicKey, sequence: 1n, hash: new Uint8Array(16) };
    const range = encodeDigest({ kind: 'range', after: null, upTo: null, entries: [entry] });
    state.receive('digest', range, 1);
    expect(outbox(state).map(({ kind }) => kind)).toEqual(['digest', 'record']);
    state.receive('digest', range, 1);
    expect(outbox(state).map(({ kind }) => kind)).toEqual(['record']);
  });

  test('counts a link only where both ends report it', () => {
    const state = new Flood().boot(0, 1);
    state.linkUp(1, identity(1).publicKey, 100);
    state.linkDown(99);
    const routes = plannerOver(identity(0).publicKey, state.database);
    const back = { peer: identity(0).publicKey, port: 4, weight: 100, metrics: 0 };
    const on = { peer: identity(2).publicKey, port: 5, weight: 100, metrics: 0 };
    const claims = [back, on].sort((a, b) => compareBytes(a.peer, b.peer));
    state.receive('record', payloadOf(1, { sequence: 1n, neighbours: claims }), 1);
    // This node has not told of its link yet.
    expect(routes.cheapestTo(identity(1).publicKey)).toBeNull();
    state.linkUp(2, identity(3).publicKey, 100);
    state.linkDown(2);
    state.wake();
    expect(routes.cheapestTo(identity(1).publicKey)).toMatchObject({ value: { ports: [1] } });
    state.receive('record', payloadOf(2, { sequence: 1n }), 1);
    expect(routes.cheapestTo(identity(2).publicKey)).toBeNull();
    const returned = [{ peer: identity(1).publicKey, port: 6, weight: 100, metrics: 0 }];
    state.receive('record', payloadOf(2, { sequence: 2n, neighbours: returned }), 1);
    expect(routes.cheapestTo(identity(2).publicKey)).toMatchObject({ value: { ports: [1, 5] } });
  });
});

describe('bounds', () => {
  test('an unreachable originator is dropped, and an older record of it refused for a day', () => {
    const flood = new Flood();
    flood.add();
    flood.add();
    flood.join(0, 1);
    flood.settle();
    const old = payloadOf(1, { sequence: firstSequence(1) });
    const { database } = flood.state(0);
    const routes = plannerOver(identity(0).publicKey, database);
    const age = (): void => database.age(flood.clock.ms);
    age();
    flood.part(0, 1);
    flood.settle();
    const key = identity(1).publicKey;
    age();
    flood.clock.ms += UNREACHABLE_MS_MAX - 1;
    age();
    expect(database.get(key)).toBeDefined();
    flood.clock.ms += 1;
    age();
    expect(database.get(key)).toBeUndefined();
    expect(flood.state(0).receive('record', old, null)).toEqual({ kind: 'ignored', why: 'buried' });
    // A living node comes back with what it has.
    flood.join(0, 1);
    flood.settle();
    expect(routes.cheapestTo(identity(1).publicKey)).not.toBeNull();
    flood.part(0, 1);
    flood.settle();
    age();
    flood.clock.ms += UNREACHABLE_MS_MAX;
    age();
    flood.clock.ms += TOMBSTONE_MS;
    age();
    expect(flood.state(0).receive('record', old, null)).toEqual({ kind: 'taken' });
  });

  test('a full table makes room by its unreachable originators and refuses what is left', () => {
    const flood = new Flood();
    flood.add(1, 3);
    const state = flood.state(0);
    for (const index of [3, 4, 5]) {
      expect(state.receive('record', payloadOf(index), null).kind).toBe('taken');
    }
    expect(flood.view(0)).toHaveLength(3);
    for (const index of [1, 2]) {
      state.linkUp(index, identity(index).publicKey, 100);
      flood.clock.ms += 1_000;
      state.wake();
      const back = { peer: identity(0).publicKey, port: 1, weight: 100, metrics: 0 };
      const received = state.receive('record', payloadOf(index, { neighbours: [back] }), null);
      expect(received.kind).toBe('taken');
    }
    expect(flood.view(0)).toHaveLength(3);
    expect(state.receive('record', payloadOf(6), null)).toEqual({ kind: 'ignored', why: 'full' });
  });

  test('an originator that changes too often is slowed down, and caught up with', () => {
    const flood = new Flood();
    flood.add();
    flood.add();
    flood.join(0, 1);
    flood.settle();
    const state = flood.state(0);
    // Node 9 is a neighbour of node 1.
    flood.state(1).linkUp(99, identity(9).publicKey, 100);
    flood.settle();
    const neighbours = [{ peer: identity(1).publicKey, port: 1, weight: 100, metrics: 0 }];
    const outcomes = Array.from({ length: 100 }, (_, i) =>
      state.receive('record', payloadOf(9, { sequence: BigInt(1000 + i), neighbours }), null),
    );
    expect(outcomes.filter(({ kind }) => kind === 'taken').length).toBe(ORIGINATOR_CHANGES_MAX + 1);
    expect(state.counters.limited).toBe(75);
    // Node 1 gets the last one directly; over the list node 0 gets it too.
    flood.state(1).receive('record', payloadOf(9, { sequence: 2000n, neighbours }), null);
    flood.settle(60_000);
    expect(flood.view(0)).toEqual(flood.view(1));
  });

  test('what was dropped by the bound of a neighbour is asked for again', () => {
    const flood = new Flood();
    flood.add();
    flood.add();
    flood.join(0, 1);
    flood.settle();
    const [port] = [...(flood.ports[0]?.keys() ?? [])];
    const limit = NEIGHBOUR_BURST;
    const same = payloadOf(1, { sequence: 1n });
    for (let i = 0; i < limit; i += 1) flood.state(0).receive('record', same, port ?? 0);
    expect(flood.state(0).receive('record', same, port ?? 0)).toMatchObject({ why: 'limited' });
    const before = flood.digests;
    flood.settle(30_000);
    expect(flood.digests).toBe(before + 1);
  });
});

describe('records', () => {
  const neighbours = fc
    .uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 9 })
    .chain((indices) =>
      fc.tuple(...indices.map((index) => fc.tuple(fc.constant(index), fc.nat(0xffff_ffff)))),
    )
    .map((links) =>
      links
        .map(([index, metrics], i) => ({
          peer: identity(index).publicKey,
          port: i + 1,
          weight: 100 + i,
          metrics,
        }))
        .sort((a, b) => compareBytes(a.peer, b.peer)),
    );

  test('what is signed is read back', () => {
    fc.assert(
      fc.property(
        neighbours,
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        attributesArbitrary,
        (list, sequence, attributes) => {
          const original = record(0, { neighbours: list, sequence, attributes });
          const { payload } = signRecord(primitives, identity(0), 'test', original);
          expect(unwrap(decodeRecord(primitives, payload)).record).toEqual(original);
        },
      ),
    );
  });

  const somewhere: Location = {
    planar: false,
    position: { x: 1, y: 2 },
    atMs: 0,
    mobility: { kind: 'static' },
  };
  test.each<[string, Partial<Location>]>([
    ['a latitude past the pole', { position: { x: 90.1, y: 0 } }],
    ['a longitude that is no number', { position: { x: 0, y: Number.NaN } }],
    ['a place off the plane', { planar: true, position: { x: 0, y: 1e9 } }],
    ['a fraction of a millisecond', { atMs: 0.5 }],
    ['a speed of no node', { mobility: { kind: 'random', speed: Infinity } }],
    ['a walk backwards', { mobility: { kind: 'linear', speed: -1, heading: 0 } }],
    ['a heading past the circle', { mobility: { kind: 'linear', speed: 1, heading: 360 } }],
    ['a centre nowhere', { mobility: { kind: 'circular', speed: 1, centre: { x: 91, y: 0 } } }],
    [
      'an endless pause',
      { mobility: { kind: 'commuter', speed: 1, other: { x: 0, y: 0 }, pauseMs: Infinity } },
    ],
  ])('%s is malformed', (_, fields) => {
    const attributes = { ...PLAIN_NODE, location: { ...somewhere, ...fields } };
    expect(decodeRecord(primitives, payloadOf(0, { attributes }))).toMatchObject({
      error: { code: 'ROUTING_RECORD_MALFORMED' },
    });
  });

  test('a changed byte never passes: it does not decode, or its signature is wrong', () => {
    const payload = payloadOf(1, {
      neighbours: [{ peer: identity(2).publicKey, port: 1, weight: 100, metrics: 0 }],
    });
    fc.assert(
      fc.property(
        fc.nat(payload.length - 1),
        fc.integer({ min: 1, max: 255 }),
        (position, flip) => {
          const flood = new Flood();
          flood.add();
          const changed = payload.slice();
          changed[position] = (changed[position] ?? 0) ^ flip;
          const received = flood.state(0).receive('record', changed, null);
          expect(received.kind).not.toBe('taken');
        },
      ),
    );
  });

  test.each([
    [
      'a link to itself',
      record(0, { neighbours: [{ peer: identity(0).publicKey, port: 1, weight: 1, metrics: 0 }] }),
    ],
    [
      'port 0',
      record(0, { neighbours: [{ peer: identity(1).publicKey, port: 0, weight: 1, metrics: 0 }] }),
    ],
    [
      'weight 0',
      record(0, { neighbours: [{ peer: identity(1).publicKey, port: 1, weight: 0, metrics: 0 }] }),
    ],
    [
      'weight 65536',
      record(0, {
        neighbours: [{ peer: identity(1).publicKey, port: 1, weight: 65_536, metrics: 0 }],
      }),
    ],
    [
      'a neighbour twice',
      record(0, {
        neighbours: [1, 2].map((port) => ({
          peer: identity(1).publicKey,
          port,
          weight: 1,
          metrics: 0,
        })),
      }),
    ],
    ['a short originator', record(0, { originator: new Uint8Array(31) })],
  ])('%s is malformed', (_, faulty) => {
    const { payload } = signRecord(primitives, identity(0), 'test', faulty);
    expect(decodeRecord(primitives, payload)).toMatchObject({
      ok: false,
      error: { code: 'ROUTING_RECORD_MALFORMED' },
    });
  });

  test('a range whose entries do not ascend within it is malformed', () => {
    const flood = new Flood();
    flood.add();
    flood.add();
    flood.join(0, 1);
    const [low, high] = [identity(0).publicKey, identity(1).publicKey].sort(compareBytes);
    const hash = new Uint8Array(16);
    const entry = (
      originator: Uint8Array,
    ): { originator: Uint8Array; sequence: bigint; hash: Uint8Array } => ({
      originator,
      sequence: 1n,
      hash,
    });
    for (const range of [
      { after: null, upTo: null, entries: [entry(high ?? hash), entry(low ?? hash)] },
      { after: high ?? hash, upTo: null, entries: [entry(low ?? hash)] },
      { after: null, upTo: low ?? hash, entries: [entry(high ?? hash)] },
      { after: high ?? hash, upTo: low ?? hash, entries: [] },
    ]) {
      const payload = encodeDigest({ kind: 'range', ...range });
      expect(flood.state(0).receive('digest', payload, 1)).toMatchObject({
        kind: 'fault',
        error: { code: 'ROUTING_DIGEST_MALFORMED' },
      });
    }
  });

  test('the longest digest is far below the bound, and what is above it is not decoded', () => {
    const entries = Array.from({ length: RANGE_ENTRIES_MAX }, (_, i) => ({
      originator: ascendingPeer(i + 1),
      sequence: 2n ** 64n - 1n,
      hash: new Uint8Array(16).fill(0xff),
    }));
    const range = {
      kind: 'range',
      after: ascendingPeer(0),
      upTo: ascendingPeer(RANGE_ENTRIES_MAX),
      entries,
    } as const;
    const longest = encodeDigest(range);
    expect(longest.length).toBeLessThan(DIGEST_BYTES_MAX / 1.5);
    expect(decodeDigest(longest)).toMatchObject({ ok: true });
    // It does not decode either, which would be told otherwise.
    expect(decodeDigest(new Uint8Array(DIGEST_BYTES_MAX + 1))).toMatchObject({
      error: { code: 'ROUTING_DIGEST_MALFORMED', data: { detail: 'too long' } },
    });
  });

  test('a digest with an unknown field is malformed', () => {
    const summary = encodeDigest({ kind: 'summary', hash: new Uint8Array(32) });
    // Field 15, two bytes.
    const padded = Uint8Array.of(...summary, 0x7a, 2, 1, 2);
    expect(decodeDigest(summary)).toMatchObject({ ok: true });
    expect(decodeDigest(padded)).toMatchObject({ error: { code: 'ROUTING_DIGEST_MALFORMED' } });
  });
});
