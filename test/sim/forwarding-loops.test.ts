// No loops, in whatever order things happen: a model of many forwarders whose links fail and come back at random, whose
// packets overtake each other and are repeated, and whose detours are planned on views that contradict each other.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSeededRng } from '../../src/sim/seeded-rng.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { createForwarder, DETOURS_MAX, type Forwarder } from '../../src/routing/forwarder.ts';
import {
  decodePacketHeader,
  detourCount,
  encodePacket,
  PacketType,
  replaceRoute,
  setFlags,
  withDetourCount,
} from '../../src/wire/packet.ts';
import { encodePorts } from '../../src/wire/ports.ts';

const NODES = 8;
const EVENTS_MAX = 3_000;

function idOf(node: number): Uint8Array {
  return new Uint8Array(32).fill(node + 1);
}

/** Every node has a port to every other one: port p of node n leads to node (n + p) mod `NODES`. */
function across(node: number, port: number): number {
  return (node + port) % NODES;
}

interface Run {
  /** How often each node passed each packet on. */
  readonly passed: Map<string, number>;
  readonly delivered: Map<string, number>;
  readonly events: number;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Packets with any routes at all, circles too; relays that go round dead links by other routes of any kind. */
function run(seed: number): Run {
  const rng = createSeededRng(primitives, seed, 'loops');
  const draw = (below: number): number => Math.floor(rng.unit() * below);
  const anyRoute = (): Uint8Array =>
    encodePorts(Array.from({ length: 1 + draw(12) }, () => 1 + draw(NODES - 1)));
  const dead = new Set<string>();
  const forwarders: Forwarder[] = Array.from({ length: NODES }, (_, node) =>
    createForwarder({
      self: idOf(node),
      gateway: false,
      isUsable: (port) => !dead.has(`${node} ${port}`),
    }),
  );
  const underWay: { readonly node: number; readonly packet: Uint8Array }[] = [];
  for (let i = 0; i < 10; i += 1) {
    const source = draw(NODES);
    const header = {
      type: PacketType.data,
      flags: 0,
      ttl: 255,
      flowId: 0,
      packetId: BigInt(i),
      source: idOf(source),
      destination: idOf(draw(NODES)),
      route: anyRoute(),
      cursor: 0,
    };
    underWay.push({ node: source, packet: encodePacket(header, new Uint8Array(1)) });
  }
  const passed = new Map<string, number>();
  const delivered = new Map<string, number>();
  const pass = (node: number, port: number, packet: Uint8Array, id: bigint): void => {
    count(passed, `${node} ${id}`);
    underWay.push({ node: across(node, port), packet });
    // A stream that died may have delivered it all the same, before or after the copy that was sent round.
    if (rng.chance(0.3)) underWay.push({ node: across(node, port), packet: packet.slice() });
  };
  let events = 0;
  while (underWay.length > 0) {
    events += 1;
    if (events > EVENTS_MAX) break;
    const [next] = underWay.splice(draw(underWay.length), 1);
    if (next === undefined) break;
    if (rng.chance(0.3)) {
      const link = `${draw(NODES)} ${1 + draw(NODES - 1)}`;
      if (!dead.delete(link)) dead.add(link);
    }
    const { node, packet } = next;
    const forwarder = forwarders[node];
    if (forwarder === undefined) throw new Error('no such node');
    let decision = forwarder.decide(packet);
    let carried = packet;
    while (decision.kind === 'blocked') {
      const { header } = decision;
      const detours = detourCount(header.flags);
      if (detours >= DETOURS_MAX) break;
      carried = replaceRoute(carried, anyRoute());
      setFlags(carried, withDetourCount(header.flags, detours + 1));
      decision = forwarder.decide(carried);
    }
    if (decision.kind === 'deliver') count(delivered, `${decision.header.packetId}`);
    if (decision.kind !== 'forward') continue;
    const header = decodePacketHeader(carried);
    if (!header.ok) throw new Error('a packet was damaged');
    pass(node, decision.port, carried, header.value.packetId);
    // Sent, not acknowledged, the link suspect: the sender takes its copy another way.
    if (!rng.chance(0.3)) continue;
    const detours = detourCount(header.value.flags);
    if (detours >= DETOURS_MAX) continue;
    const again = replaceRoute(carried, anyRoute());
    setFlags(again, withDetourCount(header.value.flags, detours + 1));
    underWay.push({ node, packet: again });
  }
  return { passed, delivered, events };
}

test('a node passes a packet at most once more than it may take detours, and delivers it once', () => {
  let most = 0;
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const { passed, delivered, events } = run(seed);
      expect(events).toBeLessThan(EVENTS_MAX);
      for (const times of passed.values()) {
        expect(times).toBeLessThanOrEqual(1 + DETOURS_MAX);
        most = Math.max(most, times);
      }
      for (const times of delivered.values()) expect(times).toBe(1);
    }),
    { numRuns: 300 },
  );
  // The bound is met: the model does try.
  expect(most).toBe(1 + DETOURS_MAX);
});
