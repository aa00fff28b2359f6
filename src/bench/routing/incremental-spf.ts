// Repair of shortest paths after a link of the tree failed, beside computing them anew.

import { assert } from '../../core/assert.ts';
import { NONE, type ShortestPaths } from '../../routing/graph/graph.ts';
import type { LinkGraph } from '../../routing/graph/link-graph.ts';
import { repairPaths } from '../../routing/graph/repair.ts';
import { shortestPaths } from '../../routing/graph/shortest-paths.ts';
import { row, type Row } from '../benchmark.ts';
import { bootstrapMean, bootstrapMedian } from '../bootstrap.ts';
import { measure, nanosecondsPer, type Rounds } from '../measure.ts';
import { benchRng } from '../seed.ts';
import { mean, median, summarize } from '../statistics.ts';
import type { Threshold } from '../verdict.ts';
import { linksOf, reportRows } from './graph-of-rows.ts';
import type { ArcRows } from './random-graph.ts';

const SOURCE = 0;
/** Every so manieth repair is compared with a full computation, outside of the time. */
const CHECKED_EVERY = 100;
/** Full computations in one round. */
const SEARCHES = 10;

/**
 * Microseconds of a repair, mean over all tree edges, and how many times faster that is than computing in full. A repair takes
 * microseconds, far less than the processor's clock tells; so each edge's cost is its median over the rounds by the wall
 * clock, which leaves out rounds in which the machine did something else meanwhile. Intervals are over edges, whose costs differ far
 * more than rounds do: most edges have one node below them, a few have a tenth of the graph.
 */
export async function benchIncrementalSpf(
  rows: ArcRows,
  rounds: Rounds,
  seed: number,
  wanted: Threshold,
): Promise<readonly Row[]> {
  const graph = reportRows(rows);
  const paths = shortestPaths(graph, SOURCE, graph.noTransit);
  // Every node but the source has the tree edge above it.
  const edges = Array.from(paths.parents, (above, below): Edge => {
    return { above, below, microseconds: [] };
  }).filter(({ above }) => above !== NONE);
  const searches: number[] = [];
  const searchInFull = (): number => {
    for (let turn = 0; turn < SEARCHES; turn += 1) {
      const search = nanosecondsPer(1000, () => {
        shortestPaths(graph, SOURCE, graph.noTransit, paths);
      });
      searches.push(search);
    }
    return searches.at(-1) ?? 0;
  };
  await measure(
    [
      { name: 'repair', round: (round) => failEach(graph, rows, paths, edges, round) },
      { name: 'full', round: searchInFull },
    ],
    rounds,
    benchRng(seed, 'repair order'),
  );

  const bootstrap = benchRng(seed, 'repair bootstrap');
  const counted = edges.map(({ microseconds }) => median(microseconds.slice(rounds.warmUpRounds)));
  const full = searches.slice(rounds.warmUpRounds * SEARCHES);
  const repair = bootstrapMean(counted, bootstrap);
  const fullInterval = bootstrapMedian(full, bootstrap);
  return [
    row({
      name: 'repair',
      title: 'repair after a tree edge failed, mean of all',
      unit: 'µs',
      value: mean(counted),
      interval: repair,
      summary: summarize(counted),
      bound: { name: 'µs in full', value: median(full) },
    }),
    row({
      name: 'repair-speed-up',
      title: 'full over repair',
      unit: '×',
      value: median(full) / mean(counted),
      // Both at their worst, and both at their best: wider than need be.
      interval: {
        low: fullInterval.low / repair.high,
        high: fullInterval.high / repair.low,
        confidence: repair.confidence,
      },
      threshold: wanted,
    }),
  ];
}

interface Edge {
  readonly above: number;
  readonly below: number;
  /** One per round: the repair alone, without the link's way out of the graph and back. */
  readonly microseconds: number[];
}

/** The sum of this round's costs. */
function failEach(
  graph: LinkGraph,
  rows: ArcRows,
  paths: ShortestPaths,
  edges: readonly Edge[],
  round: number,
): number {
  let sum = 0;
  for (const [index, { above, below, microseconds }] of edges.entries()) {
    const links = linksOf(rows, above);
    const before = graph.cursor;
    graph.report(
      above,
      links.filter(({ target }) => target !== below),
    );
    const cost = nanosecondsPer(1000, () => {
      repairPaths(graph, paths, graph.changesSince(before), graph.noTransit);
    });
    if (round === 0 && index % CHECKED_EVERY === 0) requireEqual(paths, graph);
    const mended = graph.cursor;
    graph.report(above, links);
    repairPaths(graph, paths, graph.changesSince(mended), graph.noTransit);
    microseconds.push(cost);
    sum += cost;
  }
  return sum;
}

function requireEqual(paths: ShortestPaths, graph: LinkGraph): void {
  const full = shortestPaths(graph, paths.source, graph.noTransit);
  for (let node = 0; node < graph.nodes; node += 1) {
    assert(
      full.distances[node] === paths.distances[node] && full.parents[node] === paths.parents[node],
      'repaired paths are those of a full computation',
    );
  }
}
