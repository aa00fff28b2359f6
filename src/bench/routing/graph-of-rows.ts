// A graph to measure on, as the router keeps graphs: packed, or as a live node holds it.

import { assert } from '../../core/assert.ts';
import { packGraph } from '../../routing/graph/csr.ts';
import type { Graph } from '../../routing/graph/graph.ts';
import { LinkGraph, type ReportedLink } from '../../routing/graph/link-graph.ts';
import type { ArcRows } from './random-graph.ts';

/** More than any graph here has: arrays grow as they would in a node that does not know how large its mesh will be. */
const NODES_MAX = 1 << 20;
const ARCS_MAX = 1 << 24;
const CHANGES_MAX = 4096;

/** Packed; ports and metrics are 0. */
export function packRows({ nodes, offsets, targets, weights }: ArcRows): Graph {
  const froms = new Uint32Array(targets.length);
  for (let node = 0; node < nodes; node += 1) froms.fill(node, offsets[node], offsets[node + 1]);
  return packGraph(nodes, { froms, tos: targets, weights });
}

/** What node `node` reports. */
export function linksOf(
  { offsets, targets, weights }: ArcRows,
  node: number,
): readonly ReportedLink[] {
  const start = offsets[node] ?? 0;
  return Array.from(targets.subarray(start, offsets[node + 1]), (target, index) => ({
    target,
    port: index + 1,
    weight: weights[start + index] ?? 0,
    metrics: 0,
  }));
}

/** Filled by one report of each node, in the order of nodes. */
export function reportRows(rows: ArcRows): LinkGraph {
  const graph = new LinkGraph({
    nodesMax: NODES_MAX,
    arcsMax: ARCS_MAX,
    changesMax: CHANGES_MAX,
  });
  for (let node = 0; node < rows.nodes; node += 1) graph.addNode();
  for (let node = 0; node < rows.nodes; node += 1) {
    assert(graph.report(node, linksOf(rows, node)), 'the graph has room for what is reported');
  }
  return graph;
}
