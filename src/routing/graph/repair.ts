// Repairs shortest paths after changes of arcs instead of computing them anew (G. Ramalingam and T. Reps, "An incremental
// algorithm for a generalization of the shortest-path problem", 1996): only nodes below a change, and their neighbours, are
// looked at. The result equals a full computation, parents included, since the parent is a function of the distances.
//
// 1. All that stands below a lost arc of the tree is detached. Finding it takes a fraction of the time of the rest, and no
//    queue. Where one arc was lost and another neighbour holds the old distance, as it often does between links of equal
//    weights, nothing is detached.
// 2. Detached nodes start from their best neighbour that is not, targets of lighter arcs from these arcs; from there
//    Dijkstra. Parents follow as in a full computation: every neighbour through which a distance holds was offered.
// 3. Arcs that became just as good as a parent's are offered as parents.
//
// Hot: see `bench/routing`. The memory of one repair is kept for the next.

import { assert } from '../../core/assert.ts';
import type { ArcChanges } from './arc-changes.ts';
import { DistanceHeap, entryDistance, entryItem, HEAP_ITEMS_MAX } from './distance-heap.ts';
import { arcTo, type Graph, type ShortestPaths } from './graph.ts';
import { shortestPaths } from './shortest-paths.ts';

/** With more changes than this share of the nodes, computing in full is as quick. */
const CHANGES_SHARE_MAX = 1 / 8;
/** As soon as more than this share of the nodes was visited, likewise. */
const VISITS_SHARE_MAX = 1 / 8;
/** Small graphs are not worth the difference; for them only this counts. */
const VISITS_MIN = 64;

/** `UNREACHABLE`, `NONE` and `DISTANCE_MAX` as constants of this module. */
const FAR = 0xffff_ffff;
const NIL = -1;
const DISTANCE_MAX = FAR - 0x1_0000;

/** What was found out about a node. */
const DETACHED = 1;
const SETTLED = 2;

const heap = new DistanceHeap();
/** By node; 0 between repairs. */
let marks: Uint8Array = new Uint8Array(256);
/** The nodes with a mark. */
let marked: Int32Array = new Int32Array(256);
let markedCount = 0;

interface Task {
  readonly graph: Graph;
  readonly source: number;
  readonly distances: Uint32Array;
  readonly parents: Int32Array;
  readonly noTransit: Uint8Array | null;
  readonly visitsMax: number;
}

/**
 * The paths as `graph` has them now, given what they were before `changes` (every arc that changed since, in any order and
 * as often as it changed; a node that begins or ceases to relay counts as a change of all arcs from it). `null`: unknown
 * changes, compute in full. Works in place and returns `paths`, or a longer copy if the graph has got more nodes.
 * Arcs must come in pairs, one for each direction of a link.
 */
export function repairPaths(
  graph: Graph,
  paths: ShortestPaths,
  changes: Pick<ArcChanges, 'froms' | 'tos'> | null,
  noTransit: Uint8Array | null = null,
): ShortestPaths {
  const { nodes } = graph;
  const repaired = paths.distances.length === nodes ? paths : lengthened(paths, nodes);
  const { source, distances, parents } = repaired;
  if (changes === null || changes.froms.length > VISITS_MIN + nodes * CHANGES_SHARE_MAX) {
    return shortestPaths(graph, source, noTransit, repaired);
  }
  assert(nodes <= HEAP_ITEMS_MAX, 'the heap holds any node');
  if (marks.length < nodes) {
    marks = new Uint8Array(nodes);
    marked = new Int32Array(nodes);
  }
  const visitsMax = VISITS_MIN + nodes * VISITS_SHARE_MAX;
  const task = { graph, source, distances, parents, noTransit, visitsMax };
  const { froms, tos } = changes;
  const done = detach(task, froms, tos) && improve(task, froms, tos);
  if (done) offerParents(task, froms, tos);
  for (let i = 0; i < markedCount; i += 1) marks[marked[i] ?? 0] = 0;
  markedCount = 0;
  heap.size = 0;
  return done ? repaired : shortestPaths(graph, source, noTransit, repaired);
}

/** Step 1. Marks what stands below a lost arc of the tree. `false`: too many. */
function detach(task: Task, froms: Uint32Array, tos: Uint32Array): boolean {
  const { graph, distances, parents, visitsMax } = task;
  const { starts, ends, targets } = graph;
  for (let i = 0; i < froms.length; i += 1) {
    const from = froms[i] ?? 0;
    const to = tos[i] ?? 0;
    if (parents[to] !== from || marks[to] !== 0) continue;
    if (through(task, from, to) > (distances[to] ?? FAR)) mark(to, DETACHED);
  }
  if (markedCount === 1 && isSupported(task, marked[0] ?? 0)) {
    marks[marked[0] ?? 0] = 0;
    markedCount = 0;
  }
  for (let i = 0; i < markedCount; i += 1) {
    if (markedCount > visitsMax) return false;
    const node = marked[i] ?? 0;
    const end = ends[node] ?? 0;
    for (let arc = starts[node] ?? 0; arc < end; arc += 1) {
      const child = targets[arc] ?? 0;
      if (parents[child] === node && marks[child] === 0) mark(child, DETACHED);
    }
  }
  return true;
}

/**
 * Where one arc was lost, whether the node's old distance holds through another neighbour: then nothing below it changes.
 * The lowest of these becomes its parent. None of them, being nearer, stands below the node.
 */
function isSupported(task: Task, node: number): boolean {
  const { graph, distances, parents } = task;
  const { starts, ends, targets } = graph;
  const distance = distances[node] ?? FAR;
  const end = ends[node] ?? 0;
  for (let arc = starts[node] ?? 0; arc < end; arc += 1) {
    const other = targets[arc] ?? 0;
    if ((distances[other] ?? FAR) >= distance || through(task, other, node) > distance) continue;
    parents[node] = other;
    return true;
  }
  return false;
}

/** Step 2. `false`: too many nodes are visited. */
function improve(task: Task, froms: Uint32Array, tos: Uint32Array): boolean {
  const { distances, parents, visitsMax } = task;
  for (let i = 0; i < markedCount; i += 1) attach(task, marked[i] ?? 0);
  for (let i = 0; i < froms.length; i += 1) {
    const from = froms[i] ?? 0;
    const to = tos[i] ?? 0;
    const reached = through(task, from, to);
    if (reached >= (distances[to] ?? FAR)) continue;
    distances[to] = reached;
    parents[to] = from;
    heap.push(reached, to);
  }
  while (heap.size > 0) {
    const entry = heap.pop();
    const distance = entryDistance(entry);
    const node = entryItem(entry);
    if (distance !== distances[node] || marks[node] === SETTLED) continue;
    if (markedCount > visitsMax) return false;
    mark(node, SETTLED);
    settle(task, node, distance);
  }
  return true;
}

/** Gives a detached node the best distance through its neighbours that are not detached. */
function attach(task: Task, node: number): void {
  const { graph, distances, parents } = task;
  const { starts, ends, targets } = graph;
  let best = FAR;
  let parent = NIL;
  const end = ends[node] ?? 0;
  for (let arc = starts[node] ?? 0; arc < end; arc += 1) {
    const other = targets[arc] ?? 0;
    if ((distances[other] ?? FAR) >= best || marks[other] !== 0) continue;
    const reached = through(task, other, node);
    if (reached >= best) continue;
    best = reached;
    parent = other;
  }
  distances[node] = best;
  parents[node] = parent;
  if (best !== FAR) heap.push(best, node);
}

/** The node's distance is final, and so are all smaller ones: offers it to its neighbours. */
function settle(task: Task, node: number, distance: number): void {
  const { graph, source, distances, parents, noTransit } = task;
  const { starts, ends, targets, weights } = graph;
  if (distance > DISTANCE_MAX) return;
  if (noTransit !== null && node !== source && noTransit[node] !== 0) return;
  const end = ends[node] ?? 0;
  for (let arc = starts[node] ?? 0; arc < end; arc += 1) {
    const other = targets[arc] ?? 0;
    const known = distances[other] ?? FAR;
    const reached = distance + (weights[arc] ?? 0);
    if (reached > known) continue;
    if (reached < known) {
      distances[other] = reached;
      parents[other] = node;
      heap.push(reached, other);
    } else if (node < (parents[other] ?? NIL)) parents[other] = node;
  }
}

/** Step 3. Neither end of such an arc need have been visited. */
function offerParents(task: Task, froms: Uint32Array, tos: Uint32Array): void {
  const { distances, parents } = task;
  for (let i = 0; i < froms.length; i += 1) {
    const from = froms[i] ?? 0;
    const to = tos[i] ?? 0;
    if (from < (parents[to] ?? NIL) && through(task, from, to) === distances[to])
      parents[to] = from;
  }
}

/** The distance of `to` over the arc from `from`, `FAR` if there is none or `from` does not lead on. */
function through(task: Task, from: number, to: number): number {
  const { graph, source, distances, noTransit } = task;
  const distance = distances[from] ?? FAR;
  if (distance > DISTANCE_MAX) return FAR;
  if (noTransit !== null && from !== source && noTransit[from] !== 0) return FAR;
  const arc = arcTo(graph, from, to);
  return arc === NIL ? FAR : distance + (graph.weights[arc] ?? 0);
}

function mark(node: number, what: number): void {
  if (marks[node] === 0) {
    marked[markedCount] = node;
    markedCount += 1;
  }
  marks[node] = what;
}

function lengthened({ source, distances, parents }: ShortestPaths, nodes: number): ShortestPaths {
  assert(distances.length < nodes, 'a graph keeps the indices that it gave');
  const longer = {
    source,
    distances: new Uint32Array(nodes).fill(FAR),
    parents: new Int32Array(nodes).fill(NIL),
  };
  longer.distances.set(distances);
  longer.parents.set(parents);
  return longer;
}
