// Ours: full SPF on the packed graph.

import { packGraph } from '../../../../src/routing/graph/csr.ts';
import { shortestPaths } from '../../../../src/routing/graph/shortest-paths.ts';
import { checksum } from '../checksum.ts';
import { serve } from './serve.ts';

await serve(({ nodes, offsets, targets, weights }) => {
  const froms = new Uint32Array(targets.length);
  for (let node = 0; node < nodes; node += 1) froms.fill(node, offsets[node], offsets[node + 1]);
  const graph = packGraph(nodes, { froms, tos: targets, weights });
  return {
    find: (source) => shortestPaths(graph, source),
    answer: ({ distances }) => checksum(distances),
  };
});
