// Views for tests of policies: a graph from a list of links, and what the mesh would tell, as plain fields to change.

import fc from 'fast-check';
import { type Graph, arcTo } from '../../src/routing/graph/graph.ts';
import type { NodeAttributes } from '../../src/routing/node-attributes.ts';
import { searchPaths } from '../../src/routing/policies/path-search.ts';
import type { RoutingView } from '../../src/routing/policies/route-policy.ts';
import { createXoshiro128 } from '../../src/sim/seeded-rng.ts';

/** A link with a weight each way. */
export interface Link {
  readonly a: number;
  readonly b: number;
  readonly there: number;
  readonly back: number;
  readonly metrics?: number;
}

export const PLAIN: NodeAttributes = {
  gateway: false,
  relays: true,
  energy: null,
  location: null,
};

/** Of links given twice the last counts; those of a node to itself do not. */
export function graphOf(nodes: number, links: readonly Link[]): Graph {
  const rows = Array.from(
    { length: nodes },
    () => new Map<number, { weight: number; metrics: number }>(),
  );
  for (const { a, b, there, back, metrics = 0 } of links) {
    if (a === b) continue;
    rows[a]?.set(b, { weight: there, metrics });
    rows[b]?.set(a, { weight: back, metrics });
  }
  const arcs = rows.reduce((sum, row) => sum + row.size, 0);
  const graph = {
    nodes,
    starts: new Uint32Array(nodes),
    ends: new Uint32Array(nodes),
    targets: new Uint32Array(arcs),
    weights: new Uint16Array(arcs),
    ports: new Uint16Array(arcs),
    metrics: new Uint32Array(arcs),
  };
  let arc = 0;
  rows.forEach((row, node) => {
    graph.starts[node] = arc;
    const sorted = [...row].toSorted(([a], [b]) => a - b);
    sorted.forEach(([target, { weight, metrics }], port) => {
      graph.targets[arc] = target;
      graph.weights[arc] = weight;
      graph.metrics[arc] = metrics;
      graph.ports[arc] = port + 1;
      arc += 1;
    });
    graph.ends[node] = arc;
  });
  return graph;
}

export interface TestView extends RoutingView {
  version: number;
  graph: Graph;
  paths: RoutingView['paths'];
  wallMs: number;
  nowMs: number;
  /** By node; the others are plain. */
  readonly attributesOf: Map<number, NodeAttributes>;
  /** By arc, 0–1. */
  readonly congestionOf: Map<number, number>;
  /** Neighbours of the source. */
  readonly suspects: Set<number>;
  source: number;
  /** A new topology. */
  replace(graph: Graph): void;
  /** The view of another node. */
  moveTo(source: number): void;
}

export function viewOf(graph: Graph, source: number, seed = 1): TestView {
  const state = new Uint8Array(16);
  new DataView(state.buffer).setUint32(0, seed + 1);
  const attributesOf = new Map<number, NodeAttributes>();
  const congestionOf = new Map<number, number>();
  const suspects = new Set<number>();
  /** The mesh's tree knows links only, not who relays. */
  const treeOf = (graph: Graph): RoutingView['paths'] =>
    searchPaths(
      { ...view, graph, attributes: () => PLAIN, isSuspect: () => false },
      (arc) => graph.weights[arc] ?? 0,
    );
  const view: TestView = {
    version: 1,
    graph,
    source,
    paths: { source, distances: new Uint32Array(), parents: new Int32Array() },
    wallMs: 1_700_000_000_000,
    nowMs: 0,
    rng: createXoshiro128(state),
    attributesOf,
    congestionOf,
    suspects,
    attributes: (node) => attributesOf.get(node) ?? PLAIN,
    congestion: (arc) => congestionOf.get(arc) ?? 0,
    isSuspect: (arc) => suspects.size > 0 && suspects.has(view.graph.targets[arc] ?? 0),
    replace(graph) {
      view.graph = graph;
      view.version += 1;
      view.paths = treeOf(graph);
    },
    moveTo(source) {
      view.source = source;
      view.paths = treeOf(view.graph);
    },
  };
  view.paths = treeOf(graph);
  return view;
}

/** Hops of the path with fewest hops that packets may take, `Infinity` where there is none. The slow and obvious way. */
export function fewestHops(view: RoutingView, destination: number): number {
  let reached = new Set([view.source]);
  for (let hops = 0; hops <= view.graph.nodes; hops += 1) {
    if (reached.has(destination)) return hops;
    const next = new Set(reached);
    for (const from of reached) {
      if (from !== view.source && !view.attributes(from).relays) continue;
      for (let to = 0; to < view.graph.nodes; to += 1) {
        const arc = arcTo(view.graph, from, to);
        if (arc >= 0 && !(from === view.source && view.isSuspect(arc))) next.add(to);
      }
    }
    reached = next;
  }
  return Infinity;
}

/** Small graphs with few weights, so that ties and cuts are common. */
export const smallGraphs: fc.Arbitrary<{ nodes: number; links: Link[]; graph: Graph }> = fc
  .integer({ min: 2, max: 12 })
  .chain((nodes) =>
    fc.record({
      nodes: fc.constant(nodes),
      links: fc.array(
        fc.record({
          a: fc.nat({ max: nodes - 1 }),
          b: fc.nat({ max: nodes - 1 }),
          there: fc.integer({ min: 1, max: 5 }),
          back: fc.integer({ min: 1, max: 5 }),
          metrics: fc.integer({ min: 0, max: 0xffff_ffff }),
        }),
        { maxLength: 30 },
      ),
    }),
  )
  .map(({ nodes, links }) => ({ nodes, links, graph: graphOf(nodes, links) }));

/** A square grid of `side` × `side` nodes, each hop of weight 100. */
export function gridOf(side: number): Graph {
  const links: Link[] = [];
  for (let node = 0; node < side * side; node += 1) {
    if (node % side < side - 1) links.push({ a: node, b: node + 1, there: 100, back: 100 });
    if (node < side * (side - 1)) links.push({ a: node, b: node + side, there: 100, back: 100 });
  }
  return graphOf(side * side, links);
}
