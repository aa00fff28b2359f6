// graphology with graphology-shortest-path: `dijkstra.singleSource`, which answers with the path to every node; distances
// are summed along them after the clock has stopped.

import { createRequire } from 'node:module';
import { checksum } from '../checksum.ts';
import { serve } from './serve.ts';

interface DirectedGraph {
  addNode(key: string): void;
  addDirectedEdge(from: string, to: string, attributes: { readonly weight: number }): void;
  getEdgeAttribute(from: string, to: string, name: 'weight'): number;
}

const load = createRequire(import.meta.url);
const { DirectedGraph } = load('graphology') as { readonly DirectedGraph: new () => DirectedGraph };
const { singleSource } = load('graphology-shortest-path/dijkstra') as {
  readonly singleSource: (
    graph: DirectedGraph,
    source: string,
    weight: 'weight',
  ) => Readonly<Record<string, readonly string[]>>;
};

await serve(({ nodes, offsets, targets, weights }) => {
  const graph = new DirectedGraph();
  for (let node = 0; node < nodes; node += 1) graph.addNode(String(node));
  for (let node = 0; node < nodes; node += 1) {
    for (let arc = offsets[node] ?? 0; arc < (offsets[node + 1] ?? 0); arc += 1) {
      const weight = weights[arc] ?? 0;
      graph.addDirectedEdge(String(node), String(targets[arc]), { weight });
    }
  }
  return {
    find: (source) => singleSource(graph, String(source), 'weight'),
    answer: (paths) =>
      checksum(
        Array.from({ length: nodes }, (_, node) => {
          const path = paths[node] ?? [];
          let distance = 0;
          for (let hop = 1; hop < path.length; hop += 1) {
            distance += graph.getEdgeAttribute(path[hop - 1] ?? '', path[hop] ?? '', 'weight');
          }
          return distance;
        }),
      ),
  };
});
