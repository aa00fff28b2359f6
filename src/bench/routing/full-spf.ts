// Full SPF on a graph, beside its bound: reading the targets and weights of all arcs in order, once. No search does less.

import { assert } from '../../core/assert.ts';
import type { Graph } from '../../routing/graph/graph.ts';
import { shortestPaths } from '../../routing/graph/shortest-paths.ts';
import { row, type Row } from '../benchmark.ts';
import { bootstrapMedian } from '../bootstrap.ts';
import { measure, processorNanosecondsPer, type Rounds } from '../measure.ts';
import { benchRng } from '../seed.ts';
import { median, summarize } from '../statistics.ts';

const SOURCES = 20;
/** Searches from each source in one round, which then takes a tenth of a second or more. */
const SEARCHES_EACH = 10;
/** A sweep takes a tenth of a search's time. */
const SWEEPS = 1000;

/** Nanoseconds per arc. `name` is part of the row's. */
export async function benchFullSpf(
  name: string,
  title: string,
  graph: Graph,
  rounds: Rounds,
  seed: number,
): Promise<Row> {
  const arcs = graph.targets.length;
  const rng = benchRng(seed, `${name} sources`);
  const sources = Array.from({ length: SOURCES }, () => Math.floor(rng.unit() * graph.nodes));
  let checksum = 0;
  const { search, sweep } = await measure(
    [
      {
        name: 'search',
        round: () =>
          processorNanosecondsPer(arcs * SOURCES * SEARCHES_EACH, () => {
            for (let turn = 0; turn < SEARCHES_EACH; turn += 1) {
              for (const source of sources) {
                checksum += shortestPaths(graph, source).distances[0] ?? 0;
              }
            }
          }),
      },
      {
        name: 'sweep',
        round: () =>
          processorNanosecondsPer(arcs * SWEEPS, () => {
            for (let turn = 0; turn < SWEEPS; turn += 1) checksum += sweepArcs(graph);
          }),
      },
    ],
    rounds,
    benchRng(seed, `${name} order`),
  );
  // Using the sum keeps the compiler from dropping the work.
  assert(checksum > 0, 'distances and weights are positive');
  return row({
    name,
    title,
    unit: 'ns/arc',
    value: median(search),
    interval: bootstrapMedian(search, benchRng(seed, `${name} bootstrap`)),
    summary: summarize(search),
    bound: { name: 'ns/arc sweep', value: median(sweep) },
  });
}

function sweepArcs({ nodes, starts, ends, targets, weights }: Graph): number {
  let sum = 0;
  for (let node = 0; node < nodes; node += 1) {
    const end = ends[node] ?? 0;
    for (let arc = starts[node] ?? 0; arc < end; arc += 1) {
      sum = (sum + (targets[arc] ?? 0) + (weights[arc] ?? 0)) | 0;
    }
  }
  // As an unsigned number above 0 whatever the sum wrapped to.
  return (sum >>> 0) + 1;
}
