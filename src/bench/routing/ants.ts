// How good the ants are: how near they come to an oracle that knows delays of which link state says nothing, how soon they
// leave a link that turns bad, and what they hold. In virtual time: the same seed gives the same figures on any machine.

import { ACTIVE_DESTINATIONS_MAX } from '../../routing/policies/ant-colony.ts';
import {
  antStateBytes,
  antsByOracle,
  LINK_TROUBLES,
  msUntilLeft,
} from '../../sim/ant-experiment.ts';
import { gridTopology } from '../../sim/topology/generators.ts';
import { row, type Row } from '../benchmark.ts';
import { exactly } from '../bootstrap.ts';
import { benchRng } from '../seed.ts';
import { mean } from '../statistics.ts';
import type { Threshold } from '../verdict.ts';
import { evenGraph } from './balance-networks.ts';

const GRID_SIDE = 8;
const MEMORY_GRID_SIDE = 16;
const PAIRS = 24;
/** Four hops: then the way round a full link is the better one. */
const DISTANCE_MIN = 400;
const MEMORY_RUNS = 4;
const DESTINATIONS: readonly [number, number, number] = [
  ACTIVE_DESTINATIONS_MAX / 8,
  ACTIVE_DESTINATIONS_MAX / 2,
  ACTIVE_DESTINATIONS_MAX,
];
/** Of the oracle's cost, after 30 s. */
const COST_WANTED: Threshold = { kind: 'at-most', value: 1.05 };
/** Seconds. */
const LEFT_WANTED: Threshold = { kind: 'at-most', value: 5 };
/** Linear: one destination more takes no more where there are many. */
const GROWTH_WANTED: Threshold = { kind: 'at-most', value: 1 };

export function benchAnts(seed: number): readonly Row[] {
  return [...costRows(seed), ...leavingRows(seed), ...memoryRows(seed)];
}

function costRows(seed: number): readonly Row[] {
  const graph = evenGraph(gridTopology(GRID_SIDE, GRID_SIDE));
  const { first, last } = antsByOracle(graph, PAIRS, benchRng(seed, 'ants by oracle'));
  const unit = '× oracle';
  return [
    row({
      name: 'ants-cost',
      title: `ants after 25 to 30 s, hidden delays, grid of ${GRID_SIDE} × ${GRID_SIDE}, ${PAIRS} pairs`,
      unit,
      value: last,
      interval: exactly(last),
      threshold: COST_WANTED,
    }),
    row({
      name: 'ants-cost-first',
      title: 'the same, first packets, by link state',
      unit,
      value: first,
      interval: exactly(first),
    }),
  ];
}

/** The slowest of all pairs counts. */
function leavingRows(seed: number): readonly Row[] {
  const graph = evenGraph(gridTopology(GRID_SIDE, GRID_SIDE));
  return LINK_TROUBLES.map((trouble) => {
    const rng = benchRng(seed, `ants leave ${trouble}`);
    let slowest = 0;
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const ms = msUntilLeft(graph, trouble, DISTANCE_MIN, rng);
      slowest = Math.max(slowest, (ms ?? 0) / 1000);
    }
    return row({
      name: `ants-leave-${trouble}`,
      title: `ants leave a link that turns ${trouble}, slowest of ${PAIRS} pairs`,
      unit: 's',
      value: slowest,
      interval: exactly(slowest),
      threshold: LEFT_WANTED,
    });
  });
}

function memoryRows(seed: number): readonly Row[] {
  const graph = evenGraph(gridTopology(MEMORY_GRID_SIDE, MEMORY_GRID_SIDE));
  const [few, half, all] = DESTINATIONS;
  // The same stream each time, so that more destinations hold the fewer ones.
  const bytes = (destinations: number): number =>
    mean(
      Array.from({ length: MEMORY_RUNS }, (_, run) =>
        antStateBytes(graph, destinations, benchRng(seed, `ants hold ${run}`)),
      ),
    );
  const [atFew, atHalf, atAll] = [bytes(few), bytes(half), bytes(all)];
  const each = atAll / all;
  const growth = (atAll - atHalf) / (all - half) / ((atHalf - atFew) / (half - few));
  return [
    row({
      name: 'ants-memory',
      title: `state of ants, ${all} destinations, grid of ${MEMORY_GRID_SIDE} × ${MEMORY_GRID_SIDE}`,
      unit: 'B/destination',
      value: each,
      interval: exactly(each),
    }),
    row({
      name: 'ants-memory-growth',
      title: `each destination of the last ${all - half} by each of the ${half - few} before`,
      unit: '×',
      value: growth,
      interval: exactly(growth),
      threshold: GROWTH_WANTED,
    }),
  ];
}
