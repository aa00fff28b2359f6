// Ours: full SPF on the graph that a live node keeps, filled by one report of each node.

import { reportRows } from '../../../../src/bench/routing/graph-of-rows.ts';
import { shortestPaths } from '../../../../src/routing/graph/shortest-paths.ts';
import { checksum } from '../checksum.ts';
import { serve } from './serve.ts';

await serve((rows) => {
  const graph = reportRows(rows);
  return {
    find: (source) => shortestPaths(graph, source, graph.noTransit),
    answer: ({ distances }) => checksum(distances),
  };
});
