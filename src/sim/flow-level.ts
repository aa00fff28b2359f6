// Load balancing seen as flows instead of packets: every source splits its demands by the shares of its policy, links
// fill, packets come marked as full as the links on their way are, sources hear of it and split anew. Each source knows
// link state, its own links and its own packets' fate only.

import type { Rng } from '../env/rng.ts';
import { type Graph, arcTo } from '../routing/graph/graph.ts';
import { linkPrice } from '../routing/congestion-marking.ts';
import type { LoadBalancedPolicy } from '../routing/policies/load-balanced.ts';
import type { RoutingView } from '../routing/policies/route-policy.ts';
import type { Demand, FlowNetwork } from './min-max-utilisation.ts';
import { plainView } from './plain-view.ts';

export interface FlowLevelOptions {
  readonly createPolicy: () => LoadBalancedPolicy;
  readonly rounds: number;
  /** Virtual time of a round. */
  readonly roundMs: number;
  /** Packets that each source hears of per demand and round; the fewer, the coarser the marks. */
  readonly packetsPerRound: number;
  readonly rng: Rng;
}

/** For each round the load of the fullest link, as a share of its capacity. */
export function balanceFlows(
  network: FlowNetwork,
  demands: readonly Demand[],
  options: FlowLevelOptions,
): number[] {
  const { graph, capacities } = network;
  const { rounds, roundMs, packetsPerRound, rng } = options;
  const utilisation = new Float64Array(capacities.length);
  let nowMs = 0;
  const viewFrom = (source: number): RoutingView =>
    plainView({
      graph,
      source,
      nowMs: () => nowMs,
      congestion: (arc) =>
        arc >= (graph.starts[source] ?? 0) && arc < (graph.ends[source] ?? 0)
          ? Math.min(1, utilisation[arc] ?? 0)
          : 0,
      rng,
    });
  const sources = [...new Set(demands.map(({ from }) => from))];
  const nodes = new Map(
    sources.map((source) => [source, { view: viewFrom(source), policy: options.createPolicy() }]),
  );
  const fullest: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    nowMs = round * roundMs;
    const flows = demands.flatMap(({ from, to, rate }) => {
      const node = nodes.get(from);
      if (node === undefined) return [];
      return node.policy.shares(node.view, to).map(({ nodes: path, share }) => {
        const arcs = arcsAlong(graph, path);
        return { node, path, arcs, share, rate: rate * share };
      });
    });
    utilisation.fill(0);
    for (const { arcs, rate } of flows) {
      for (const arc of arcs) {
        utilisation[arc] = (utilisation[arc] ?? 0) + rate / (capacities[arc] ?? 1);
      }
    }
    fullest.push(utilisation.reduce((most, load) => Math.max(most, load), 0));
    for (const { node, path, arcs, share } of flows) {
      let price = 0;
      for (const arc of arcs) price += linkPrice(utilisation[arc] ?? 0);
      const delivered = Math.ceil(packetsPerRound * share);
      const probability = 1 - Math.exp(-price);
      let marked = 0;
      for (let packet = 0; packet < delivered; packet += 1) {
        if (rng.uint32() / 2 ** 32 < probability) marked += 1;
      }
      node.policy.feedback(node.view, {
        nodes: path,
        delivered,
        lost: 0,
        marked,
        roundTripMs: null,
      });
    }
  }
  return fullest;
}

function arcsAlong(graph: Graph, path: readonly number[]): number[] {
  return path.slice(1).map((node, i) => arcTo(graph, path[i] ?? 0, node));
}
