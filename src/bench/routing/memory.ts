// What a node's picture of its mesh takes in memory, beside the bytes of its typed arrays, which are all it needs.

import { graphBytes } from '../../routing/graph/csr.ts';
import { shortestPaths } from '../../routing/graph/shortest-paths.ts';
import { row, type Row } from '../benchmark.ts';
import { exactly } from '../bootstrap.ts';
import { heldBytes } from '../held-bytes.ts';
import type { Threshold } from '../verdict.ts';
import { reportRows } from './graph-of-rows.ts';
import type { ArcRows } from './random-graph.ts';

/** Bytes per node of the graph that a live node keeps and its shortest paths. */
export function benchMemory(name: string, title: string, rows: ArcRows, wanted: Threshold): Row {
  const { structure, bytes } = heldBytes(() => {
    const graph = reportRows(rows);
    return { graph, paths: shortestPaths(graph, 0) };
  });
  const { graph, paths } = structure;
  const counted = graphBytes(graph) + paths.distances.byteLength + paths.parents.byteLength;
  const value = bytes / rows.nodes;
  return row({
    name,
    title,
    unit: 'B/node',
    value,
    interval: exactly(value),
    bound: { name: 'B/node in arrays', value: counted / rows.nodes },
    threshold: wanted,
  });
}
