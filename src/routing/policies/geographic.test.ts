import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { policySuite } from '../../../test/suites/policy.suite.ts';
import { realTopologies, viewOfTopology } from '../../../test/suites/real-topologies.ts';
import {
  PLAIN,
  type TestView,
  graphOf,
  gridOf,
  smallGraphs,
  viewOf,
} from '../../../test/suites/routing-view.ts';
import { createXoshiro128 } from '../../sim/seeded-rng.ts';
import { UNREACHABLE } from '../graph/graph.ts';
import type { Location, Mobility, Position } from '../node-attributes.ts';
import { createGeographicPolicy } from './geographic.ts';
import { DEFAULT_CRITERIA } from './route-criteria.ts';
import { walkByPosition } from './position-greedy.ts';
import { spanningTrees, treeDistancesTo } from './tree-embedding.ts';

policySuite('geographic', createGeographicPolicy);

const STRETCH_MEAN_MAX = 1.06;

function standing(x: number, y: number, mobility: Mobility = { kind: 'static' }): Location {
  return { planar: true, position: { x, y }, atMs: 0, mobility };
}

function drives(speed: number): Mobility {
  return { kind: 'linear', speed, heading: 90 };
}

/** Every `step`-th node sends to all. Delivery without a search, and mean stretch. */
function measure(
  view: TestView,
  step: number,
): { delivered: number; pairs: number; stretch: number } {
  const policy = createGeographicPolicy();
  let [pairs, delivered, stretches] = [0, 0, 0];
  for (let source = 0; source < view.graph.nodes; source += step) {
    view.moveTo(source);
    view.paths.distances.forEach((distance, to) => {
      if (to === source || distance === UNREACHABLE) return;
      pairs += 1;
      const choice = policy.choose(view, to, 0, DEFAULT_CRITERIA);
      if (choice === null || choice.reason.startsWith('search')) return;
      delivered += 1;
      stretches += choice.cost / distance;
    });
  }
  return { delivered, pairs, stretch: stretches / Math.max(1, delivered) };
}

describe('spanning trees', () => {
  test('distances are those of the way through the tree, and some neighbour is always nearer', () => {
    fc.assert(
      fc.property(smallGraphs, ({ graph, nodes }) => {
        const view = viewOf(graph, 0);
        const trees = spanningTrees(view);
        for (let to = 0; to < nodes; to += 1) {
          for (const distanceOf of treeDistancesTo(trees, to)) {
            for (let from = 0; from < nodes; from += 1) {
              view.moveTo(from);
              const distance = distanceOf(from);
              // A tree spans its component, and no way in it is shorter than the shortest.
              const shortest = view.paths.distances[to] ?? 0;
              expect(distance === Infinity).toBe(shortest === UNREACHABLE);
              if (distance === Infinity || from === to) continue;
              expect(distance).toBeGreaterThanOrEqual(shortest);
              const row = Array.from(graph.targets.subarray(graph.starts[from], graph.ends[from]));
              const nearest = Math.min(...row.map(distanceOf));
              expect(nearest).toBeLessThan(distance);
            }
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  test('no tree passes through a node that does not relay', () => {
    // A ring of four and, at 1, a leaf.
    const graph = graphOf(5, [
      { a: 0, b: 1, there: 1, back: 1 },
      { a: 1, b: 2, there: 1, back: 1 },
      { a: 2, b: 3, there: 9, back: 9 },
      { a: 3, b: 0, there: 9, back: 9 },
      { a: 1, b: 4, there: 1, back: 1 },
    ]);
    const view = viewOf(graph, 0);
    view.attributesOf.set(1, { ...PLAIN, relays: false });
    for (const tree of spanningTrees(view)) {
      expect([...tree.parents]).not.toContain(1);
      expect(tree.roots[4]).toBe(4);
    }
  });
});

describe('geographic', () => {
  test('delivers on any graph, whatever the positions say', () => {
    const position: fc.Arbitrary<Position> = fc.record({ x: fc.double(), y: fc.double() });
    fc.assert(
      fc.property(
        smallGraphs,
        fc.array(fc.tuple(fc.nat({ max: 11 }), position, fc.boolean())),
        ({ graph }, places) => {
          const view = viewOf(graph, 0);
          for (const [node, position, planar] of places) {
            const location = { ...standing(0, 0), position, planar };
            view.attributesOf.set(node, { ...PLAIN, location });
          }
          const { pairs, delivered } = measure(view, 1);
          expect(delivered).toBe(pairs);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('delivers by trees grown before weights and links changed', () => {
    fc.assert(
      fc.property(smallGraphs, smallGraphs, fc.boolean(), (before, after, sameLinks) => {
        const view = viewOf(before.graph, 0);
        const policy = createGeographicPolicy();
        policy.choose(view, 1, 0, DEFAULT_CRITERIA);
        const dearer = before.links.map((link) => ({ ...link, there: 6 - link.there }));
        view.replace(sameLinks ? graphOf(before.nodes, dearer) : after.graph);
        view.paths.distances.forEach((distance, to) => {
          if (distance === UNREACHABLE) return;
          const choice = policy.choose(view, to, 0, DEFAULT_CRITERIA);
          expect(choice?.reason).not.toMatch(/^search/);
          expect(choice?.nodes.at(-1)).toBe(to);
        });
      }),
      { numRuns: 300 },
    );
  });

  test('a random graph without positions is walked with little stretch', () => {
    const rng = createXoshiro128(new Uint8Array(16).fill(3));
    const links = Array.from({ length: 300 }, (_, i) => ({
      a: i % 100,
      b: rng.uint32() % 100,
      there: 100,
      back: 100,
    }));
    const { pairs, delivered, stretch } = measure(viewOf(graphOf(100, links), 0), 5);
    expect(delivered).toBe(pairs);
    expect(stretch).toBeLessThanOrEqual(STRETCH_MEAN_MAX);
  });

  test('goes by where nodes will be, not where they were', () => {
    // Both relays lead to 3. Node 1 drives away east, node 2 comes.
    const view = viewOf(
      graphOf(4, [
        { a: 0, b: 1, there: 5, back: 5 },
        { a: 1, b: 3, there: 5, back: 5 },
        { a: 0, b: 2, there: 5, back: 5 },
        { a: 2, b: 3, there: 5, back: 5 },
      ]),
      0,
    );
    const place = (node: number, location: Location): unknown =>
      view.attributesOf.set(node, { ...PLAIN, location });
    place(0, standing(0, 0));
    place(1, standing(50, 0, drives(10)));
    place(2, standing(50, 600, drives(-10)));
    place(3, standing(100, 0));
    view.wallMs = 0;
    expect(walkByPosition(view, 3)).toEqual([0, 1, 3]);
    view.wallMs = 60_000;
    expect(walkByPosition(view, 3)).toEqual([0, 2, 3]);
    // Where neither is nearer than the source itself, the walk is stuck, and the trees lead on.
    place(0, standing(100, 1));
    expect(walkByPosition(view, 3)).toBeNull();
    expect(createGeographicPolicy().choose(view, 3, 0, DEFAULT_CRITERIA)).toMatchObject({
      reason: 'tree-greedy',
    });
  });

  test('a grid without positions is walked with little stretch', () => {
    const { pairs, delivered, stretch } = measure(viewOf(gridOf(7), 0), 3);
    expect(delivered).toBe(pairs);
    expect(stretch).toBeLessThanOrEqual(STRETCH_MEAN_MAX);
  });

  test('every Freifunk mesh: all pairs delivered, mean stretch at most 1.06', () => {
    const real = realTopologies(/^freifunk-.*\.json$/);
    for (const { name, topology } of real) {
      const { pairs, delivered, stretch } = measure(
        viewOfTopology(topology, 1),
        topology.nodes.length >> 3,
      );
      expect(pairs, name).toBeGreaterThan(0);
      expect(delivered, name).toBe(pairs);
      expect(stretch, name).toBeLessThanOrEqual(STRETCH_MEAN_MAX);
    }
  });
});
