// What the router costs: searches, repair, memory, choosing a path. Graphs are made from the seed; every figure stands
// beside its bound, measured in the same run. And how good load balancing and ants are, in virtual time.

import type { BenchDocument, Row } from '../benchmark.ts';
import { benchDocument } from '../benchmark.ts';
import type { Rounds } from '../measure.ts';
import { benchRng } from '../seed.ts';
import type { Threshold } from '../verdict.ts';
import { benchAnts } from './ants.ts';
import { benchBalance } from './balance.ts';
import { balanceNetworks } from './balance-networks.ts';
import { benchChoosing } from './choosing.ts';
import { benchDisjointPaths } from './disjoint.ts';
import { benchFullSpf } from './full-spf.ts';
import { benchIncrementalSpf } from './incremental-spf.ts';
import { benchMemory } from './memory.ts';
import { packRows } from './graph-of-rows.ts';
import { gridGraph, randomGraph, type ArcRows } from './random-graph.ts';

/** Of nodes in the searches. */
export const SEARCH_NODES = 10_000;
export const MEMORY_NODES = 100_000;
/** Four Hamiltonian cycles give each node eight links. */
const CYCLES = 4;
const GRID_SIDE = 100;
const WEIGHT_MAX = 1000;
const WEIGHT_MAX_WIDE = 0xffff;
/** Bytes per node. */
export const MEMORY_WANTED: Threshold = { kind: 'at-most', value: 120 };
const REPAIR_SPEED_UP_WANTED: Threshold = { kind: 'at-least', value: 100 };
/** Of the fullest link, by the linear programme's optimum. */
const BALANCE_WANTED: Threshold = { kind: 'at-most', value: 1.15 };
const RANDOM = '10 000 nodes of degree 8';
const LARGE = 'graph of a live node, 100 000 nodes of degree 8';

/** Of all tree edges: enough for a median each. */
const REPAIR_ROUNDS: Rounds = { rounds: 21, warmUpRounds: 3 };
const REPAIR_ROUNDS_QUICK: Rounds = { rounds: 9, warmUpRounds: 2 };
/** Where a round takes half a second. */
const LONG_ROUNDS: Rounds = { rounds: 15, warmUpRounds: 2 };
const LONG_ROUNDS_QUICK: Rounds = { rounds: 5, warmUpRounds: 1 };
const ROUNDS: Rounds = { rounds: 40, warmUpRounds: 5 };
const ROUNDS_QUICK: Rounds = { rounds: 9, warmUpRounds: 2 };

export interface RoutingBenchOptions {
  readonly quick: boolean;
  readonly seed: number;
  /** A folder with files of the Internet Topology Zoo; `null`: load is balanced on a generated network. */
  readonly topologies: string | null;
}

/** The graph of the searches: 10 000 nodes of degree 8. */
export function searchGraph(seed: number, weightMax: number = WEIGHT_MAX): ArcRows {
  return randomGraph(SEARCH_NODES, CYCLES, weightMax, benchRng(seed, 'search graph'));
}

/** With weights of all sixteen bits: buckets are far apart then. */
export function wideGraph(seed: number): ArcRows {
  return searchGraph(seed, WEIGHT_MAX_WIDE);
}

/** As large, and with far longer paths. */
export function meshGraph(seed: number): ArcRows {
  return gridGraph(GRID_SIDE, WEIGHT_MAX, benchRng(seed, 'grid graph'));
}

/** The graph of the memory figures: 100 000 nodes of degree 8. */
export function memoryGraph(seed: number): ArcRows {
  return randomGraph(MEMORY_NODES, CYCLES, WEIGHT_MAX, benchRng(seed, 'memory graph'));
}

/** All figures; where quick, on fewer graphs and in less than half a minute. */
export async function routingRows(options: RoutingBenchOptions): Promise<readonly Row[]> {
  const { quick, seed, topologies } = options;
  const rounds = quick ? ROUNDS_QUICK : ROUNDS;
  const repairRounds = quick ? REPAIR_ROUNDS_QUICK : REPAIR_ROUNDS;
  const longRounds = quick ? LONG_ROUNDS_QUICK : LONG_ROUNDS;
  const random = searchGraph(seed);
  const packed = packRows(random);
  const grid = packRows(meshGraph(seed));
  const rows = [await benchFullSpf('spf', `full SPF, ${RANDOM}`, packed, rounds, seed)];
  if (!quick) {
    const wide = packRows(wideGraph(seed));
    rows.push(
      await benchFullSpf('spf-wide', 'the same, weights to 65 535', wide, rounds, seed),
      await benchFullSpf('spf-grid', 'the same, grid with diagonals', grid, rounds, seed),
    );
  }
  return [
    ...rows,
    ...(await benchIncrementalSpf(random, repairRounds, seed, REPAIR_SPEED_UP_WANTED)),
    await benchDisjointPaths(packed, rounds, seed),
    ...(await benchChoosing(grid, GRID_SIDE, longRounds, seed)),
    ...(await benchMemory('memory', LARGE, memoryGraph(seed), MEMORY_WANTED)),
    ...benchBalance(balanceNetworks(topologies), seed, BALANCE_WANTED),
    ...benchAnts(seed),
  ];
}

/** The same as a document of its own. */
export async function benchRouting(options: RoutingBenchOptions): Promise<BenchDocument> {
  return benchDocument('routing', options.seed, await routingRows(options), []);
}
