// What a node's picture of its mesh takes in memory, beside the bytes of its typed arrays, which are all it needs.

import { graphBytes } from '../../routing/graph/csr.ts';
import { shortestPaths } from '../../routing/graph/shortest-paths.ts';
import { row, type Row } from '../benchmark.ts';
import { exactly } from '../bootstrap.ts';
import { heldBytes } from '../held-bytes.ts';
import type { Threshold } from '../verdict.ts';
import { reportRows } from './graph-of-rows.ts';
import type { ArcRows } from './random-graph.ts';

/** Bytes per node of the graph that a live node keeps, and of the shortest paths on it. */
export function benchMemory(
  name: string,
  title: string,
  rows: ArcRows,
  wanted: Threshold,
): readonly Row[] {
  const held = heldBytes(() => reportRows(rows));
  const graph = held.structure;
  const value = held.bytes / rows.nodes;
  const search = heldBytes(() => shortestPaths(graph, 0));
  const { distances, parents } = search.structure;
  const searched = search.bytes / rows.nodes;
  return [
    row({
      name,
      title,
      unit: 'B/node',
      value,
      interval: exactly(value),
      bound: { name: 'B/node in arrays of arcs', value: graphBytes(graph) / rows.nodes },
      threshold: wanted,
    }),
    row({
      name: `${name}-paths`,
      title: 'shortest paths and the scratch of the search',
      unit: 'B/node',
      value: searched,
      interval: exactly(searched),
      bound: {
        name: 'B/node of paths',
        value: (distances.byteLength + parents.byteLength) / rows.nodes,
      },
    }),
  ];
}
