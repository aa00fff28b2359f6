// Several paths between two nodes that share no node, or no link, of least total weight (J. W. Suurballe, "Disjoint paths in
// a network", 1974, for any number of paths; R. Bhandari, "Survivable Networks", 1999, for links in both directions): one
// shortest augmenting path after the other. Distances to the target serve as potentials: they make all steps ≥ 0, those
// along shortest paths to the target 0, so that a search looks at little more than the ways it finds.

import { assert } from '../../core/assert.ts';
import { DistanceHeap, entryDistance, entryItem, HEAP_ITEMS_MAX } from './distance-heap.ts';
import { distancesTo } from './distances-to.ts';
import { arcTo, UNREACHABLE, type Graph } from './graph.ts';
import { createUnitFlow, type Cut, type Disjointness, type UnitFlow } from './unit-flow.ts';

export interface DisjointOptions {
  readonly kind: Disjointness;
  /** How many paths are wanted, ≥ 1. */
  readonly count: number;
  /** As in `shortestPaths`. */
  readonly noTransit?: Uint8Array | null;
}

export interface WeightedPath {
  /** From the source to the target, both included. */
  readonly nodes: readonly number[];
  readonly weight: number;
}

export interface DisjointPaths {
  /** As many as are wanted and exist, by weight, then by fewer hops, then by lower nodes. */
  readonly paths: readonly WeightedPath[];
  /** Where fewer exist than are wanted: what they all must pass. */
  readonly cut: Cut | null;
}

/** Unreached, in the scratch memory below. */
const FAR = 0xffff_ffff;

const heap = new DistanceHeap();
/** By state; `FAR` between searches. */
let distances: Uint32Array = new Uint32Array(0);
let previous: Int32Array = new Int32Array(0);
/** By state: what earlier searches added to its potential; 0 between calls. */
let lifts: Float64Array = new Float64Array(0);

/**
 * Disjoint paths from `source` to `target`: the cheapest set, which need not contain the shortest path. Arcs must come in
 * pairs, one for each direction of a link.
 */
export function disjointPaths(
  graph: Graph,
  source: number,
  target: number,
  { kind, count, noTransit = null }: DisjointOptions,
): DisjointPaths {
  assert(source !== target && count >= 1, 'disjoint paths join two nodes');
  const ahead = distancesTo(graph, target);
  if (ahead[source] === UNREACHABLE) return { paths: [], cut: { nodes: [], links: [] } };
  const flow = createUnitFlow(graph, source, target, kind, noTransit);
  makeRoom(flow.states);
  const lifted: number[] = [];
  let cut: Cut | null = null;
  for (let found = 0; found < count && cut === null; found += 1) {
    const touched = search(flow, ahead);
    if (distances[flow.last] === FAR) cut = flow.cut((state) => distances[state] !== FAR);
    else {
      for (const state of lift(flow, touched)) lifted.push(state);
      flow.take(wayTo(flow));
    }
    for (const state of touched) distances[state] = FAR;
  }
  for (const state of lifted) lifts[state] = 0;
  return {
    paths: flow
      .paths()
      .map((nodes) => weighed(graph, nodes))
      .toSorted(byWeight),
    cut,
  };
}

/** Dijkstra's algorithm over what the taken paths leave, up to the target. Returns the states with a distance. */
function search(flow: UnitFlow, ahead: Uint32Array): number[] {
  const { first, last } = flow;
  const potential = (state: number): number =>
    (lifts[state] ?? 0) - (ahead[flow.nodeOf(state)] ?? 0);
  const touched = [first];
  distances[first] = 0;
  heap.push(0, first);
  let state = first;
  let base = 0;
  const visit = (next: number, weight: number): void => {
    const distance = base + weight - potential(next);
    const known = distances[next] ?? FAR;
    if (distance >= known) return;
    if (known === FAR) touched.push(next);
    distances[next] = distance;
    previous[next] = state;
    heap.push(distance, next);
  };
  while (heap.size > 0) {
    const entry = heap.pop();
    const distance = entryDistance(entry);
    state = entryItem(entry);
    if (distance !== distances[state]) continue;
    if (state === last) break;
    base = distance + potential(state);
    flow.steps(state, visit);
  }
  heap.size = 0;
  return touched;
}

/** Raises the potentials of the states nearer than the target; returns them. The others keep theirs. */
function lift({ last }: UnitFlow, touched: readonly number[]): number[] {
  const end = distances[last] ?? 0;
  const nearer = touched.filter((state) => (distances[state] ?? 0) < end);
  for (const state of nearer) lifts[state] = (lifts[state] ?? 0) + (distances[state] ?? 0) - end;
  return nearer;
}

function wayTo({ first, last }: UnitFlow): number[] {
  const way = [last];
  for (let state = last; state !== first;) {
    state = previous[state] ?? first;
    way.push(state);
  }
  return way.reverse();
}

function makeRoom(states: number): void {
  assert(states <= HEAP_ITEMS_MAX, 'the heap holds any state');
  if (distances.length >= states) return;
  distances = new Uint32Array(states).fill(FAR);
  previous = new Int32Array(states);
  lifts = new Float64Array(states);
}

function weighed(graph: Graph, nodes: readonly number[]): WeightedPath {
  const weight = nodes
    .slice(1)
    .reduce((sum, node, i) => sum + (graph.weights[arcTo(graph, nodes[i] ?? 0, node)] ?? 0), 0);
  return { nodes, weight };
}

function byWeight(a: WeightedPath, b: WeightedPath): number {
  if (a.weight !== b.weight) return a.weight - b.weight;
  if (a.nodes.length !== b.nodes.length) return a.nodes.length - b.nodes.length;
  const differs = a.nodes.findIndex((node, i) => node !== b.nodes[i]);
  return (a.nodes[differs] ?? 0) - (b.nodes[differs] ?? 0);
}
