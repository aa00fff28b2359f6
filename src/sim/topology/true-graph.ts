// The graph that the oracle sees: all links of a topology that are up, with what crossing them truly costs. The mesh is
// measured against it and never asks it.

import { assert } from '../../core/assert.ts';
import { packGraph } from '../../routing/graph/csr.ts';
import { NONE, UNREACHABLE, type Graph, type ShortestPaths } from '../../routing/graph/graph.ts';
import { shortestPaths } from '../../routing/graph/shortest-paths.ts';
import type { Topology, TopologyLink } from './topology.ts';

/** Searches that are kept: 8 bytes for each node and source. */
const SOURCES_KEPT_MAX = 1_000;

export interface TrueGraphOptions {
  /** What crossing a link costs, 1…65 535, from a to b where `ahead`. */
  readonly weight: (link: TopologyLink, ahead: boolean) => number;
  /** Whether a node is on; absent: all are. */
  readonly nodeIsUp?: (node: number) => boolean;
  /** Whether the link of this index is up; absent: all are. */
  readonly linkIsUp?: (link: number) => boolean;
}

export interface TrueGraph {
  /** Ports are the index of the link + 1 where that is below 65 536, else 0. */
  readonly graph: Graph;
  /** Ordered pairs of nodes that are up with a way between them. */
  readonly reachablePairs: number;
  /** Whether both are up and there is a way. */
  reaches(from: number, to: number): boolean;
  /** Nodes that are up and that `node` reaches, itself included; 0 if it is down. */
  componentSize(node: number): number;
  /** Cost of the best path; `null` where there is none. */
  cost(from: number, to: number): number | null;
}

/** Built once for each state of the topology; links whose ends are down are down. */
export function trueGraph(topology: Topology, options: TrueGraphOptions): TrueGraph {
  const { weight, nodeIsUp = () => true, linkIsUp = () => true } = options;
  const nodes = topology.nodes.length;
  const froms: number[] = [];
  const tos: number[] = [];
  const weights: number[] = [];
  const ports: number[] = [];
  for (const [i, link] of topology.links.entries()) {
    const { a, b } = link;
    if (!linkIsUp(i) || !nodeIsUp(a) || !nodeIsUp(b)) continue;
    froms.push(a, b);
    tos.push(b, a);
    weights.push(weight(link, true), weight(link, false));
    const port = i + 1 < 0x1_0000 ? i + 1 : 0;
    ports.push(port, port);
  }
  const graph = packGraph(nodes, { froms, tos, weights, ports });
  const { components, sizes } = componentsOf(graph, nodeIsUp);
  const searches = new Map<number, ShortestPaths>();
  const component = (node: number): number => components[node] ?? NONE;
  return {
    graph,
    reachablePairs: sizes.reduce((pairs, size) => pairs + size * (size - 1), 0),
    reaches: (from, to) => component(from) !== NONE && component(from) === component(to),
    componentSize: (node) => sizes[component(node)] ?? 0,
    cost(from, to) {
      let search = searches.get(from);
      if (search === undefined) {
        if (searches.size >= SOURCES_KEPT_MAX) searches.clear();
        search = shortestPaths(graph, from);
        searches.set(from, search);
      }
      const distance = search.distances[to] ?? UNREACHABLE;
      return distance === UNREACHABLE ? null : distance;
    },
  };
}

interface Components {
  /** By node, `NONE` for one that is down. */
  readonly components: Int32Array;
  readonly sizes: readonly number[];
}

/** Every link counts in both directions, so that a breadth-first search finds a component whole. */
function componentsOf(graph: Graph, nodeIsUp: (node: number) => boolean): Components {
  const components = new Int32Array(graph.nodes).fill(NONE);
  const sizes: number[] = [];
  for (let first = 0; first < graph.nodes; first += 1) {
    if (components[first] !== NONE || !nodeIsUp(first)) continue;
    const reached = [first];
    components[first] = sizes.length;
    for (const node of reached) {
      const end = graph.ends[node] ?? 0;
      for (let arc = graph.starts[node] ?? 0; arc < end; arc += 1) {
        const target = graph.targets[arc] ?? 0;
        if (components[target] !== NONE) continue;
        components[target] = sizes.length;
        reached.push(target);
      }
    }
    assert(reached.length <= graph.nodes, 'a node is reached once');
    sizes.push(reached.length);
  }
  return { components, sizes };
}
