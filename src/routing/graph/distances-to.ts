// Distances from every node to one, where the two directions of a link may weigh differently: shortest paths over the
// opposite arcs.

import { assert } from '../../core/assert.ts';
import type { Graph } from './graph.ts';
import { shortestPaths } from './shortest-paths.ts';

/** By node the distance to `target`, `UNREACHABLE` if there is no path. Arcs must come in pairs. Every node relays. */
export function distancesTo(graph: Graph, target: number): Uint32Array {
  return shortestPaths({ ...viewOf(graph), weights: oppositeWeights(graph) }, target).distances;
}

/**
 * For each arc the weight of the opposite one. Rows are ascending by target: taken by ascending node, the arcs to a node come
 * in the order of its own row.
 */
function oppositeWeights({ nodes, starts, ends, targets, weights }: Graph): Uint16Array {
  const opposite = new Uint16Array(weights.length);
  const next = starts.slice(0, nodes);
  for (let node = 0; node < nodes; node += 1) {
    const end = ends[node] ?? 0;
    for (let arc = starts[node] ?? 0; arc < end; arc += 1) {
      const target = targets[arc] ?? 0;
      const back = next[target] ?? 0;
      assert(targets[back] === node, 'arcs come in pairs');
      next[target] = back + 1;
      opposite[arc] = weights[back] ?? 0;
    }
  }
  return opposite;
}

/** The arrays of a graph that may be an object with getters. */
function viewOf({ nodes, starts, ends, targets, weights, ports, metrics }: Graph): Graph {
  return { nodes, starts, ends, targets, weights, ports, metrics };
}
