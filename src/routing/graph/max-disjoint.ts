// How many disjoint paths there can be between two nodes, and what stands in the way of more (K. Menger 1927; L. R. Ford and
// D. R. Fulkerson 1956): a maximum flow by augmenting paths of fewest steps, and the least cut that a search which finds no
// further one leaves behind. Weights do not matter.

import { assert } from '../../core/assert.ts';
import type { Graph } from './graph.ts';
import { createUnitFlow, type Cut, type Disjointness, type UnitFlow } from './unit-flow.ts';

export interface MaxDisjoint {
  /** At most the limit. */
  readonly count: number;
  /** `count` nodes and links together that every path passes; `null` if there are as many paths as the limit. */
  readonly cut: Cut | null;
}

/** The most disjoint paths from `source` to `target`, counted up to `limit`. `noTransit` as in `shortestPaths`. */
export function maxDisjoint(
  graph: Graph,
  source: number,
  target: number,
  kind: Disjointness,
  limit: number,
  noTransit: Uint8Array | null = null,
): MaxDisjoint {
  assert(source !== target, 'disjoint paths join two nodes');
  const flow = createUnitFlow(graph, source, target, kind, noTransit);
  /** By state: the one before it in the search, −1 if it was not reached. */
  const previous = new Int32Array(flow.states);
  for (let count = 0; count < limit; count += 1) {
    if (!search(flow, previous)) {
      return { count, cut: flow.cut((state) => (previous[state] ?? -1) >= 0) };
    }
    const way = [flow.last];
    for (let state = flow.last; state !== flow.first;) {
      state = previous[state] ?? flow.first;
      way.push(state);
    }
    flow.take(way.reverse());
  }
  return { count: limit, cut: null };
}

/** Breadth first; whether the last state is reached. */
function search(flow: UnitFlow, previous: Int32Array): boolean {
  const { first, last } = flow;
  previous.fill(-1);
  previous[first] = first;
  const queue = [first];
  let state = first;
  const visit = (next: number): void => {
    if ((previous[next] ?? 0) >= 0) return;
    previous[next] = state;
    queue.push(next);
  };
  for (let head = 0; head < queue.length && (previous[last] ?? -1) < 0; head += 1) {
    state = queue[head] ?? first;
    flow.steps(state, visit);
  }
  return (previous[last] ?? -1) >= 0;
}
