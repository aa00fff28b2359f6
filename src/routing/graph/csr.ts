// Packs a list of arcs into a graph without slack between its rows (compressed sparse rows). Two passes of counting sort
// put every row in the order of its targets in time linear in nodes and arcs.

import { assert } from '../../core/assert.ts';
import type { Graph } from './graph.ts';

/** One entry per arc in each array, in any order. */
export interface ArcList {
  readonly froms: ArrayLike<number>;
  readonly tos: ArrayLike<number>;
  /** 1…65 535. */
  readonly weights: ArrayLike<number>;
  /** 1…65 535; absent: 0 everywhere. */
  readonly ports?: ArrayLike<number>;
  /** As in `Graph`; absent: 0 everywhere. */
  readonly metrics?: ArrayLike<number>;
}

/**
 * A packed graph of the nodes 0 … `nodes` − 1. An arc from a node to itself is left out; of several arcs between the same
 * two nodes in one direction the lightest stays, and of equally light ones the first.
 */
export function packGraph(nodes: number, arcs: ArcList): Graph {
  const { froms, tos, weights } = arcs;
  const count = froms.length;
  assert(tos.length === count && weights.length === count, 'every arc has two ends and a weight');
  for (let arc = 0; arc < count; arc += 1) {
    const from = froms[arc] ?? nodes;
    const to = tos[arc] ?? nodes;
    const weight = weights[arc] ?? 0;
    assert(from >= 0 && from < nodes && to >= 0 && to < nodes, 'an arc joins nodes of the graph');
    assert(weight >= 1 && weight <= 0xffff, 'a weight is an integer of 16 bits, at least 1');
  }
  const byTarget = sortArcs(nodes, tos, null);
  const order = sortArcs(nodes, froms, byTarget);
  return fillRows(nodes, arcs, order, keepLightest(order, arcs));
}

/** Arc numbers ascending by key, those of equal keys in the order of `before` (or of their numbers). */
function sortArcs(nodes: number, keys: ArrayLike<number>, before: Uint32Array | null): Uint32Array {
  const next = new Uint32Array(nodes + 1);
  const count = keys.length;
  for (let arc = 0; arc < count; arc += 1) {
    const slot = (keys[arc] ?? 0) + 1;
    next[slot] = (next[slot] ?? 0) + 1;
  }
  for (let key = 0; key < nodes; key += 1) next[key + 1] = (next[key + 1] ?? 0) + (next[key] ?? 0);
  const sorted = new Uint32Array(count);
  for (let i = 0; i < count; i += 1) {
    const arc = before === null ? i : (before[i] ?? 0);
    const key = keys[arc] ?? 0;
    const slot = next[key] ?? 0;
    next[key] = slot + 1;
    sorted[slot] = arc;
  }
  return sorted;
}

/** Moves the arcs that stay to the front of `order`, in order, and returns how many they are. */
function keepLightest(order: Uint32Array, { froms, tos, weights }: ArcList): number {
  let kept = 0;
  for (const arc of order) {
    if (froms[arc] === tos[arc]) continue;
    const last = kept === 0 ? arc : (order[kept - 1] ?? 0);
    if (kept > 0 && froms[last] === froms[arc] && tos[last] === tos[arc]) {
      if ((weights[arc] ?? 0) < (weights[last] ?? 0)) order[kept - 1] = arc;
      continue;
    }
    order[kept] = arc;
    kept += 1;
  }
  return kept;
}

function fillRows(nodes: number, arcs: ArcList, order: Uint32Array, count: number): Graph {
  const { froms, tos, weights, ports, metrics } = arcs;
  const starts = new Uint32Array(nodes);
  const ends = new Uint32Array(nodes);
  const graph = {
    nodes,
    starts,
    ends,
    targets: new Uint32Array(count),
    weights: new Uint16Array(count),
    ports: new Uint16Array(count),
    metrics: new Uint32Array(count),
  };
  for (let slot = 0, node = 0; node < nodes; node += 1) {
    starts[node] = slot;
    for (; slot < count && froms[order[slot] ?? 0] === node; slot += 1) {
      const arc = order[slot] ?? 0;
      graph.targets[slot] = tos[arc] ?? 0;
      graph.weights[slot] = weights[arc] ?? 0;
      if (ports !== undefined) graph.ports[slot] = ports[arc] ?? 0;
      if (metrics !== undefined) graph.metrics[slot] = metrics[arc] ?? 0;
    }
    ends[node] = slot;
  }
  return graph;
}

/** Bytes of the arrays of a graph, room for arcs to come included. */
export function graphBytes(graph: Graph): number {
  const { starts, ends, targets, weights, ports, metrics } = graph;
  return [starts, ends, targets, weights, ports, metrics].reduce(
    (sum, array) => sum + array.byteLength,
    0,
  );
}
