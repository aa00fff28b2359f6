// What paths cost a source at present: their hops, and the congestion prices that its packets' marks tell. Prices of single
// links come from the paths that share them, so that paths never used have a price too, and the cheapest of all can be
// searched for.

import { linkPrice } from '../congestion-marking.ts';
import { nodePath } from '../graph/graph.ts';
import { createPathTomography } from '../path-tomography.ts';
import { pathArcs, searchPaths } from './path-search.ts';
import { DEFAULT_CRITERIA } from './route-criteria.ts';
import type { RoutingView } from './route-policy.ts';
import { createViewMemo } from './view-memo.ts';

/** What a hop of mean weight costs beside prices: nobody goes far round for a small one. */
const HOP_PRICE = 0.01;
/** Links of active paths; far more than the paths of any one node have. */
const LINKS_MAX = 2_048;
/** Congestion that nobody sees any more is over. */
const PRICE_HALF_LIFE_MS = 30_000;
const TOMOGRAPHY_GAIN = 0.5;
/** The search for the cheapest paths is repeated this often at most. */
const SEARCH_MS = 1_000;
/** Prices as integers, for the search. */
const PRICE_SCALE = 10_000;
const COST_MAX = 0xffff;

export interface PathPrices {
  /** Packets on this path said that its links' prices sum to `price`. */
  observe(view: RoutingView, nodes: readonly number[], price: number): void;
  /** `price`: that of the path as its own packets say, `null` to sum its links'. */
  costOf(view: RoutingView, nodes: readonly number[], price: number | null): number;
  /** By hops and prices; `null` where none leads there. */
  cheapest(view: RoutingView, destination: number): number[] | null;
  readonly stateBytes: number;
}

export function createPathPrices(): PathPrices {
  const links = createPathTomography({
    linksMax: LINKS_MAX,
    halfLifeMs: PRICE_HALF_LIFE_MS,
    gain: TOMOGRAPHY_GAIN,
  });
  const meanWeightOf = createViewMemo(meanWeight, () => null);
  const priceOf = (view: RoutingView, from: number, to: number, arc: number): number =>
    Math.max(links.at(from, to, view.nowMs), linkPrice(view.congestion(arc)));
  const treeOf = createViewMemo(
    (view) => {
      const perWeight = HOP_PRICE / meanWeightOf(view, DEFAULT_CRITERIA);
      return searchPaths(view, (arc, from) => {
        const price = priceOf(view, from, view.graph.targets[arc] ?? 0, arc);
        const cost = PRICE_SCALE * (perWeight * (view.graph.weights[arc] ?? 0) + price);
        return Math.min(COST_MAX, Math.max(1, Math.round(cost)));
      });
    },
    () => SEARCH_MS,
  );

  return {
    observe: (view, nodes, price) => links.observe(nodes, price, view.nowMs),
    costOf(view, nodes, own) {
      let weight = 0;
      let price = 0;
      (pathArcs(view.graph, nodes) ?? []).forEach((arc, i) => {
        weight += view.graph.weights[arc] ?? 0;
        if (own === null) price += priceOf(view, nodes[i] ?? 0, nodes[i + 1] ?? 0, arc);
      });
      return (HOP_PRICE * weight) / meanWeightOf(view, DEFAULT_CRITERIA) + (own ?? price);
    },
    cheapest: (view, destination) => nodePath(treeOf(view, DEFAULT_CRITERIA), destination),
    get stateBytes() {
      return links.stateBytes;
    },
  };
}

function meanWeight({ graph }: RoutingView): number {
  let [sum, arcs] = [0, 0];
  for (let node = 0; node < graph.nodes; node += 1) {
    const end = graph.ends[node] ?? 0;
    for (let arc = graph.starts[node] ?? 0; arc < end; arc += 1) {
      sum += graph.weights[arc] ?? 0;
      arcs += 1;
    }
  }
  return Math.max(1, sum / Math.max(1, arcs));
}
