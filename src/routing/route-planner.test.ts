import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LinkStateRig, rigIdentity } from '../../test/suites/link-state-rig.ts';
import { plannerOver } from '../../test/suites/planner-rig.ts';
import { decodePorts } from '../wire/ports.ts';
import { OWNER_PREFIX_BYTES } from '../wire/failed-links.ts';
import type { Route, RoutePlanner } from './route-planner.ts';

const NODES = 7;
const usable = { links: [], isUsable: () => true };

function peer(index: number): Uint8Array {
  return rigIdentity(index).publicKey;
}

/** Nodes along a route by number, the first hop first. */
function hopsOf(route: Route | null | undefined): number[] {
  const all = Array.from({ length: NODES }, (_, i) => i);
  return (route?.hops ?? []).map((hop) => all.find((i) => peer(i).join() === hop.join()) ?? -1);
}

function cheapest(planner: RoutePlanner, to: number): Route | null {
  const planned = planner.cheapestTo(peer(to));
  return planned?.ok === true ? planned.value : null;
}

/** Nodes and links of a rig, settled; `[a, b, weight]`. */
function meshOf(links: readonly (readonly [number, number, number])[]): LinkStateRig {
  const rig = new LinkStateRig({ shared: false });
  for (let i = 0; i < NODES; i += 1) rig.add();
  for (const [a, b, weight] of links) rig.join(a, b, weight);
  rig.run(5_000);
  return rig;
}

const RING = [
  [0, 1, 100],
  [1, 2, 100],
  [2, 3, 100],
  [3, 4, 100],
  [4, 0, 110],
] as const;

describe('a planner that lives through changes', () => {
  test('knows what one made afterwards knows', () => {
    const change = fc.record({
      a: fc.nat({ max: NODES - 1 }),
      b: fc.nat({ max: NODES - 1 }),
      weight: fc.integer({ min: 1, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 25 }), (changes) => {
        const rig = meshOf([]);
        const { database } = rig.state(0);
        const living = plannerOver(peer(0), database);
        for (const { a, b, weight } of changes) {
          if (a === b) continue;
          if (rig.linked(a, b)) rig.part(a, b);
          else rig.join(a, b, weight);
          rig.run(3_000);
          const fresh = plannerOver(peer(0), database);
          expect(living.nodes()).toEqual(fresh.nodes());
          for (let to = 1; to < NODES; to += 1) {
            const route = cheapest(living, to);
            expect(route?.weight).toBe(cheapest(fresh, to)?.weight);
            // Whatever it says, its ports lead there.
            let at = 0;
            for (const port of decodePorts(route?.encoded ?? new Uint8Array(0)) ?? []) {
              at = rig.ports[at]?.get(port)?.node ?? -1;
            }
            if (route !== null) expect(at).toBe(to);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  test('has no way to itself, to strangers, or over a link that one end denies', () => {
    const rig = meshOf([[0, 1, 100]]);
    const planner = plannerOver(peer(0), rig.state(0).database);
    expect(planner.routeTo(peer(0), 1)).toBeNull();
    expect(planner.routeTo(peer(5), 1)).toBeNull();
    expect(planner.cheapestTo(peer(0))).toBeNull();
    expect(planner.explain(peer(5))).toBeNull();
  });
});

describe('detours', () => {
  test('avoid own links that do not answer and links named by their owner’s prefix, both ways', () => {
    const rig = meshOf(RING);
    const planner = plannerOver(peer(0), rig.state(0).database);
    expect(hopsOf(planner.detourTo(peer(2), usable))).toEqual([1, 2]);
    const dead = rig.portTo(0, 1);
    const without = { links: [], isUsable: (port: number) => port !== dead };
    expect(hopsOf(planner.detourTo(peer(2), without))).toEqual([4, 3, 2]);
    // Named at its far end, the link is avoided from this side too.
    const owner = peer(2).slice(0, OWNER_PREFIX_BYTES);
    const named = { links: [{ owner, port: rig.portTo(2, 1) }], isUsable: () => true };
    expect(hopsOf(planner.detourTo(peer(2), named))).toEqual([4, 3, 2]);
    const both = { ...named, isUsable: without.isUsable };
    expect(hopsOf(planner.detourTo(peer(1), both))).toEqual([]);
    expect(planner.detourTo(peer(1), both)).toBeNull();
  });

  test('are remembered no longer than the topology is the same', () => {
    const rig = meshOf(RING);
    let nowMs = 0;
    const clock = { now: () => nowMs, wallMs: () => nowMs, after: () => ({ cancel: () => {} }) };
    const planner = plannerOver(peer(0), rig.state(0).database, { clock });
    const dead = rig.portTo(0, 1);
    const without = { links: [], isUsable: (port: number) => port !== dead };
    const first = planner.detourTo(peer(2), without);
    expect(hopsOf(first)).toEqual([4, 3, 2]);
    expect(planner.detourTo(peer(2), without)).toBe(first);
    rig.part(3, 4);
    rig.run(3_000);
    expect(planner.detourTo(peer(2), without)).toBeNull();
    // Let go and made again, a topology counts from the beginning.
    nowMs = 120_000;
    planner.sweep();
    rig.join(3, 4);
    rig.run(3_000);
    expect(hopsOf(planner.detourTo(peer(2), without))).toEqual([4, 3, 2]);
  });
});

describe('disjoint routes', () => {
  test('are as many as the mesh has, the cheapest first', () => {
    const rig = meshOf(RING);
    const planner = plannerOver(peer(0), rig.state(0).database);
    expect(planner.disjointRoutes(peer(2)).map(hopsOf)).toEqual([
      [1, 2],
      [4, 3, 2],
    ]);
    const explained = planner.explain(peer(2));
    expect(explained?.explanation.disjoint.routes.length).toBe(2);
    expect(explained?.explanation.disjoint.cut).not.toBeNull();
    expect(explained?.peerOf(explained.explanation.destination)).toEqual(peer(2));
  });
});

describe('flows', () => {
  test('each path of a flow has a label of its own, and feedback reaches the policy by it', () => {
    let nowMs = 0;
    const rig = meshOf([...RING, [0, 5, 105], [5, 2, 105]]);
    const planner = plannerOver(peer(0), rig.state(0).database, {
      policy: 'load-balanced',
      clock: { now: () => nowMs, wallMs: () => nowMs, after: () => ({ cancel: () => {} }) },
    });
    const used = new Map<string, Route>();
    for (let flow = 0; flow < 64; flow += 1) {
      const route = planner.routeTo(peer(2), flow);
      if (route?.ok === true) used.set(hopsOf(route.value).join(), route.value);
    }
    const labels = new Set([...used.values()].map(({ label }) => label));
    expect([...used.keys()].toSorted()).toEqual(['1,2', '5,2']);
    expect(labels.size).toBe(2);
    // Everything that takes the first way comes back marked: flows leave it.
    const share = (): number => {
      const flows = Array.from({ length: 200 }, (_, flow) => planner.routeTo(peer(2), flow));
      const first = flows.filter((route) => route?.ok === true && hopsOf(route.value)[0] === 1);
      return first.length / flows.length;
    };
    const before = share();
    for (let round = 0; round < 10; round += 1) {
      nowMs += 1_100;
      for (let flow = 0; flow < 64; flow += 1) {
        const route = planner.routeTo(peer(2), flow);
        if (route?.ok !== true) continue;
        const marked = hopsOf(route.value)[0] === 1 ? 9 : 0;
        const told = { delivered: 10, lost: 0, marked, roundTripMs: 5 };
        planner.feedback(peer(2), flow ^ route.value.label, told);
      }
    }
    expect(before).toBeGreaterThan(0.2);
    expect(share()).toBeLessThan(before / 2);
  });

  test('an idle topology is let go and made again', () => {
    const rig = meshOf(RING);
    let nowMs = 0;
    const clock = { now: () => nowMs, wallMs: () => nowMs, after: () => ({ cancel: () => {} }) };
    const planner = plannerOver(peer(0), rig.state(0).database, { clock });
    expect(hopsOf(cheapest(planner, 3))).toEqual([4, 3]);
    const busy = planner.stateBytes;
    planner.sweep();
    expect(planner.stateBytes).toBe(busy);
    nowMs = 120_000;
    planner.sweep();
    expect(planner.stateBytes).toBeLessThan(busy / 10);
    expect(hopsOf(cheapest(planner, 3))).toEqual([4, 3]);
  });
});

describe('members', () => {
  test('that links lead to are seen now, others since they were cut off', () => {
    const rig = meshOf(RING);
    const { database } = rig.state(0);
    const clock = {
      now: () => rig.nowMs,
      wallMs: () => 0,
      after: () => ({ cancel: () => {} }),
    };
    const planner = plannerOver(peer(0), database, { clock });
    const seen = (index: number): number | null | undefined =>
      planner.nodes().find((node) => node.peer.join() === peer(index).join())?.seenMsAgo;
    expect([1, 2, 3].map(seen)).toEqual([0, 0, 0]);
    rig.part(1, 2);
    rig.part(2, 3);
    rig.run(1_000);
    database.age(rig.nowMs);
    rig.run(30_000);
    expect(seen(3)).toBe(0);
    expect(seen(2)).toBe(30_000);
  });
});
