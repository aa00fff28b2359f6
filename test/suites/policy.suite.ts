// What every policy must do, whoever it is: valid paths and only where there are any, one path for one flow, the same
// answers from the same seed, no harm from any feedback, bounded state.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NodeAttributes } from '../../src/routing/node-attributes.ts';
import { pathWeight } from '../../src/routing/policies/path-search.ts';
import { DEFAULT_CRITERIA } from '../../src/routing/policies/route-criteria.ts';
import type {
  PathChoice,
  PathFeedback,
  RouteCriteria,
  RoutePolicy,
} from '../../src/routing/policies/route-policy.ts';
import { type TestView, fewestHops, gridOf, smallGraphs, viewOf } from './routing-view.ts';

const STATE_BYTES_MAX = 2_000_000;

const share = fc.double({ min: 0, max: 1, noNaN: true });
const weight = fc.integer({ min: 0, max: 3 });
const criteria: fc.Arbitrary<RouteCriteria> = fc.record({
  weights: fc.oneof(
    fc.constant(DEFAULT_CRITERIA.weights),
    fc.record({
      latency: weight,
      bandwidth: weight,
      loss: weight,
      congestion: weight,
      hops: fc.integer({ min: 1, max: 3 }),
      energy: weight,
      reliability: weight,
    }),
  ),
  hopsMax: fc.oneof(fc.constant(255), fc.integer({ min: 1, max: 6 })),
  diversity: fc.integer({ min: 1, max: 3 }),
});
const coordinate = fc.double({ min: -90, max: 90, noNaN: true });
const attributes: fc.Arbitrary<NodeAttributes> = fc.record({
  gateway: fc.boolean(),
  relays: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false)),
  energy: fc.option(share),
  location: fc.option(
    fc.record({
      planar: fc.boolean(),
      position: fc.record({ x: coordinate, y: coordinate }),
      atMs: fc.integer({ min: 0, max: 2 ** 45 }),
      mobility: fc.constant({ kind: 'static' } as const),
    }),
  ),
});

interface Scene {
  readonly view: TestView;
  readonly criteria: RouteCriteria;
  /** Any numbers, for whatever the test draws next. */
  readonly noise: readonly number[];
}

const scenes: fc.Arbitrary<() => Scene> = smallGraphs.chain(({ nodes, graph }) =>
  fc
    .record({
      source: fc.nat({ max: nodes - 1 }),
      seed: fc.nat({ max: 1000 }),
      attributes: fc.array(fc.tuple(fc.nat({ max: nodes - 1 }), attributes), { maxLength: 8 }),
      suspects: fc.oneof(fc.constant([]), fc.array(fc.nat({ max: nodes - 1 }), { maxLength: 3 })),
      congestion: fc.array(fc.tuple(fc.nat({ max: 60 }), share), { maxLength: 20 }),
      criteria,
      noise: fc.array(fc.nat({ max: 0xffff }), { minLength: 40, maxLength: 40 }),
    })
    .map((drawn) => (): Scene => {
      const view = viewOf(graph, drawn.source, drawn.seed);
      for (const [node, value] of drawn.attributes) view.attributesOf.set(node, value);
      for (const [arc, value] of drawn.congestion) view.congestionOf.set(arc, value);
      for (const node of drawn.suspects) view.suspects.add(node);
      return { view, criteria: drawn.criteria, noise: drawn.noise };
    }),
);

function expectValid(
  view: TestView,
  { hopsMax }: RouteCriteria,
  destination: number,
  choice: PathChoice | null,
): void {
  const hops = fewestHops(view, destination);
  if (choice === null) {
    expect(hops).toBeGreaterThan(hopsMax);
    return;
  }
  const { nodes } = choice;
  expect(nodes[0]).toBe(view.source);
  expect(nodes.at(-1)).toBe(destination);
  expect(new Set(nodes).size).toBe(nodes.length);
  expect(nodes.length - 1).toBeLessThanOrEqual(hopsMax);
  // Null where an arc is missing.
  expect(choice.cost).toBe(pathWeight(view.graph, nodes));
  for (const relay of nodes.slice(1, -1)) expect(view.attributes(relay).relays).toBe(true);
  if (nodes.length > 1) expect(view.suspects.has(nodes[1] ?? 0)).toBe(false);
  expect(choice.reason).not.toBe('');
}

/** Chooses and feeds back, as noise says, and returns all that was chosen. */
function session(policy: RoutePolicy, { view, criteria, noise }: Scene): (PathChoice | null)[] {
  const chosen: (PathChoice | null)[] = [];
  for (let i = 0; i + 4 < noise.length; i += 5) {
    const [a, b, c, d, e] = noise.slice(i, i + 5) as [number, number, number, number, number];
    view.nowMs += a;
    view.wallMs += a;
    const destination = b % view.graph.nodes;
    const choice = policy.choose(view, destination, c, criteria);
    chosen.push(choice);
    const feedback: PathFeedback = {
      nodes: d % 3 === 0 ? noise.slice(0, e % 7) : (choice?.nodes ?? []),
      delivered: d % 11,
      lost: e % 5,
      marked: Math.min(d % 11, e % 13),
      roundTripMs: d % 2 === 0 ? null : e / 10,
    };
    policy.feedback(view, feedback);
  }
  return chosen;
}

export function policySuite(name: string, create: () => RoutePolicy): void {
  describe(`${name} as a policy`, () => {
    test('chooses a valid path, and none only where none leads there within the hop limit', () => {
      fc.assert(
        fc.property(scenes, (scene) => {
          const { view, criteria, noise } = scene();
          const policy = create();
          for (let destination = 0; destination < view.graph.nodes; destination += 1) {
            const choice = policy.choose(view, destination, noise[0] ?? 0, criteria);
            expectValid(view, criteria, destination, choice);
          }
        }),
        { numRuns: 300 },
      );
    });

    test('stays valid after any feedback, and when topology and suspicion change', () => {
      fc.assert(
        fc.property(scenes, smallGraphs, (scene, later) => {
          const { view, criteria, noise } = scene();
          const policy = create();
          session(policy, { view, criteria, noise });
          view.suspects.clear();
          for (const node of noise.slice(0, 2)) view.suspects.add(node % view.graph.nodes);
          for (let to = 0; to < view.graph.nodes; to += 1) {
            expectValid(view, criteria, to, policy.choose(view, to, noise[1] ?? 0, criteria));
          }
          if (later.graph.nodes > view.source) view.replace(later.graph);
          view.nowMs += noise[2] ?? 0;
          for (let to = 0; to < view.graph.nodes; to += 1) {
            expectValid(view, criteria, to, policy.choose(view, to, noise[1] ?? 0, criteria));
          }
          session(policy, { view, criteria, noise: noise.toReversed() });
        }),
        { numRuns: 200 },
      );
    });

    test('keeps a flow on its path while nothing changes', () => {
      fc.assert(
        fc.property(scenes, (scene) => {
          const { view, criteria, noise } = scene();
          const policy = create();
          for (let to = 0; to < view.graph.nodes; to += 1) {
            const first = policy.choose(view, to, noise[0] ?? 0, criteria);
            policy.choose(view, to, noise[1] ?? 0, criteria);
            policy.choose(view, (to + 1) % view.graph.nodes, noise[0] ?? 0, criteria);
            const again = policy.choose(view, to, noise[0] ?? 0, criteria);
            expect(again?.nodes).toEqual(first?.nodes);
            // The third time it is even the same object: what is made of a choice can be kept.
            expect(policy.choose(view, to, noise[0] ?? 0, criteria)).toBe(again);
          }
        }),
      );
    });

    test('answers the same from the same seed', () => {
      fc.assert(
        fc.property(scenes, (scene) => {
          expect(session(create(), scene())).toEqual(session(create(), scene()));
        }),
      );
    });

    test('tells alternatives that are valid paths, differ from the choice, and say why not', () => {
      fc.assert(
        fc.property(scenes, (scene) => {
          const { view, criteria, noise } = scene();
          const policy = create();
          session(policy, { view, criteria, noise });
          for (let to = 0; to < view.graph.nodes; to += 1) {
            const alternatives = policy.alternatives(view, to, criteria);
            const keys = alternatives.map(({ nodes }) => nodes.join());
            expect(new Set(keys).size).toBe(keys.length);
            for (const { nodes, cost, rejected } of alternatives) {
              expect(nodes[0]).toBe(view.source);
              expect(nodes.at(-1)).toBe(to);
              expect(new Set(nodes).size).toBe(nodes.length);
              expect(cost).toBe(pathWeight(view.graph, nodes));
              expect(rejected).not.toBe('');
            }
          }
        }),
      );
    });

    test('holds bounded state, whoever is asked for', () => {
      const view = viewOf(gridOf(24), 0);
      const policy = create();
      for (let to = 0; to < view.graph.nodes; to += 1) {
        view.nowMs += 7;
        const choice = policy.choose(view, to, to * 31, DEFAULT_CRITERIA);
        expect(choice).not.toBeNull();
        const nodes = choice?.nodes ?? [];
        policy.feedback(view, { nodes, delivered: 9, lost: 1, marked: 2, roundTripMs: 20 });
      }
      expect(policy.stateBytes).toBeLessThan(STATE_BYTES_MAX);
    });
  });
}
