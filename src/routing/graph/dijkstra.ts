// Shortest paths from one node (Dijkstra 1959) over integer weights. Ties are broken by fewer hops, then by the lower
// number of the previous node, then by the earlier edge: nodes that number the graph alike agree on every path.

import { assert } from '../../core/assert.ts';
import { at, type CsrGraph } from './csr.ts';
import { createNodeHeap } from './node-heap.ts';

/** One entry per node. */
export interface ShortestPaths {
  readonly source: number;
  /** Sum of weights, `Infinity` where there is no path. Exact: sums stay below 2^53. */
  readonly distances: Float64Array;
  /** Edges on the path. */
  readonly hops: Uint32Array;
  /** The node before, −1 at the source and where there is no path. */
  readonly parents: Int32Array;
  /** The edge from the node before, −1 likewise. */
  readonly parentEdges: Int32Array;
}

/** Paths from `source` to every node, in O((nodes + edges) log nodes). */
export function dijkstra(graph: CsrGraph, source: number): ShortestPaths {
  const { nodes, offsets, targets, weights } = graph;
  assert(source >= 0 && source < nodes, 'the source is a node of the graph');
  const distances = new Float64Array(nodes).fill(Infinity);
  const hops = new Uint32Array(nodes);
  const parents = new Int32Array(nodes).fill(-1);
  const parentEdges = new Int32Array(nodes).fill(-1);
  const heap = createNodeHeap(nodes);
  distances[source] = 0;
  heap.lower(source, 0);

  // Weights are at least 1, so that every predecessor on a shortest path leaves the heap before its successor:
  // ties are complete when a node leaves.
  for (let node = heap.pop(); node >= 0; node = heap.pop()) {
    const end = at(offsets, node + 1);
    const nextHops = at(hops, node) + 1;
    for (let edge = at(offsets, node); edge < end; edge += 1) {
      const target = at(targets, edge);
      const distance = at(distances, node) + at(weights, edge);
      const known = at(distances, target);
      if (distance > known) continue;
      if (distance === known) {
        const knownHops = at(hops, target);
        if (nextHops > knownHops) continue;
        if (nextHops === knownHops && node >= at(parents, target)) continue;
      }
      distances[target] = distance;
      hops[target] = nextHops;
      parents[target] = node;
      parentEdges[target] = edge;
      heap.lower(target, distance);
    }
  }
  return { source, distances, hops, parents, parentEdges };
}

/** The edges from the source to `target` in order, empty for the source itself, `null` where there is no path. */
export function pathEdges(paths: ShortestPaths, target: number): readonly number[] | null {
  if (at(paths.distances, target) === Infinity) return null;
  const edges: number[] = [];
  for (let node = target; node !== paths.source; node = at(paths.parents, node)) {
    edges.push(at(paths.parentEdges, node));
  }
  return edges.reverse();
}
