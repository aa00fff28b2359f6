// Every decoder of routing and mesh, and an established link of a whole node, against random bytes and mutated valid
// input: a code or nothing, never an exception, and the node goes on. BITCRAPS_FUZZ_MS is the time for each (300 ms
// unless told); a failure prints its seed and the smallest input found.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../src/core/bytes.ts';
import {
  decodeDeliveryFrame,
  encodeAck,
  encodeMessage,
} from '../../src/mesh/delivery/delivery-frame.ts';
import { decodeMembership, encodeMembership } from '../../src/mesh/membership-message.ts';
import { openNeighbour, type Neighbour } from '../../src/mesh/neighbour.ts';
import { decodeStep } from '../../src/mesh/session-handshake.ts';
import { decodePing, encodePing } from '../../src/mesh/ping.ts';
import { decodeUnreachable, encodeUnreachable } from '../../src/mesh/unreachable.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { LocalHealth } from '../../src/resilience/detector/local-health.ts';
import { PhiDetectors } from '../../src/resilience/detector/phi-accrual.ts';
import { presets } from '../../src/resilience/presets.ts';
import { createForwarder } from '../../src/routing/forwarder.ts';
import { decodeDigest, encodeDigest } from '../../src/routing/link-state-digest.ts';
import { decodeDelta, encodeDelta } from '../../src/routing/link-state-delta.ts';
import {
  decodeRecord,
  RECORD_BYTES_MAX,
  recordIsSigned,
  signRecord,
} from '../../src/routing/link-state-record.ts';
import { decodeUpdate, LIST_IDS_MAX, UpdateWriter } from '../../src/routing/link-state-update.ts';
import { readVarint } from '../../src/routing/varint.ts';
import { createLinkState } from '../../src/routing/link-state.ts';
import { PLAIN_NODE } from '../../src/routing/node-attributes.ts';

import { helloFor } from '../../src/versioning/hello.ts';
import { CURRENT } from '../../src/versioning/protocol-version.ts';
import { decodeFrame, FRESH_BUFFERS, FrameType } from '../../src/wire/frame.ts';
import { encodePacket, PacketType } from '../../src/wire/packet.ts';
import { encodePorts } from '../../src/wire/ports.ts';
import { rigRng } from '../suites/link-state-rig.ts';
import { MeshRig, silentLogger, testIdentity } from '../suites/mesh-rig.ts';
import { plannerOver } from '../suites/planner-rig.ts';

const budgetMs = Number(process.env['BITCRAPS_FUZZ_MS'] ?? '300');
const NODES = ['a', 'b', 'c', 'd', 'mallory'] as const;

/** Runs the property until the time is up. */
function fuzz<T>(input: fc.Arbitrary<T>, check: (value: T) => void): void {
  const property = fc.property(input, (value) => check(value));
  const runs = { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: budgetMs };
  fc.assert(property, { ...runs, markInterruptAsFailure: false });
}

/** Random bytes, and valid ones with some changed, cut off or repeated. */
function mutated(...valid: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const change = fc.record({ at: fc.nat(), to: fc.nat(255) });
  const cut = fc.record({ from: fc.nat(), length: fc.nat() });
  const spoilt = fc
    .tuple(fc.constantFrom(...valid), fc.array(change, { maxLength: 6 }), fc.option(cut))
    .map(([original, changes, piece]) => {
      let bytes = original.slice();
      if (piece !== null && bytes.length > 0) {
        const from = piece.from % bytes.length;
        bytes = bytes.slice(
          from === 0 ? 0 : from % 4,
          bytes.length - (piece.length % bytes.length),
        );
      }
      for (const { at, to } of changes) if (bytes.length > 0) bytes[at % bytes.length] = to;
      return bytes;
    });
  return fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 600 }) },
    { weight: 4, arbitrary: spoilt },
  );
}

function nobody(): null {
  return null;
}

function recordOf(name: string, sequence = 1n): Uint8Array {
  const identity = testIdentity(name);
  const neighbours = NODES.filter((other) => other !== name)
    .map((other, i) => ({
      peer: testIdentity(other).publicKey,
      port: i + 1,
      weight: 100,
      metrics: 0,
    }))
    .sort((x, y) => (toHex(x.peer) < toHex(y.peer) ? -1 : 1));
  const attributes = PLAIN_NODE;
  const record = { originator: identity.publicKey, sequence, attributes, neighbours };
  return signRecord(primitives, identity, 'test', record).payload;
}

function digests(): readonly Uint8Array[] {
  const entries = NODES.map((name) => testIdentity(name).publicKey)
    .sort((x, y) => (toHex(x) < toHex(y) ? -1 : 1))
    .map((originator) => ({ originator, sequence: 5n, hash: new Uint8Array(16) }));
  return [
    encodeDigest({ kind: 'summary', hash: new Uint8Array(32) }),
    encodeDigest({ kind: 'range', after: null, upTo: null, entries }),
    encodeDigest({ kind: 'range', after: null, upTo: entries[2]?.originator ?? null, entries: [] }),
  ];
}

function updates(): readonly Uint8Array[] {
  const salt = new Uint8Array(8).fill(7);
  const nothing = new Uint8Array(0);
  return [0, 1, 2, 3].flatMap((kind) => {
    const writer = new UpdateWriter();
    if (kind === 0) {
      for (const name of NODES) writer.record(recordOf(name, 3n), 9);
      writer.delta(new Uint8Array(90).fill(kind), 3);
      writer.prune();
    } else if (kind === 1) {
      for (const fingerprints of [new Uint8Array(8), new Uint8Array(128), nothing]) {
        const ids = fingerprints.length === 0 ? new Uint8Array(24) : nothing;
        writer.trie({ prefix: 5, digits: 2, fingerprints, ids }, salt);
      }
      writer.graft();
    } else if (kind === 2) {
      writer.proof({ one: recordOf('mallory'), other: recordOf('mallory', 2n) });
    } else {
      for (let i = 0; i < 5; i += 1) writer.have(i);
      for (let i = 0; i < 5; i += 1) writer.want(i);
      writer.wantFull(1, 2);
    }
    return writer.finish(FRESH_BUFFERS) ?? [];
  });
}

function packets(): readonly Uint8Array[] {
  return [PacketType.data, PacketType.handshake, PacketType.unreachable].flatMap((type) =>
    ['a', 'b', 'd', 'nobody'].map((name) =>
      encodePacket(
        {
          type,
          flags: 0,
          ttl: 9,
          flowId: 1,
          packetId: BigInt(type),
          source: testIdentity('mallory').publicKey,
          destination: testIdentity(name).publicKey,
          route: encodePorts([1, 2, 3]),
          cursor: 0,
        },
        type === PacketType.unreachable
          ? encodeUnreachable({ destination: new Uint8Array(32), code: 'MESH_NO_ROUTE' })
          : utf8('a body that opens for nobody'),
      ),
    ),
  );
}

describe('decoders', () => {
  test('decodeDeliveryFrame', () => {
    const message = encodeMessage(7n << 32n, 3, 5, utf8('hello'));
    fuzz(mutated(message, encodeAck(1n, 9, 0b101)), (bytes) => {
      const frame = decodeDeliveryFrame(bytes);
      if (frame === null) return;
      const { stream } = frame;
      const again =
        frame.kind === 'ack'
          ? encodeAck(stream, frame.next, frame.bits)
          : encodeMessage(stream, frame.base, frame.sequence, frame.payload);
      expect(again).toEqual(bytes);
    });
  });

  test('link-state record: what passes is signed and within its bounds', () => {
    fuzz(mutated(recordOf('a'), recordOf('b', 2n ** 64n - 1n)), (bytes) => {
      const decoded = decodeRecord(primitives, bytes);
      if (!decoded.ok) expect(decoded.error.code).toBe('ROUTING_RECORD_MALFORMED');
      else recordIsSigned(primitives, 'test', decoded.value);
    });
  });

  test('link-state digest: what passes is read again the same', () => {
    fuzz(mutated(...digests()), (bytes) => {
      const decoded = decodeDigest(bytes);
      if (!decoded.ok) {
        expect(decoded.error.code).toBe('ROUTING_DIGEST_MALFORMED');
        return;
      }
      const again = decodeDigest(encodeDigest(decoded.value));
      expect(again.ok && again.value.kind).toBe(decoded.value.kind);
    });
  });

  test('link-state update: what passes keeps its bounds', () => {
    fuzz(mutated(...updates()), (bytes) => {
      readVarint(bytes, 0);
      const decoded = decodeUpdate(bytes);
      if (!decoded.ok) {
        expect(decoded.error.code).toBe('ROUTING_UPDATE_MALFORMED');
        return;
      }
      const { records, deltas, tries } = decoded.value;
      for (const { start, end } of [...records, ...deltas]) {
        expect(start).toBeLessThanOrEqual(end);
        expect(end).toBeLessThanOrEqual(bytes.length);
      }
      for (const { ids } of tries) expect(ids.length).toBeLessThanOrEqual(8 * LIST_IDS_MAX);
    });
  });

  test('link-state delta: nothing but the true changes makes the record', () => {
    const base = recordOf('a');
    const result = recordOf('a', 2n);
    const delta = encodeDelta(base, result, nobody);
    expect(decodeDelta(base, delta, nobody, RECORD_BYTES_MAX)).toEqual(result);
    fuzz(mutated(delta), (bytes) => {
      const made = decodeDelta(base, bytes, () => base.subarray(0, 32), RECORD_BYTES_MAX);
      expect(made?.length ?? 0).toBeLessThanOrEqual(RECORD_BYTES_MAX);
    });
  });

  test('session handshake and unreachable notice', () => {
    const step = Uint8Array.of(0x0a, 9, 0x0d, 1, 2, 3, 4, 0x12, 2, 1, 2);
    const notice = encodeUnreachable({ destination: new Uint8Array(32), code: 'MESH_NO_ROUTE' });
    fuzz(mutated(step, notice), (bytes) => {
      decodeStep(bytes);
      const decoded = decodeUnreachable(bytes);
      if (decoded !== null) expect(decoded.code).toMatch(/^[A-Z0-9_]+$/);
    });
  });

  test('question and answer about a member', () => {
    const about = { number: 7, subject: new Uint8Array(32).fill(3), incarnation: 2n ** 33n };
    const query = encodeMembership({ kind: 'query', ...about });
    const answer = encodeMembership({ kind: 'answer', finding: 'silent', ...about });
    fuzz(mutated(query, answer), (bytes) => {
      const decoded = decodeMembership(bytes);
      if (decoded !== null) expect(decodeMembership(encodeMembership(decoded))).toEqual(decoded);
    });
  });

  test('ping', () => {
    const ping = encodePing({ number: 7, roundTripMs: 1.5 });
    fuzz(mutated(ping), (bytes) => {
      const decoded = decodePing(bytes);
      if (decoded !== null) expect(encodePing(decoded)).toEqual(bytes);
    });
  });

  test('forwarder', () => {
    const forwarder = createForwarder({
      self: testIdentity('a').publicKey,
      gateway: true,
      isUsable: (port) => port < 100,
    });
    fuzz(mutated(...packets()), (bytes) => void forwarder.decide(bytes));
  });
});

test('link state takes any record or digest and still routes', () => {
  let nowMs = 0;
  const identity = testIdentity('a');
  const clock = { now: () => nowMs, wallMs: () => nowMs, after: () => ({ cancel: () => {} }) };
  const config = { identity, networkId: 'test', attributes: PLAIN_NODE, bootEpoch: 1 };
  const rng = rigRng(1);
  const state = createLinkState(config, { primitives, clock, logger: silentLogger, rng });
  state.linkUp(1, testIdentity('b').publicKey, 100);
  state.linkUp(3, testIdentity('c').publicKey, 100, { revision: 2 });
  const routes = plannerOver(identity.publicKey, state.database);
  const records = NODES.flatMap((name) => [recordOf(name), recordOf(name, 2n)]);
  const input = fc.record({
    kind: fc.constantFrom('record', 'digest', 'update'),
    bytes: mutated(...records, ...digests(), ...updates()),
    port: fc.constantFrom(1, 2, 3, null),
  });
  fuzz(input, ({ kind, bytes, port }) => {
    nowMs += 1_000;
    state.receive(kind, bytes, port);
    state.wake();
    for (const link of [1, 3]) {
      for (let frames = 0; state.next(link) !== null; frames += 1) expect(frames).toBeLessThan(100);
    }
    expect(routes.nodes().length).toBeLessThan(20);
    routes.nearestGateway();
  });
});

/** Opens a link from a hostile node; it is opened anew whenever it was closed. */
function attack(rig: MeshRig): () => Neighbour {
  const identity = testIdentity('mallory');
  const clock = rig.world.clockFor('mallory');
  rig.network.endpoint(identity.publicKey, 'mallory');
  let neighbour: Neighbour | null = null;
  return () => {
    if (neighbour !== null && neighbour.state !== 'closed') return neighbour;
    const [mine, theirs] = rig.network.pair('mallory', 'a');
    const rest = {
      networkId: 'test',
      meshName: 'home',
      rulesHash: new Uint8Array(32),
      purpose: 'mesh',
      gateway: false,
      frameBytesMax: mine.frameBytesMax,
      proof: new Uint8Array(8),
    } as const;
    const handlers = { established: () => {}, frame: () => {}, closed: () => {} };
    neighbour = openNeighbour(mine, {
      primitives,
      identity,
      clock,
      logger: silentLogger,
      proofBits: 0,
      ...presets.lan,
      detectors: new PhiDetectors({ ...presets.lan, phiThreshold: 8 }),
      localHealth: new LocalHealth(),
      hello: helloFor(CURRENT, rest, rig.world.rng('mallory')),
      handlers,
    });
    rig.node('a').mesh.addLink(theirs);
    rig.world.runSync(rig.world.clock.now() + 50);
    return neighbour;
  };
}

describe('a node with an established hostile link', () => {
  test('outlives any frames, and its mesh goes on', async () => {
    const rig = new MeshRig();
    rig.line(['a', 'b', 'c', 'd']);
    const overheard: Uint8Array[] = [];
    rig.tap = (_, to, frame) => {
      if (to === 'a' && frame[0] === FrameType.packet) overheard.push(frame.slice());
    };
    await rig.run(2_000);
    // Real handshakes, answers and sealed messages for `a`, to be replayed and spoilt.
    rig.send('a', 'c', 'hello');
    rig.send('d', 'a', 'hello');
    await rig.run(1_000);
    rig.send('c', 'a', 'hello');
    await rig.run(1_000);
    rig.tap = () => {};
    // Two handshakes' and two messages' packets, and a report on the flow to c.
    expect(overheard).toHaveLength(5);
    const hostile = attack(rig);
    const records = NODES.flatMap((name) => [recordOf(name, 2n ** 40n), recordOf(name, 3n)]);
    const frames = [
      ...overheard,
      ...records.map((payload) => Uint8Array.of(FrameType.linkState, ...payload)),
      ...digests().map((payload) => Uint8Array.of(FrameType.linkStateDigest, ...payload)),
      ...updates().map((payload) => Uint8Array.of(FrameType.linkStateUpdate, ...payload)),
      ...packets().map((payload) => Uint8Array.of(FrameType.packet, ...payload)),
      Uint8Array.of(FrameType.ping, 0, 0, 0, 0, 0, 0, 0, 1),
      Uint8Array.of(FrameType.pong, 0, 0, 0, 0, 0, 0, 0, 1),
      Uint8Array.of(FrameType.hello, 1, 2, 3),
      Uint8Array.of(FrameType.presence, 1, 2, 3),
    ];
    let count = 0;
    fuzz(mutated(...frames), (bytes) => {
      if (bytes.length === 0) return;
      // Goodbyes end the link, which costs a handshake each time.
      const decoded = decodeFrame(bytes);
      if (decoded.ok && decoded.value.type === FrameType.goodbye && count % 50 !== 0) return;
      count += 1;
      hostile().link.send(bytes);
      rig.world.runSync(rig.world.clock.now() + 5);
    });
    expect(count).toBeGreaterThan(0);
    hostile().close(null);
    // Records signed by the members' own keys were among the frames: they outbid them in a moment.
    await rig.run(120_000);
    rig.send('a', 'd', 'still here');
    await rig.run(5_000);
    expect(rig.node('d').inbox).toEqual([{ from: 'a', text: 'still here' }]);
    for (const node of rig.nodes.values()) expect(node.mesh.neighbours().length).toBeGreaterThan(0);
  });
});
