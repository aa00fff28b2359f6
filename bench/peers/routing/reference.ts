// What all contenders must answer, by the plainest correct method: Bellman's rule applied until nothing changes. It shares
// no code with what is measured.

import type { ArcRows } from '../../../src/bench/routing/random-graph.ts';
import { checksum } from './checksum.ts';

export interface Expected {
  /** `sum:hash` of all distances. */
  readonly all: string;
  /** The node farthest from the source, the first of several. */
  readonly farthestNode: number;
  readonly farthest: string;
}

/** Of a connected graph. */
export function expectedAnswer(graph: ArcRows, source: number): Expected {
  const { nodes, offsets, targets, weights } = graph;
  const distances = new Float64Array(nodes).fill(Infinity);
  distances[source] = 0;
  let changed = new Set([source]);
  while (changed.size > 0) {
    const next = new Set<number>();
    for (const node of changed) {
      for (let arc = offsets[node] ?? 0; arc < (offsets[node + 1] ?? 0); arc += 1) {
        const target = targets[arc] ?? 0;
        const distance = (distances[node] ?? 0) + (weights[arc] ?? 0);
        if (distance >= (distances[target] ?? 0)) continue;
        distances[target] = distance;
        next.add(target);
      }
    }
    changed = next;
  }
  const greatest = distances.reduce((most, distance) => Math.max(most, distance), 0);
  return {
    all: checksum(distances),
    farthestNode: distances.indexOf(greatest),
    farthest: String(greatest),
  };
}
