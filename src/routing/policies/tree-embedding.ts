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
  readonly depths: Uint32Array;
  /** The root that the node hangs from, `NONE` where no tree reaches. */
  readonly roots: Int32Array;
  /** What it costs to go up to the root. */
  readonly up: Uint32Array;
  /** What it costs to come down from the root. */
  readonly down: Uint32Array;
}

const TREES = 3;
/** Of one `SpanningTree`. */
export const TREE_BYTES_PER_NODE = 20;

/**
 * Trees of shortest paths, whose inner nodes all relay. Their roots lie apart: in the middle of a longest path (found by
 * two searches), at the node with most links, and at the far end.
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
    const far = farthest(fromBusiest, relays);
    const fromFar = search(far);
    const middle = middleOf(fromFar, farthest(fromFar, relays));
    const grown = [search(middle), fromBusiest, fromFar];
    trees.forEach((tree, i) => plant(graph, tree, grown[i] ?? fromBusiest));
  }
  return trees;
}

/** The node next to both in the tree on the way between them; both must hang from one root. */
export function lowestCommonAncestor(
  { parents, depths }: SpanningTree,
  a: number,
  b: number,
): number {
  let [left, right] = [a, b];
  while (left !== right) {
    if ((depths[left] ?? 0) >= (depths[right] ?? 0)) left = parents[left] ?? 0;
    else right = parents[right] ?? 0;
  }
  return left;
}

/** What the way through the tree costs, `Infinity` where there is none. */
export function treeDistance(tree: SpanningTree, from: number, to: number): number {
  const root = tree.roots[from] ?? NONE;
  if (root === NONE || root !== tree.roots[to]) return Infinity;
  const top = lowestCommonAncestor(tree, from, to);
  const { up, down } = tree;
  return (up[from] ?? 0) - (up[top] ?? 0) + (down[to] ?? 0) - (down[top] ?? 0);
}

function emptyTree(nodes: number): SpanningTree {
  return {
    parents: new Int32Array(nodes).fill(NONE),
    depths: new Uint32Array(nodes),
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
    tree.depths[node] = (tree.depths[parent] ?? 0) + 1;
    const down = arcTo(graph, parent, node);
    const up = arcTo(graph, node, parent);
    tree.down[node] = (tree.down[parent] ?? 0) + (graph.weights[down] ?? 0);
    tree.up[node] = (tree.up[parent] ?? 0) + (graph.weights[up] ?? 0);
  }
}
