import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { graphOf, randomGraphs, type RandomGraph } from '../../../test/suites/graph-rig.ts';
import { nodePath, UNREACHABLE, type ShortestPaths } from './graph.ts';
import { loopFreeAlternates, type LoopFreeAlternate } from './loop-free-alternates.ts';
import { shortestPaths } from './shortest-paths.ts';

const graphs = randomGraphs({ nodesMax: 9, linksMax: 16, weightMax: 4 });

function alternatesOf(
  random: RandomGraph,
  [source, destination]: readonly [number, number],
  noTransit: Uint8Array | null,
): { readonly paths: ShortestPaths; readonly alternates: readonly LoopFreeAlternate[] } {
  const graph = graphOf(random);
  const paths = shortestPaths(graph, source, noTransit);
  const pathsFrom = (node: number): ShortestPaths => shortestPaths(graph, node, noTransit);
  const alternates = loopFreeAlternates(graph, paths, destination, pathsFrom, noTransit);
  return { paths, alternates };
}

/** The nodes of all shortest paths between two nodes. */
function between(
  random: RandomGraph,
  from: number,
  to: number,
  noTransit: Uint8Array | null,
): Set<number> {
  const graph = graphOf(random);
  const there = shortestPaths(graph, from, noTransit).distances;
  const nodes = Array.from({ length: random.nodes }, (_, node) => node).filter((node) => {
    if (node !== from && node !== to && noTransit !== null && noTransit[node] !== 0) return false;
    const rest = shortestPaths(graph, node, noTransit).distances[to] ?? UNREACHABLE;
    return (there[node] ?? UNREACHABLE) + rest === there[to];
  });
  return new Set(nodes);
}

function ends({ nodes }: RandomGraph, pick: number): readonly [number, number] {
  const source = pick % nodes;
  return [source, (source + 1 + (Math.floor(pick / nodes) % (nodes - 1))) % nodes];
}

/** Four links from node to node, each as heavy in both directions. */
function ring(weights: readonly number[]): RandomGraph {
  return {
    nodes: 4,
    arcs: weights.flatMap((weight, i) => [
      { from: i, to: (i + 1) % 4, weight },
      { from: (i + 1) % 4, to: i, weight },
    ]),
    noTransit: new Uint8Array(4),
  };
}

describe('loop-free alternates', () => {
  test('are the other neighbours none of whose shortest paths lead back, or over the next hop', () => {
    fc.assert(
      fc.property(graphs, fc.nat(), (random, pick) => {
        const [source, destination] = ends(random, pick);
        const { paths, alternates } = alternatesOf(random, [source, destination], null);
        const primary = nodePath(paths, destination)?.[1];
        const arcs = random.arcs.filter(({ from, to }) => from === source && to !== primary);
        const expected = arcs.flatMap(({ to, weight }) => {
          const nodes = between(random, to, destination, null);
          const { distances } = shortestPaths(graphOf(random), to);
          const distance = distances[destination] ?? UNREACHABLE;
          if (primary === undefined || nodes.has(source)) return [];
          return [
            {
              neighbour: to,
              weight: weight + distance,
              nodeProtecting: !nodes.has(primary),
              downstream: distance < (paths.distances[destination] ?? UNREACHABLE),
            },
          ];
        });
        expect(alternates.toSorted((a, b) => a.neighbour - b.neighbour)).toEqual(
          expected.toSorted((a, b) => a.neighbour - b.neighbour),
        );
        const rank = alternates.map((one) => (one.nodeProtecting ? 0 : 10_000) + one.weight);
        expect(rank).toEqual(rank.toSorted((a, b) => a - b));
      }),
      { numRuns: 300 },
    );
  });

  test('never lead back where some nodes do not relay', () => {
    fc.assert(
      fc.property(graphs, fc.nat(), (random, pick) => {
        const [source, destination] = ends(random, pick);
        const { paths, alternates } = alternatesOf(random, [source, destination], random.noTransit);
        const primary = nodePath(paths, destination)?.[1] ?? source;
        for (const { neighbour, nodeProtecting } of alternates) {
          const nodes = between(random, neighbour, destination, random.noTransit);
          expect(nodes.has(source)).toBe(false);
          if (nodeProtecting) expect(nodes.has(primary)).toBe(false);
          if (neighbour !== destination) expect(random.noTransit[neighbour]).toBe(0);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a ring of four has one where the ways are alike, none where the neighbour goes back', () => {
    expect(alternatesOf(ring([1, 1, 1, 1]), [0, 2], null).alternates).toEqual([
      { neighbour: 3, weight: 2, nodeProtecting: true, downstream: true },
    ]);
    expect(alternatesOf(ring([1, 1, 5, 1]), [0, 2], null).alternates).toEqual([]);
  });
});
