import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { at, createCsrBuilder, type CsrGraph } from './csr.ts';
import { dijkstra, pathEdges } from './dijkstra.ts';

interface Edge {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}

function graphOf(nodes: number, edges: readonly Edge[]): CsrGraph {
  const builder = createCsrBuilder(nodes, edges.length);
  edges.forEach(({ from, to, weight }, i) => builder.edge(from, to, weight, i));
  return builder.build();
}

/** Bellman and Ford, the slow and obvious way. */
function bellmanFord(nodes: number, edges: readonly Edge[], source: number): number[] {
  const distances = Array.from({ length: nodes }, (_, v) => (v === source ? 0 : Infinity));
  for (let round = 0; round < nodes; round += 1) {
    for (const { from, to, weight } of edges) {
      distances[to] = Math.min(distances[to] ?? 0, (distances[from] ?? 0) + weight);
    }
  }
  return distances;
}

const graphs = fc.integer({ min: 1, max: 14 }).chain((nodes) =>
  fc.record({
    nodes: fc.constant(nodes),
    source: fc.nat({ max: nodes - 1 }),
    // Few weights, so that ties are common.
    edges: fc.array(
      fc.record({
        from: fc.nat({ max: nodes - 1 }),
        to: fc.nat({ max: nodes - 1 }),
        weight: fc.integer({ min: 1, max: 4 }),
      }),
      { maxLength: 50 },
    ),
  }),
);

describe('dijkstra', () => {
  test('distances are those of Bellman and Ford', () => {
    fc.assert(
      fc.property(graphs, ({ nodes, edges, source }) => {
        const paths = dijkstra(graphOf(nodes, edges), source);
        expect([...paths.distances]).toEqual(bellmanFord(nodes, edges, source));
      }),
    );
  });

  test('a path is connected, as long as its distance says, and has as few hops as any of that length', () => {
    fc.assert(
      fc.property(graphs, ({ nodes, edges, source }) => {
        const graph = graphOf(nodes, edges);
        const paths = dijkstra(graph, source);
        // Scaled weights plus one per hop: the least number of hops among the shortest paths.
        const scaled = edges.map((edge) => ({ ...edge, weight: edge.weight * 1000 + 1 }));
        const fewest = bellmanFord(nodes, scaled, source).map((distance) => distance % 1000);
        for (let target = 0; target < nodes; target += 1) {
          const path = pathEdges(paths, target);
          if (path === null) {
            expect(paths.distances[target]).toBe(Infinity);
            continue;
          }
          let node = source;
          let length = 0;
          for (const edge of path) {
            const original = edges[at(graph.labels, edge)];
            expect(original?.from).toBe(node);
            node = at(graph.targets, edge);
            length += at(graph.weights, edge);
          }
          expect(node).toBe(target);
          expect(length).toBe(paths.distances[target]);
          expect(path.length).toBe(fewest[target]);
          expect(path.length).toBe(paths.hops[target]);
        }
      }),
    );
  });

  test('the order in which edges were added does not change the tree', () => {
    fc.assert(
      fc.property(graphs, ({ nodes, edges, source }) => {
        const forward = dijkstra(graphOf(nodes, edges), source);
        const backward = dijkstra(graphOf(nodes, edges.toReversed()), source);
        expect(backward.parents).toEqual(forward.parents);
      }),
    );
  });

  test('of two equal ways the one over the lower node is taken', () => {
    const square = graphOf(4, [
      { from: 0, to: 2, weight: 1 },
      { from: 0, to: 1, weight: 1 },
      { from: 2, to: 3, weight: 1 },
      { from: 1, to: 3, weight: 1 },
    ]);
    expect(dijkstra(square, 0).parents[3]).toBe(1);
  });

  test('weights of 32 bits do not overflow', () => {
    const edges = Array.from({ length: 9 }, (_, i) => ({
      from: i,
      to: i + 1,
      weight: 0xffff_ffff,
    }));
    expect(dijkstra(graphOf(10, edges), 0).distances[9]).toBe(9 * 0xffff_ffff);
  });
});
