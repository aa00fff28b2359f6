// Small random graphs for the tests of `routing/graph`, and the slow and obvious way to shortest paths. Weights are few, so
// that ties are common; links are few enough that some nodes cannot be reached.

import fc from 'fast-check';
import { packGraph } from '../../src/routing/graph/csr.ts';
import type { Graph, ShortestPaths } from '../../src/routing/graph/graph.ts';
import { NONE, UNREACHABLE } from '../../src/routing/graph/graph.ts';

export interface Arc {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}

export interface RandomGraph {
  readonly nodes: number;
  readonly arcs: readonly Arc[];
  readonly noTransit: Uint8Array;
}

export interface RandomGraphLimits {
  readonly nodesMax: number;
  readonly linksMax: number;
  readonly weightMax: number;
}

/** Links with a weight for each direction, at most one between two nodes; about one node in six does not relay. */
export function randomGraphs({
  nodesMax,
  linksMax,
  weightMax,
}: RandomGraphLimits): fc.Arbitrary<RandomGraph> {
  return fc.integer({ min: 2, max: nodesMax }).chain((nodes) =>
    fc
      .record({
        links: fc.uniqueArray(
          fc
            .tuple(fc.nat({ max: nodes - 1 }), fc.nat({ max: nodes - 1 }))
            .filter(([a, b]) => a !== b),
          {
            maxLength: linksMax,
            size: 'max',
            selector: ([a, b]) => Math.min(a, b) * nodes + Math.max(a, b),
          },
        ),
        weights: fc.array(fc.integer({ min: 1, max: weightMax }), {
          minLength: 2 * linksMax,
          maxLength: 2 * linksMax,
        }),
        relays: fc.array(fc.nat({ max: 5 }), { minLength: nodes, maxLength: nodes }),
      })
      .map(({ links, weights, relays }) => ({
        nodes,
        arcs: links.flatMap(([a, b], i) => [
          { from: a, to: b, weight: weights[2 * i] ?? 1 },
          { from: b, to: a, weight: weights[2 * i + 1] ?? 1 },
        ]),
        noTransit: Uint8Array.from(relays, (relay) => (relay === 0 ? 1 : 0)),
      })),
  );
}

export function graphOf({ nodes, arcs }: Pick<RandomGraph, 'nodes' | 'arcs'>): Graph {
  return packGraph(nodes, {
    froms: arcs.map(({ from }) => from),
    tos: arcs.map(({ to }) => to),
    weights: arcs.map(({ weight }) => weight),
  });
}

/** Every arc of a graph, row by row. */
export function arcsOf({ nodes, starts, ends, targets, weights }: Graph): Arc[] {
  const arcs: Arc[] = [];
  for (let from = 0; from < nodes; from += 1) {
    for (let arc = starts[from] ?? 0; arc < (ends[from] ?? 0); arc += 1) {
      arcs.push({ from, to: targets[arc] ?? NONE, weight: weights[arc] ?? 0 });
    }
  }
  return arcs;
}

/** Bellman and Ford; then for each node the lowest of the nodes through which its distance is reached. */
export function plainPaths(
  { nodes, arcs, noTransit }: RandomGraph,
  source: number,
): Pick<ShortestPaths, 'distances' | 'parents'> {
  const relaying = arcs.filter(({ from }) => from === source || noTransit[from] === 0);
  const distances = Array.from({ length: nodes }, (_, node) => (node === source ? 0 : Infinity));
  for (let round = 0; round < nodes; round += 1) {
    for (const { from, to, weight } of relaying) {
      distances[to] = Math.min(distances[to] ?? 0, (distances[from] ?? 0) + weight);
    }
  }
  const parents = distances.map((distance, node) => {
    const tight = relaying
      .filter(({ from, to, weight }) => to === node && (distances[from] ?? 0) + weight === distance)
      .map(({ from }) => from);
    return node === source || distance === Infinity ? NONE : Math.min(...tight);
  });
  return {
    distances: Uint32Array.from(distances, (d) => (d === Infinity ? UNREACHABLE : d)),
    parents: Int32Array.from(parents),
  };
}
