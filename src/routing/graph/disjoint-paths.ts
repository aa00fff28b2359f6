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
/** The states with a distance, and those with a lift. */
let touched: number[] = [];
let lifted: number[] = [];

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
  try {
    const cut = takePaths(flow, ahead, count);
    return {
      paths: flow
        .paths()
        .map((nodes) => weighed(graph, nodes))
        .toSorted(byWeight),
      cut,
    };
  } finally {
    clearDistances();
    for (const state of lifted) lifts[state] = 0;
    lifted = [];
  }
}

/** One augmenting path after the other; what stands in the way of the last ones. */
function takePaths(flow: UnitFlow, ahead: Uint32Array, count: number): Cut | null {
  for (let found = 0; found < count; found += 1) {
    search(flow, ahead);
    if (distances[flow.last] === FAR) return flow.cut((state) => distances[state] !== FAR);
    lift(flow);
    flow.take(wayTo(flow));
    clearDistances();
  }
  return null;
}

/** Dijkstra's algorithm over what the taken paths leave, up to the target. */
function search(flow: UnitFlow, ahead: Uint32Array): void {
  const { first, last } = flow;
  const potential = (state: number): number =>
    (lifts[state] ?? 0) - (ahead[flow.nodeOf(state)] ?? 0);
  touched.push(first);
  distances[first] = 0;
  heap.push(0, first);
  let state = first;
  let nearest = 0;
  let base = 0;
  const visit = (next: number, weight: number): void => {
    const distance = base + weight - potential(next);
    assert(distance >= nearest, 'potentials make every step at least 0');
    const known = distances[next] ?? FAR;
    if (distance >= known) return;
    if (known === FAR) touched.push(next);
    distances[next] = distance;
    previous[next] = state;
    heap.push(distance, next);
  };
  while (heap.size > 0) {
    const entry = heap.pop();
    nearest = entryDistance(entry);
    state = entryItem(entry);
    if (nearest !== distances[state]) continue;
    if (state === last) break;
    base = nearest + potential(state);
    flow.steps(state, visit);
  }
}

/** Raises the potentials of the states nearer than the target, all measured from it: the others keep theirs. */
function lift({ last }: UnitFlow): void {
  const end = distances[last] ?? 0;
  for (const state of touched) {
    const distance = distances[state] ?? 0;
    if (distance >= end) continue;
    lifts[state] = (lifts[state] ?? 0) + distance - end;
    lifted.push(state);
  }
}

function clearDistances(): void {
  for (const state of touched) distances[state] = FAR;
  touched = [];
  heap.size = 0;
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
