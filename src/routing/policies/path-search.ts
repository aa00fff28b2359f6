// Searches over the part of a view that packets may use: no suspect arc, and no node as a relay that does not relay. By
// any cost per arc: Dijkstra (1959); with a bound on hops: Bellman and Ford, one layer for each hop.

import { assert } from '../../core/assert.ts';
import { DistanceHeap, entryDistance, entryItem } from '../graph/distance-heap.ts';
import { type Graph, NONE, type ShortestPaths, UNREACHABLE, arcTo } from '../graph/graph.ts';
import type { RoutingView } from './route-policy.ts';

/** Cost of an arc, an integer from 1 to 65 535, or `Infinity` where the search must not go. */
export type ArcCost = (arc: number, from: number) => number;

/** The sum of weights along the nodes; `null` where an arc is missing. */
export function pathWeight(graph: Graph, nodes: readonly number[]): number | null {
  return pathSum(graph, nodes, (arc) => graph.weights[arc] ?? 0);
}

/** The sum of `cost` along the nodes; `null` where an arc is missing. */
export function pathSum(graph: Graph, nodes: readonly number[], cost: ArcCost): number | null {
  let sum = 0;
  for (let i = 1; i < nodes.length; i += 1) {
    const arc = arcTo(graph, nodes[i - 1] ?? 0, nodes[i] ?? 0);
    if (arc === NONE) return null;
    sum += cost(arc, nodes[i - 1] ?? 0);
  }
  return sum;
}

/** The arcs along the nodes; `null` where one is missing. */
export function pathArcs(graph: Graph, nodes: readonly number[]): number[] | null {
  const arcs: number[] = [];
  for (let i = 1; i < nodes.length; i += 1) {
    const arc = arcTo(graph, nodes[i - 1] ?? 0, nodes[i] ?? 0);
    if (arc === NONE) return null;
    arcs.push(arc);
  }
  return arcs;
}

/** Whether packets may take this path now. It visits no node twice by the way it was made. */
export function isUsable(view: RoutingView, nodes: readonly number[], hopsMax: number): boolean {
  const { graph } = view;
  if (nodes[0] !== view.source || nodes.length - 1 > hopsMax) return false;
  for (let i = 1; i < nodes.length; i += 1) {
    const arc = arcTo(graph, nodes[i - 1] ?? 0, nodes[i] ?? 0);
    if (arc === NONE) return false;
    if (i === 1 && view.isSuspect(arc)) return false;
    if (i < nodes.length - 1 && !view.attributes(nodes[i] ?? 0).relays) return false;
  }
  return true;
}

/** Scratch memory of one search at a time. */
const heap = new DistanceHeap();

/** What a search needs of a view. */
export type SearchSpace = Pick<RoutingView, 'graph' | 'source' | 'attributes' | 'isSuspect'>;

/**
 * Least costs from the source over what packets may use. `target`: the search may end there, what lies further
 * is then unreached.
 */
export function searchPaths(
  view: SearchSpace,
  cost: ArcCost,
  target: number = NONE,
): ShortestPaths {
  const { graph, source } = view;
  const { nodes, starts, ends, targets } = graph;
  const distances = new Uint32Array(nodes).fill(UNREACHABLE);
  const parents = new Int32Array(nodes).fill(NONE);
  distances[source] = 0;
  heap.size = 0;
  heap.push(0, source);
  while (heap.size > 0) {
    const entry = heap.pop();
    const distance = entryDistance(entry);
    const node = entryItem(entry);
    if (distance > (distances[node] ?? 0)) continue;
    if (node === target) break;
    if (node !== source && !view.attributes(node).relays) continue;
    const end = ends[node] ?? 0;
    for (let arc = starts[node] ?? 0; arc < end; arc += 1) {
      if (node === source && view.isSuspect(arc)) continue;
      const next = targets[arc] ?? 0;
      const through = distance + cost(arc, node);
      const known = distances[next] ?? 0;
      if (through > known || through >= UNREACHABLE) continue;
      if (through === known) {
        if (node < (parents[next] ?? 0)) parents[next] = node;
        continue;
      }
      distances[next] = through;
      parents[next] = node;
      heap.push(through, next);
    }
  }
  return { source, distances, parents };
}

/** The cheapest path of at most `hopsMax` hops, `null` if there is none. O(`hopsMax` × arcs). */
export function searchWithinHops(
  view: SearchSpace,
  cost: ArcCost,
  target: number,
  hopsMax: number,
): number[] | null {
  const { graph, source } = view;
  const { nodes, starts, ends, targets } = graph;
  if (source === target) return [source];
  let costs = new Float64Array(nodes).fill(Infinity);
  costs[source] = 0;
  /** For each layer the node before, as far as the layer improved it. */
  const layers: Map<number, number>[] = [];
  let improved = [source];
  for (let hop = 0; hop < Math.min(hopsMax, nodes - 1) && improved.length > 0; hop += 1) {
    const nextCosts = costs.slice();
    const before = new Map<number, number>();
    for (const node of improved) {
      if (node === target || (node !== source && !view.attributes(node).relays)) continue;
      const end = ends[node] ?? 0;
      for (let arc = starts[node] ?? 0; arc < end; arc += 1) {
        if (node === source && view.isSuspect(arc)) continue;
        const next = targets[arc] ?? 0;
        const through = (costs[node] ?? 0) + cost(arc, node);
        if (through >= (nextCosts[next] ?? 0)) continue;
        nextCosts[next] = through;
        before.set(next, node);
      }
    }
    layers.push(before);
    costs = nextCosts;
    improved = [...before.keys()].sort((a, b) => a - b);
  }
  if (costs[target] === Infinity) return null;
  const path = [target];
  // The last layer that improved a node tells where its cheapest way so far came from.
  let node = target;
  for (let hop = layers.length - 1; node !== source; hop -= 1) {
    assert(hop >= 0, 'layers lead back to the source');
    const previous = layers[hop]?.get(node);
    if (previous === undefined) continue;
    node = previous;
    path.push(node);
  }
  return path.reverse();
}
