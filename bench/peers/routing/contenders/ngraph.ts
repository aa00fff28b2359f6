// ngraph.graph with ngraph.path: it finds one path at a time, so it is asked for the node farthest from the source, which
// makes its search (A* without a heuristic, that is Dijkstra's) settle all nodes. Its answer is that one distance.

import { createRequire } from 'node:module';
import { serve } from './serve.ts';

interface Link {
  readonly data: number;
}

interface Graph {
  addNode(id: number): void;
  addLink(from: number, to: number, weight: number): Link;
  getLink(from: number, to: number): Link | undefined;
}

const load = createRequire(import.meta.url);
const createGraph = load('ngraph.graph') as () => Graph;
const { aStar } = load('ngraph.path') as {
  readonly aStar: (
    graph: Graph,
    options: {
      readonly oriented: boolean;
      readonly distance: (from: unknown, to: unknown, link: Link) => number;
    },
  ) => { find(from: number, to: number): readonly { readonly id: number }[] };
};

await serve(({ nodes, offsets, targets, weights }) => {
  const graph = createGraph();
  for (let node = 0; node < nodes; node += 1) graph.addNode(node);
  for (let node = 0; node < nodes; node += 1) {
    for (let arc = offsets[node] ?? 0; arc < (offsets[node + 1] ?? 0); arc += 1) {
      graph.addLink(node, targets[arc] ?? 0, weights[arc] ?? 0);
    }
  }
  const finder = aStar(graph, { oriented: true, distance: (_from, _to, { data }) => data });
  return {
    find: (source, farthest) => finder.find(source, farthest),
    // The path comes from its end to its beginning.
    answer: (path) => {
      let distance = 0;
      for (let hop = 1; hop < path.length; hop += 1) {
        distance += graph.getLink(path[hop]?.id ?? -1, path[hop - 1]?.id ?? -1)?.data ?? Number.NaN;
      }
      return String(distance);
    },
  };
});
