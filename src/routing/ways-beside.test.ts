import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { graphOf, randomGraphs, type Arc } from '../../test/suites/graph-rig.ts';
import { disjointPaths } from './graph/disjoint-paths.ts';
import { arcTo, nodePath, NONE } from './graph/graph.ts';
import { shortestPaths } from './graph/shortest-paths.ts';
import { pathsBeside } from './ways-beside.ts';

const random = fc.tuple(
  fc.oneof(
    randomGraphs({ nodesMax: 9, linksMax: 22, weightMax: 6 }),
    randomGraphs({ nodesMax: 40, linksMax: 120, weightMax: 50 }),
  ),
  fc.nat(),
  fc.integer({ min: 1, max: 3 }),
);

function link(from: number, to: number, weight: number): Arc[] {
  return [
    { from, to, weight },
    { from: to, to: from, weight },
  ];
}

describe('paths beside the shortest', () => {
  test('are as many as the graph has, and share no node with it wherever that is possible', () => {
    fc.assert(
      fc.property(random, ([drawn, pick, count]) => {
        const graph = graphOf(drawn);
        const { noTransit } = drawn;
        const target = 1 + (pick % (drawn.nodes - 1));
        const path = nodePath(shortestPaths(graph, 0, noTransit), target);
        if (path === null || path.length < 2) return;
        const beside = pathsBeside(graph, path, count, noTransit);
        const options = { kind: 'node', noTransit } as const;
        const possible = disjointPaths(graph, 0, target, { ...options, count: count + 1 }).paths;
        expect(beside.length).toBeGreaterThanOrEqual(Math.min(count, possible.length - 1));
        expect(beside.length).toBeLessThanOrEqual(count);
        const inner = new Set(path.slice(1, -1));
        const taken = new Set<number>();
        for (const nodes of beside) {
          expect(nodes.join()).not.toBe(path.join());
          expect([nodes[0], nodes.at(-1)]).toEqual([0, target]);
          for (const [i, node] of nodes.slice(1).entries()) {
            expect(arcTo(graph, nodes[i] ?? NONE, node)).not.toBe(NONE);
          }
          for (const node of nodes.slice(1, -1)) {
            expect(noTransit[node]).toBe(0);
            expect(taken.has(node)).toBe(false);
            taken.add(node);
          }
        }
        if (beside.every((nodes) => nodes.slice(1, -1).every((node) => !inner.has(node)))) return;
        // Something is shared: as many that share nothing there are not.
        const without = noTransit.slice();
        for (const node of inner) without[node] = 1;
        const apart = disjointPaths(graph, 0, target, {
          kind: 'node',
          count: count + 1,
          noTransit: without,
        }).paths.filter(({ nodes }) => nodes.join() !== path.join());
        expect(apart.length).toBeLessThan(Math.min(count, possible.length - 1));
      }),
      { numRuns: 400 },
    );
  });

  test("in Suurballe's trap, where the shortest path crosses both disjoint ones", () => {
    // 0–1–2–5 is the shortest; 0–1–4–5 and 0–3–2–5 are the only two disjoint ones.
    const arcs = [
      ...link(0, 1, 1),
      ...link(1, 2, 1),
      ...link(2, 5, 1),
      ...link(0, 3, 2),
      ...link(3, 2, 2),
      ...link(1, 4, 2),
      ...link(4, 5, 2),
    ];
    const graph = graphOf({ nodes: 6, arcs });
    const beside = pathsBeside(graph, [0, 1, 2, 5], 2, null);
    expect(beside.map((nodes) => nodes.join()).toSorted()).toEqual(['0,1,4,5', '0,3,2,5']);
  });
});
