// dijkstrajs: `single_source_shortest_paths` on its own format, an object of objects. It answers with the node before each
// node; distances are summed along them after the clock has stopped.

import { createRequire } from 'node:module';
import { checksum } from '../checksum.ts';
import { serve } from './serve.ts';

type Adjacency = Readonly<Record<string, Readonly<Record<string, number>>>>;

const { single_source_shortest_paths: search } = createRequire(import.meta.url)('dijkstrajs') as {
  readonly single_source_shortest_paths: (
    graph: Adjacency,
    source: number,
  ) => Readonly<Record<string, string | number>>;
};

await serve(({ nodes, offsets, targets, weights }) => {
  const graph: Record<string, Record<string, number>> = {};
  for (let node = 0; node < nodes; node += 1) {
    const row: Record<string, number> = {};
    for (let arc = offsets[node] ?? 0; arc < (offsets[node + 1] ?? 0); arc += 1) {
      row[String(targets[arc])] = weights[arc] ?? 0;
    }
    graph[String(node)] = row;
  }
  return {
    find: (source) => search(graph, source),
    answer(before, source) {
      const distances = new Map<number, number>([[source, 0]]);
      const distanceOf = (node: number): number => {
        const chain: number[] = [];
        let known = node;
        while (!distances.has(known)) {
          chain.push(known);
          known = Number(before[known]);
        }
        let distance = distances.get(known) ?? 0;
        for (const next of chain.toReversed()) {
          distance += graph[String(known)]?.[String(next)] ?? Number.NaN;
          distances.set(next, distance);
          known = next;
        }
        return distance;
      };
      return checksum(Array.from({ length: nodes }, (_, node) => distanceOf(node)));
    },
  };
});
