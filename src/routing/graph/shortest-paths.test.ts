import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { graphOf, plainPaths, randomGraphs } from '../../../test/suites/graph-rig.ts';
import { arcTo, hopCounts, nodePath, UNREACHABLE } from './graph.ts';
import { shortestPaths } from './shortest-paths.ts';

const ties = randomGraphs({ nodesMax: 14, linksMax: 30, weightMax: 4 });
const heavy = randomGraphs({ nodesMax: 14, linksMax: 30, weightMax: 0xffff });

describe('shortest paths', () => {
  test.each([
    ['few weights, many ties', ties],
    ['weights of 16 bits', heavy],
  ])('are those of Bellman and Ford, with the lowest parents: %s', (_, graphs) => {
    fc.assert(
      fc.property(graphs, fc.nat(), (random, pick) => {
        const source = pick % random.nodes;
        expect(shortestPaths(graphOf(random), source, random.noTransit)).toEqual({
          source,
          ...plainPaths(random, source),
        });
      }),
      { numRuns: 300 },
    );
  });

  test('lead along arcs whose weights sum to the distance, in as many hops as counted', () => {
    fc.assert(
      fc.property(ties, (random) => {
        const graph = graphOf(random);
        const paths = shortestPaths(graph, 0);
        const hops = hopCounts(paths);
        for (let target = 0; target < random.nodes; target += 1) {
          const path = nodePath(paths, target);
          if (path === null) {
            expect(paths.distances[target]).toBe(UNREACHABLE);
            expect(hops[target]).toBe(0);
            continue;
          }
          const arcs = path.slice(1).map((node, i) => arcTo(graph, path[i] ?? 0, node));
          expect(arcs.reduce((sum, arc) => sum + (graph.weights[arc] ?? 0), 0)).toBe(
            paths.distances[target],
          );
          expect(hops[target]).toBe(arcs.length);
        }
      }),
    );
  });

  test('go into the arrays of an earlier result', () => {
    fc.assert(
      fc.property(ties, ties, (one, other) => {
        const before = shortestPaths(graphOf(one), 0);
        const graph = graphOf(other);
        const fresh = shortestPaths(graph, 0);
        const reused = shortestPaths(graph, 0, null, before);
        expect(reused).toEqual(fresh);
        expect(reused === before).toBe(one.nodes === other.nodes);
      }),
    );
  });

  test('Dijkstra: the example of 1959 as textbooks give it', () => {
    // Cormen, Leiserson, Rivest, Stein, figure 24.6: s, t, x, y, z.
    const arcs = [
      [0, 1, 10],
      [0, 3, 5],
      [1, 2, 1],
      [1, 3, 2],
      [2, 4, 4],
      [3, 1, 3],
      [3, 2, 9],
      [3, 4, 2],
      [4, 0, 7],
      [4, 2, 6],
    ].map(([from = 0, to = 0, weight = 0]) => ({ from, to, weight }));
    const paths = shortestPaths(graphOf({ nodes: 5, arcs }), 0);
    expect([...paths.distances]).toEqual([0, 8, 9, 5, 7]);
    expect([...paths.parents]).toEqual([-1, 3, 1, 0, 3]);
  });

  test('go round the circle of buckets: a line of the heaviest links', () => {
    const nodes = 40_000;
    const arcs = Array.from({ length: nodes - 1 }, (_, i) => ({
      from: i,
      to: i + 1,
      weight: 0xffff - (i % 3),
    }));
    const { distances } = shortestPaths(graphOf({ nodes, arcs }), 0);
    expect(distances[nodes - 1]).toBe(arcs.reduce((sum, { weight }) => sum + weight, 0));
  });

  test('end before a distance outgrows 32 bits', () => {
    const nodes = 66_100;
    const arcs = Array.from({ length: nodes - 1 }, (_, i) => ({
      from: i,
      to: i + 1,
      weight: i < 66_076 ? 65_000 : 1,
    }));
    const { distances } = shortestPaths(graphOf({ nodes, arcs }), 0);
    expect(distances[66_076]).toBe(66_076 * 65_000);
    expect(distances[66_077]).toBe(UNREACHABLE);
    expect(distances[nodes - 1]).toBe(UNREACHABLE);
  });
});
