// Shortest paths from one node by Dial's algorithm (R. B. Dial, "Algorithm 360: shortest-path forest with topological
// ordering", 1969): Dijkstra's with one bucket for each distance, linear in nodes and arcs where weights have 16 bits. The
// buckets form a circle, since all distances that wait lie within one largest weight of each other. Nodes of a bucket form
// a doubly linked list, so that a node moves in constant time; two levels of bits find the next bucket that is not empty
// in at most 66 steps.
//
// Hot: see `bench/routing`. A search allocates its result and nothing else. The buckets are scratch memory, which each
// search leaves empty, and stand in this file with the search: of arrays and constants of the same module the compiler
// knows address, length and value, and that is worth a fifth of the time.

import { assert } from '../../core/assert.ts';
import type { Graph, ShortestPaths } from './graph.ts';

/** `UNREACHABLE` and `NONE` as constants of this module. */
const FAR = 0xffff_ffff;
const NIL = -1;
/** Nodes farther than this are reached but lead no farther, so that 32 bits hold every sum. */
const DISTANCE_MAX = FAR - 0x1_0000;
/** Weights have 16 bits. */
const BUCKETS = 1 << 16;
const MASK = BUCKETS - 1;
const WORDS = BUCKETS >> 5;
const TOPS = WORDS >> 5;

/** For each bucket its first node. */
const heads = new Int32Array(BUCKETS).fill(NIL);
/** One bit per bucket: not empty. */
const words = new Int32Array(WORDS);
/** One bit per word: not 0. */
const tops = new Int32Array(TOPS);
/** For node v the next one in its bucket at 2v and the one before at 2v + 1. */
let scratch: Int32Array = new Int32Array(2048);

/**
 * Paths from `source` to every node. A node with an entry ≠ 0 in `noTransit` does not relay: paths end there and do not lead
 * through, except from itself. `into` takes the result if it has the graph's size.
 */
export function shortestPaths(
  graph: Graph,
  source: number,
  noTransit: Uint8Array | null = null,
  into: ShortestPaths | null = null,
): ShortestPaths {
  const { nodes } = graph;
  assert(source >= 0 && source < nodes, 'the source is a node of the graph');
  const reuse = into !== null && into.source === source && into.distances.length === nodes;
  const distances = reuse ? into.distances : new Uint32Array(nodes);
  const parents = reuse ? into.parents : new Int32Array(nodes);
  distances.fill(FAR);
  parents.fill(NIL);
  distances[source] = 0;
  search(graph, source, distances, parents, noTransit);
  return reuse ? into : { source, distances, parents };
}

/**
 * Weights are at least 1, so that every predecessor on a shortest path leaves the queue before its successor: the lowest of
 * them is known when a node leaves.
 */
function search(
  { nodes, starts, ends, targets, weights }: Graph,
  source: number,
  distances: Uint32Array,
  parents: Int32Array,
  noTransit: Uint8Array | null,
): void {
  if (scratch.length < 2 * nodes) scratch = new Int32Array(2 * nodes);
  const links = scratch;
  insertNode(links, source, 0);
  let bucket = 0;
  for (let waiting = 1; waiting > 0;) {
    bucket = nextBucket(bucket);
    let next = NIL;
    for (let node = takeBucket(bucket); node >= 0; node = next) {
      next = links[node << 1] ?? NIL;
      waiting -= 1;
      const distance = distances[node] ?? 0;
      if (distance > DISTANCE_MAX) continue;
      if (noTransit !== null && noTransit[node] !== 0 && distance !== 0) continue;
      const end = ends[node] ?? 0;
      for (let arc = starts[node] ?? 0; arc < end; arc += 1) {
        const target = targets[arc] ?? 0;
        const reached = (distance + (weights[arc] ?? 0)) >>> 0;
        const known = distances[target] ?? 0;
        if (reached > known) continue;
        if (reached === known) {
          if (node < (parents[target] ?? NIL)) parents[target] = node;
          continue;
        }
        if (known === FAR) waiting += 1;
        else removeNode(links, target, known);
        distances[target] = reached;
        parents[target] = node;
        insertNode(links, target, reached);
      }
    }
  }
}

/** The node is not in the queue. Keys present differ by less than 2^16. */
function insertNode(links: Int32Array, node: number, key: number): void {
  const bucket = key & MASK;
  const head = heads[bucket] ?? NIL;
  heads[bucket] = node;
  links[node << 1] = head;
  links[(node << 1) + 1] = NIL;
  if (head >= 0) {
    links[(head << 1) + 1] = node;
    return;
  }
  const at = bucket >>> 5;
  const word = words[at] ?? 0;
  words[at] = word | (1 << (bucket & 31));
  if (word === 0) tops[at >>> 5] = (tops[at >>> 5] ?? 0) | (1 << (at & 31));
}

/** The node is in the queue with this key. */
function removeNode(links: Int32Array, node: number, key: number): void {
  const next = links[node << 1] ?? NIL;
  const before = links[(node << 1) + 1] ?? NIL;
  if (next >= 0) links[(next << 1) + 1] = before;
  if (before >= 0) {
    links[before << 1] = next;
    return;
  }
  heads[key & MASK] = next;
  if (next < 0) clearBit(key & MASK);
}

/** Takes out all nodes of a bucket and returns the first; `links` leads to the others. */
function takeBucket(bucket: number): number {
  const head = heads[bucket] ?? NIL;
  heads[bucket] = NIL;
  clearBit(bucket);
  return head;
}

/** The first bucket from `from` on, round the circle, that is not empty. There is one. */
function nextBucket(from: number): number {
  let at = from >>> 5;
  let word = (words[at] ?? 0) & (-1 << (from & 31));
  if (word === 0) {
    at = (at + 1) & (WORDS - 1);
    let top = at >>> 5;
    let set = (tops[top] ?? 0) & (-1 << (at & 31));
    while (set === 0) {
      top = (top + 1) & (TOPS - 1);
      set = tops[top] ?? 0;
    }
    at = (top << 5) + lowestBit(set);
    word = words[at] ?? 0;
  }
  return (at << 5) + lowestBit(word);
}

function clearBit(bucket: number): void {
  const at = bucket >>> 5;
  const word = (words[at] ?? 0) & ~(1 << (bucket & 31));
  words[at] = word;
  if (word === 0) tops[at >>> 5] = (tops[at >>> 5] ?? 0) & ~(1 << (at & 31));
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
