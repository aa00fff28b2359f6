// A directed graph in rows of arcs, in typed arrays only: a search touches memory in order and allocates nothing per
// arc. A row may have room after its end, so that a node's links change without moving the others (`link-graph.ts`); a
// graph that never changes is packed (`csr.ts`).

import { assert } from '../../core/assert.ts';

/**
 * Nodes are 0 … `nodes` − 1. The arcs of node v are `starts[v]` up to `ends[v]`, ascending by target, each target once,
 * none to v itself. Arrays may be longer than what they hold; all are read-only by agreement.
 */
export interface Graph {
  readonly nodes: number;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** One entry per arc: where it leads. */
  readonly targets: Uint32Array;
  /** One entry per arc: 1…65 535, what crossing it costs. */
  readonly weights: Uint16Array;
  /** One entry per arc: the port at its start. */
  readonly ports: Uint16Array;
  /** One entry per arc: its measured metrics in four bytes (`metric-code.ts`), 0 where none are known. */
  readonly metrics: Uint32Array;
}

/** Distance of a node that cannot be reached. */
export const UNREACHABLE = 0xffff_ffff;
/** No node, no arc. */
export const NONE = -1;

/** Shortest paths from one node. One entry per node. */
export interface ShortestPaths {
  readonly source: number;
  /** Sum of weights, `UNREACHABLE` where there is no path. */
  readonly distances: Uint32Array;
  /**
   * The node before on the path, `NONE` at the source and where there is no path. Among the nodes through which the
   * distance is the same it is the one with the lowest number: the tree follows from the distances alone.
   */
  readonly parents: Int32Array;
}

/** The arc from `from` to `to`, `NONE` if there is none. Binary search in the row. */
export function arcTo({ starts, ends, targets }: Graph, from: number, to: number): number {
  let low = starts[from] ?? 0;
  let high = ends[from] ?? 0;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((targets[middle] ?? 0) < to) low = middle + 1;
    else high = middle;
  }
  return low < (ends[from] ?? 0) && targets[low] === to ? low : NONE;
}

/** The nodes from the source to `target`, both included; `null` where there is no path. */
export function nodePath(paths: ShortestPaths, target: number): number[] | null {
  if (paths.distances[target] === UNREACHABLE) return null;
  const path = [target];
  for (let node = target; node !== paths.source;) {
    node = paths.parents[node] ?? NONE;
    assert(node >= 0 && path.length <= paths.parents.length, 'parents lead to the source');
    path.push(node);
  }
  return path.reverse();
}

/** Arcs on the path to each node, 0 for the source and for what cannot be reached. Linear in nodes. */
export function hopCounts({ source, parents }: ShortestPaths): Uint32Array {
  const hops = new Uint32Array(parents.length);
  for (let start = 0; start < parents.length; start += 1) {
    // Up to the source or to a node that is counted, then the same way again to count the others.
    let steps = 0;
    let node = start;
    while (node !== source && node >= 0 && hops[node] === 0) {
      node = parents[node] ?? NONE;
      steps += 1;
    }
    if (node < 0) continue;
    let count = (hops[node] ?? 0) + steps;
    for (node = start; count > (hops[node] ?? 0); node = parents[node] ?? NONE) {
      hops[node] = count;
      count -= 1;
    }
  }
  return hops;
}
