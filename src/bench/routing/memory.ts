// What a node's picture of its mesh takes in memory, beside the bytes of its typed arrays, which are all it needs.

import { graphBytes } from '../../routing/graph/csr.ts';
import { shortestPaths } from '../../routing/graph/shortest-paths.ts';
import { row, type Row } from '../benchmark.ts';
import { exactly } from '../bootstrap.ts';
import { heldBytes } from '../held-bytes.ts';
import type { Threshold } from '../verdict.ts';
import { packRows, reportRows } from './graph-of-rows.ts';
import type { ArcRows } from './random-graph.ts';

/** Bytes per node of the graph that a live node keeps, and of the shortest paths on it. */
export async function benchMemory(
  name: string,
  title: string,
  rows: ArcRows,
  wanted: Threshold,
): Promise<readonly Row[]> {
  const graph = await heldBytes(() => reportRows(rows), graphBytes);
  const value = graph.bytes / rows.nodes;
  const packed = packRows(rows);
  const paths = await heldBytes(
    () => shortestPaths(packed, 0),
    ({ distances, parents }) => distances.byteLength + parents.byteLength,
  );
  const searched = paths.bytes / rows.nodes;
  return [
    row({
      name,
      title,
      unit: 'B/node',
      value,
      interval: exactly(value),
      bound: { name: 'B/node in arrays of arcs', value: graph.told / rows.nodes },
      threshold: wanted,
    }),
    row({
      name: `${name}-paths`,
      title: 'shortest paths on it',
      unit: 'B/node',
      value: searched,
      interval: exactly(searched),
      bound: {
        name: 'B/node of paths',
        value: paths.told / rows.nodes,
      },
    }),
  ];
}
