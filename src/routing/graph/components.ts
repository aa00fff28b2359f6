// The connected components of a graph whose arcs come in pairs, one for each direction of a link.

import { NONE, type Graph } from './graph.ts';

export interface Components {
  readonly count: number;
  /** By node: the number of its component, 0 … `count` − 1 in the order of their lowest nodes. */
  readonly of: Int32Array;
}

/** A node without links is a component of its own, and so is an index that a `LinkGraph` has free. */
export function components({ nodes, starts, ends, targets }: Graph): Components {
  const of = new Int32Array(nodes).fill(NONE);
  const waiting = new Int32Array(nodes);
  let count = 0;
  for (let first = 0; first < nodes; first += 1) {
    if (of[first] !== NONE) continue;
    of[first] = count;
    waiting[0] = first;
    for (let size = 1; size > 0;) {
      size -= 1;
      const node = waiting[size] ?? 0;
      const end = ends[node] ?? 0;
      for (let arc = starts[node] ?? 0; arc < end; arc += 1) {
        const target = targets[arc] ?? 0;
        if (of[target] !== NONE) continue;
        of[target] = count;
        waiting[size] = target;
        size += 1;
      }
    }
    count += 1;
  }
  return { count, of };
}
