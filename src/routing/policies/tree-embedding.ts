// Spanning trees in which every node has a coordinate: its way to the root (PIE: Herzen, Westphal and Thiran, "Scalable
// routing easy as PIE", 2011; after Kleinberg, "Geographic routing using hyperbolic space", 2007). The distance of two
// coordinates is the cost of the way through the tree, so that some neighbour of a node is always nearer: the next one in
// the tree. A tree takes O(nodes) memory for all destinations together.

import { type Graph, NONE, type ShortestPaths, UNREACHABLE, arcTo } from '../graph/graph.ts';
import { type ArcCost, searchPaths } from './path-search.ts';
import type { RoutingView } from './route-policy.ts';

/** One tree for each component; one entry per node. */
export interface SpanningTree {
  /** `NONE` at a root and where no tree reaches. */
  readonly parents: Int32Array;
  /** The root that the node hangs from, `NONE` where no tree reaches. */
  readonly roots: Int32Array;
  /** What it costs to go up to the root. */
  readonly up: Uint32Array;
  /** What it costs to come down from the root. */
  readonly down: Uint32Array;
}

/** With six, mean stretch is below 1.06 on random graphs too, which no tree fits well. */
const TREES = 6;
/** Of one `SpanningTree`. */
export const TREE_BYTES_PER_NODE = 16;
/** A call has 32 bits. */
const CALLS_MAX = 0xffff_ffff;

/**
 * Trees of shortest paths, whose inner nodes all relay. Their roots lie apart: in the middle of a longest path (found by
 * two searches), at the node with most links, at the far end, and where the nearest root is farthest.
 */
export function spanningTrees(view: Pick<RoutingView, 'graph' | 'attributes'>): SpanningTree[] {
  const { graph } = view;
  const relays = (node: number): boolean => view.attributes(node).relays;
  const trees = Array.from({ length: TREES }, () => emptyTree(graph.nodes));
  const both = costBothWays(graph);
  const search = (root: number): ShortestPaths =>
    searchPaths(
      { graph, source: root, attributes: (node) => view.attributes(node), isSuspect: () => false },
      both,
    );
  const planted = trees[0];
  for (const busiest of relaysByDegree(graph, relays)) {
    if (planted === undefined || (planted.roots[busiest] ?? 0) !== NONE) continue;
    const fromBusiest = search(busiest);
    const fromFar = search(farthest(fromBusiest, relays));
    const fromMiddle = search(middleOf(fromFar, farthest(fromFar, relays)));
    const grown = [fromMiddle, fromBusiest, fromFar];
    while (grown.length < TREES) grown.push(search(farthestOfAll(grown, relays)));
    trees.forEach((tree, i) => plant(graph, tree, grown[i] ?? fromBusiest));
  }
  return trees;
}

/** The relay whose nearest root is farthest (Gonzalez, "Clustering to minimize the maximum intercluster distance", 1985). */
function farthestOfAll(grown: readonly ShortestPaths[], relays: (node: number) => boolean): number {
  let far = grown[0]?.source ?? 0;
  let most = 0;
  grown[0]?.distances.forEach((_, node) => {
    const nearest = Math.min(...grown.map(({ distances }) => distances[node] ?? 0));
    if (nearest === UNREACHABLE || nearest <= most || !relays(node)) return;
    [far, most] = [node, nearest];
  });
  return far;
}

/**
 * Whether the trees still span this graph: what they say of distances then still leads everywhere, even if weights have
 * changed since.
 */
export function treesHold(
  view: Pick<RoutingView, 'graph' | 'attributes'>,
  trees: readonly SpanningTree[],
): boolean {
  const { graph } = view;
  const { nodes, starts, ends, targets } = graph;
  for (const { parents, roots } of trees) {
    if (parents.length !== nodes) return false;
    for (let node = 0; node < nodes; node += 1) {
      const parent = parents[node] ?? NONE;
      const isLeafOnly = !view.attributes(node).relays;
      if (
        parent !== NONE &&
        (arcTo(graph, parent, node) === NONE || !view.attributes(parent).relays)
      ) {
        return false;
      }
      // A relay hangs from the same root as all its neighbours, else there is a tree to grow or to join.
      if (isLeafOnly) continue;
      const end = ends[node] ?? 0;
      for (let arc = starts[node] ?? 0; arc < end; arc += 1) {
        const next = targets[arc] ?? 0;
        if (roots[next] === roots[node]) continue;
        if ((roots[next] ?? NONE) === NONE || view.attributes(next).relays) return false;
      }
    }
  }
  return true;
}

/** What the way through a tree costs from a node to the target; `Infinity` where there is none. */
export type TreeDistance = (node: number) => number;

/** Scratch memory of `treeDistancesTo`: by tree and node a distance, and of which call it is. */
let distancesKnown = new Float64Array(0);
let knownSince = new Uint32Array(0);
let call = 0;

/**
 * For each tree the distances to `target`, valid until the next call. Each node is looked at once: from a node that is not
 * above the target, the way leads through its parent.
 */
export function treeDistancesTo(
  trees: readonly SpanningTree[],
  target: number,
): readonly TreeDistance[] {
  const nodes = trees[0]?.parents.length ?? 0;
  if (knownSince.length < trees.length * nodes || call === CALLS_MAX) {
    distancesKnown = new Float64Array(trees.length * nodes);
    knownSince = new Uint32Array(trees.length * nodes);
    call = 0;
  }
  call += 1;
  const own = call;
  return trees.map(({ parents, roots, up, down }, tree): TreeDistance => {
    const first = tree * nodes;
    const root = roots[target] ?? NONE;
    const know = (node: number, distance: number): void => {
      knownSince[first + node] = own;
      distancesKnown[first + node] = distance;
    };
    for (let node = target; node !== NONE; node = parents[node] ?? NONE) {
      know(node, (down[target] ?? 0) - (down[node] ?? 0));
    }
    return (node) => {
      if (root === NONE || roots[node] !== root) return Infinity;
      let known = node;
      while (knownSince[first + known] !== own) known = parents[known] ?? target;
      const distance = (up[node] ?? 0) - (up[known] ?? 0) + (distancesKnown[first + known] ?? 0);
      know(node, distance);
      return distance;
    };
  });
}

function emptyTree(nodes: number): SpanningTree {
  return {
    parents: new Int32Array(nodes).fill(NONE),
    roots: new Int32Array(nodes).fill(NONE),
    up: new Uint32Array(nodes),
    down: new Uint32Array(nodes),
  };
}

/** What an arc costs there and back, so that one tree serves both directions. */
function costBothWays(graph: Graph): ArcCost {
  const { nodes, starts, ends, targets, weights } = graph;
  const sums = new Uint32Array(targets.length);
  for (let node = 0; node < nodes; node += 1) {
    const end = ends[node] ?? 0;
    for (let arc = starts[node] ?? 0; arc < end; arc += 1) {
      const back = arcTo(graph, targets[arc] ?? 0, node);
      sums[arc] = (weights[arc] ?? 0) + (back === NONE ? 0 : (weights[back] ?? 0));
    }
  }
  return (arc) => sums[arc] ?? 0;
}

function relaysByDegree(graph: Graph, relays: (node: number) => boolean): number[] {
  const degree = (node: number): number => (graph.ends[node] ?? 0) - (graph.starts[node] ?? 0);
  return Array.from({ length: graph.nodes }, (_, node) => node)
    .filter(relays)
    .sort((a, b) => degree(b) - degree(a) || a - b);
}

/** Of the relays: trees are rooted at none but these, since a root is an inner node. */
function farthest({ source, distances }: ShortestPaths, relays: (node: number) => boolean): number {
  let far = source;
  distances.forEach((distance, node) => {
    if (distance === UNREACHABLE || distance <= (distances[far] ?? 0)) return;
    if (relays(node)) far = node;
  });
  return far;
}

/** The node at or next before the middle of the path to `end`. */
function middleOf({ source, distances, parents }: ShortestPaths, end: number): number {
  const half = (distances[end] ?? 0) / 2;
  let node = end;
  while (node !== source && (distances[node] ?? 0) > half) node = parents[node] ?? source;
  return node;
}

/** Adds the tree of one component. */
function plant(graph: Graph, tree: SpanningTree, paths: ShortestPaths): void {
  const { source, distances, parents } = paths;
  const order: number[] = [];
  distances.forEach((distance, node) => {
    if (distance !== UNREACHABLE) order.push(node);
  });
  order.sort((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0));
  for (const node of order) {
    // A node that does not relay may be a leaf of two components: the first to come keeps it.
    if (tree.roots[node] !== NONE) continue;
    tree.roots[node] = source;
    if (node === source) continue;
    const parent = parents[node] ?? NONE;
    tree.parents[node] = parent;
    const down = arcTo(graph, parent, node);
    const up = arcTo(graph, node, parent);
    tree.down[node] = (tree.down[parent] ?? 0) + (graph.weights[down] ?? 0);
    tree.up[node] = (tree.up[parent] ?? 0) + (graph.weights[up] ?? 0);
  }
}
