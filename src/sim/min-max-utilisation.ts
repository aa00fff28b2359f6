// The least possible load of the fullest link: the optimum of the linear programme that splits every demand over all
// paths at will (maximum concurrent flow). By multiplicative weights (Plotkin, Shmoys and Tardos 1995; Garg and Könemann
// 2007): prices on links rise with their load, all demands go the cheapest way, and the average of these answers tends
// to the optimum. Any prices certify a lower bound by duality, any average an upper one: the optimum lies between.

import type { Graph } from '../routing/graph/graph.ts';

/** Traffic from one node to another, in the unit of the capacities. */
export interface Demand {
  readonly from: number;
  readonly to: number;
  readonly rate: number;
}

/** What a graph's arcs carry at most; one entry per arc. */
export interface FlowNetwork {
  readonly graph: Graph;
  readonly capacities: Float64Array;
}

const ROUNDS_MAX = 50_000;
/** Exponent of the first price change of a link that is as full as the fullest may be; found by trial. */
const STEP = 1;
/** Bounds are compared every so many rounds. */
const ROUNDS_PER_CHECK = 20;

/**
 * Bounds of the optimum whose ratio is at most 1 + `gap`, unless the rounds run out first. Every destination must be
 * reachable.
 */
export function minMaxUtilisation(
  { graph, capacities }: FlowNetwork,
  demands: readonly Demand[],
  gap: number,
): { readonly lower: number; readonly upper: number } {
  const arcs = capacities.length;
  const bySource = new Map<number, Demand[]>();
  for (const demand of demands) {
    bySource.set(demand.from, [...(bySource.get(demand.from) ?? []), demand]);
  }
  const prices = Float64Array.from(capacities, (capacity) => 1 / capacity);
  const average = new Float64Array(arcs);
  const averagePrices = new Float64Array(arcs);
  const loadsAt = (at: Float64Array): Float64Array => {
    const loads = new Float64Array(arcs);
    for (const [source, wanted] of bySource) loadCheapest(graph, at, source, wanted, loads);
    return loads;
  };
  /** What the cheapest ways cost at these prices is a share of what all capacity costs that no routing can undercut. */
  const dual = (at: Float64Array, loads: Float64Array): { bound: number; budget: number } => {
    let paid = 0;
    let budget = 0;
    for (let arc = 0; arc < arcs; arc += 1) {
      paid += (at[arc] ?? 0) * (loads[arc] ?? 0);
      budget += (at[arc] ?? 0) * (capacities[arc] ?? 1);
    }
    return { bound: paid / budget, budget };
  };
  let weightOfAll = 0;
  let lower = 0;
  let upper = Infinity;
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const loads = loadsAt(prices);
    const { bound, budget } = dual(prices, loads);
    lower = Math.max(lower, bound);
    if (round === 1) upper = fullestOf(loads, capacities);
    // Steps shrink with the root of the rounds, so that the average converges without knowing how many there will be.
    const step = STEP / (upper * Math.sqrt(round));
    // Recent answers count more: the first ones were given at prices far from the final ones.
    weightOfAll += round;
    let worst = 0;
    for (let arc = 0; arc < arcs; arc += 1) {
      const utilisation = (loads[arc] ?? 0) / (capacities[arc] ?? 1);
      average[arc] = (average[arc] ?? 0) + round * utilisation;
      worst = Math.max(worst, (average[arc] ?? 0) / weightOfAll);
      averagePrices[arc] = (averagePrices[arc] ?? 0) + (round * (prices[arc] ?? 0)) / budget;
      prices[arc] = (prices[arc] ?? 0) * Math.exp(step * utilisation);
    }
    upper = Math.min(upper, worst);
    if (round % ROUNDS_PER_CHECK !== 0) continue;
    lower = Math.max(lower, dual(averagePrices, loadsAt(averagePrices)).bound);
    if (upper <= lower * (1 + gap)) break;
    rescale(prices);
  }
  return { lower, upper };
}

/** The load of every arc where all demands take the cheapest path by `prices`. */
export function loadCheapest(
  graph: Graph,
  prices: Float64Array,
  source: number,
  wanted: readonly Demand[],
  loads: Float64Array,
): void {
  const { nodes, starts, ends, targets } = graph;
  const distances = new Float64Array(nodes).fill(Infinity);
  const arcsTo = new Int32Array(nodes).fill(-1);
  const parents = new Int32Array(nodes).fill(-1);
  const done = new Uint8Array(nodes);
  distances[source] = 0;
  // Dijkstra over an array: these networks have a hundred nodes.
  for (;;) {
    let node = -1;
    let least = Infinity;
    for (let v = 0; v < nodes; v += 1) {
      if (done[v] === 0 && (distances[v] ?? Infinity) < least)
        [node, least] = [v, distances[v] ?? 0];
    }
    if (node < 0) break;
    done[node] = 1;
    const end = ends[node] ?? 0;
    for (let arc = starts[node] ?? 0; arc < end; arc += 1) {
      const next = targets[arc] ?? 0;
      const through = least + (prices[arc] ?? 0);
      if (through >= (distances[next] ?? 0)) continue;
      distances[next] = through;
      arcsTo[next] = arc;
      parents[next] = node;
    }
  }
  for (const { to, rate } of wanted) {
    for (let node = to; node !== source && node >= 0; node = parents[node] ?? -1) {
      const arc = arcsTo[node] ?? -1;
      if (arc >= 0) loads[arc] = (loads[arc] ?? 0) + rate;
    }
  }
}

function fullestOf(loads: Float64Array, capacities: Float64Array): number {
  return loads.reduce((most, load, arc) => Math.max(most, load / (capacities[arc] ?? 1)), 0);
}

/** Prices matter relative to each other only. */
function rescale(prices: Float64Array): void {
  let most = 0;
  for (const price of prices) most = Math.max(most, price);
  for (let arc = 0; arc < prices.length; arc += 1) prices[arc] = (prices[arc] ?? 0) / most;
}
