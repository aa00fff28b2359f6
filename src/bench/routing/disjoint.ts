// Three node-disjoint paths between two nodes, beside one full SPF: a search for even one path between them may look at all
// of the graph.

import { assert } from '../../core/assert.ts';
import { disjointPaths } from '../../routing/graph/disjoint-paths.ts';
import type { Graph } from '../../routing/graph/graph.ts';
import { shortestPaths } from '../../routing/graph/shortest-paths.ts';
import { row, type Row } from '../benchmark.ts';
import { bootstrapMedian } from '../bootstrap.ts';
import { measure, processorNanosecondsPer, type Rounds } from '../measure.ts';
import { benchRng } from '../seed.ts';
import { median, summarize } from '../statistics.ts';

const PATHS = 3;
/** Pairs in one round, which then takes a tenth of a second or more. */
const PAIRS = 60;
const SEARCHES = 100;

/** Microseconds per pair of random nodes. */
export async function benchDisjointPaths(graph: Graph, rounds: Rounds, seed: number): Promise<Row> {
  const rng = benchRng(seed, 'disjoint pairs');
  const pairs = Array.from({ length: PAIRS }, () => {
    const source = Math.floor(rng.unit() * graph.nodes);
    const step = 1 + Math.floor(rng.unit() * (graph.nodes - 1));
    return [source, (source + step) % graph.nodes] as const;
  });
  const { disjoint, full } = await measure(
    [
      {
        name: 'disjoint',
        round: () =>
          processorNanosecondsPer(1000 * PAIRS, () => {
            for (const [source, target] of pairs) {
              const { paths } = disjointPaths(graph, source, target, {
                kind: 'node',
                count: PATHS,
              });
              assert(paths.length === PATHS, 'a random graph of degree 8 has three disjoint paths');
            }
          }),
      },
      {
        name: 'full',
        round: () =>
          processorNanosecondsPer(1000 * SEARCHES, () => {
            for (let turn = 0; turn < SEARCHES; turn += 1) shortestPaths(graph, turn);
          }),
      },
    ],
    rounds,
    benchRng(seed, 'disjoint order'),
  );
  return row({
    name: 'disjoint',
    title: 'three node-disjoint paths, the same graph',
    unit: 'µs/pair',
    value: median(disjoint),
    interval: bootstrapMedian(disjoint, benchRng(seed, 'disjoint bootstrap')),
    summary: summarize(disjoint),
    bound: { name: 'µs full SPF', value: median(full) },
  });
}
