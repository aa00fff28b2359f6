// Load balancing beside what is possible: the load of the fullest link where all sources balance by marks, where all take
// the shortest path, and at the optimum of the linear programme.

import type { Rng } from '../env/rng.ts';
import type { Graph } from '../routing/graph/graph.ts';
import { createLoadBalancedPolicy } from '../routing/policies/load-balanced.ts';
import { balanceFlows } from './flow-level.ts';
import { type Demand, loadCheapest, minMaxUtilisation } from './min-max-utilisation.ts';

/** Between every two nodes: the same everywhere, or as much as both have links. */
export type DemandKind = 'uniform' | 'gravity';

export interface BalanceComparison {
  /** Certified bounds of the optimum, in loads of the fullest link at unit demands and unit capacities. */
  readonly optimum: { readonly lower: number; readonly upper: number };
  /** Loads of the fullest link by the lower bound of the optimum: the true ratios are no worse. */
  readonly ratio: { readonly loadBalanced: number; readonly shortestPath: number };
}

/** At the optimum the fullest link is this full: there is something to balance, and a way to. */
const UTILISATION_AT_OPTIMUM = 0.8;
const OPTIMUM_GAP = 0.01;
const ROUND_MS = 1_000;
const ROUNDS = 30;
/** The last ones, of which the fullest counts: by then shares have settled. */
const ROUNDS_SETTLED = 10;
const PACKETS_PER_ROUND = 100;

/** All links have the same capacity. The graph is connected. */
export function compareBalance(graph: Graph, kind: DemandKind, rng: Rng): BalanceComparison {
  const capacities = new Float64Array(graph.targets.length).fill(1);
  const network = { graph, capacities };
  const wanted = allPairs(graph, kind);
  const optimum = minMaxUtilisation(network, wanted, OPTIMUM_GAP);
  const scale = UTILISATION_AT_OPTIMUM / optimum.lower;
  const demands = wanted.map((demand) => ({ ...demand, rate: demand.rate * scale }));
  const fullest = balanceFlows(network, demands, {
    createPolicy: createLoadBalancedPolicy,
    rounds: ROUNDS,
    roundMs: ROUND_MS,
    packetsPerRound: PACKETS_PER_ROUND,
    rng,
  });
  return {
    optimum,
    ratio: {
      loadBalanced: Math.max(...fullest.slice(-ROUNDS_SETTLED)) / UTILISATION_AT_OPTIMUM,
      shortestPath: shortestPathLoad(graph, demands) / UTILISATION_AT_OPTIMUM,
    },
  };
}

export function allPairs(graph: Graph, kind: DemandKind): Demand[] {
  const size = (node: number): number =>
    kind === 'uniform' ? 1 : (graph.ends[node] ?? 0) - (graph.starts[node] ?? 0);
  const demands: Demand[] = [];
  for (let from = 0; from < graph.nodes; from += 1) {
    for (let to = 0; to < graph.nodes; to += 1) {
      if (from !== to) demands.push({ from, to, rate: size(from) * size(to) });
    }
  }
  return demands;
}

function shortestPathLoad(graph: Graph, demands: readonly Demand[]): number {
  const loads = new Float64Array(graph.targets.length);
  const weights = Float64Array.from(graph.weights);
  for (let source = 0; source < graph.nodes; source += 1) {
    const own = demands.filter(({ from }) => from === source);
    loadCheapest(graph, weights, source, own, loads);
  }
  return loads.reduce((most, load) => Math.max(most, load), 0);
}
