// Weighted multipath: every flow keeps one path, and the paths of a destination share the flows by weights. At first the
// near-equal and diverse paths share by their capacity (WCMP: Zhou et al., 2014). Then each source moves share from paths
// that come back marked to those that don't, by multiplicative weights on the prices that marks tell (TeXCP: Kandula et
// al., 2005; REM). Where prices show a cheaper path than those held, it joins them; what carries nothing leaves. Sources
// know nothing of each other: the prices they see are the only coordination, and as these rise steeply with load, what
// they settle on comes near the optimum of the linear programme.

import { nodePath } from '../graph/graph.ts';
import { decodeMetrics } from '../graph/metric-code.ts';
import { pathPrice } from '../congestion-marking.ts';
import { createDijkstraPolicy } from './dijkstra.ts';
import { diversePaths } from './diverse-paths.ts';
import { isUsable, pathArcs, pathWeight } from './path-search.ts';
import { type PathPrices, createPathPrices } from './path-prices.ts';
import { rejectedFor } from './rejection.ts';
import { DEFAULT_CRITERIA } from './route-criteria.ts';
import type { PathChoice, RoutePolicy, RoutingView } from './route-policy.ts';
import { pathKey, rendezvous } from './weighted-rendezvous.ts';

/** Destinations whose shares are remembered; beyond it the one used longest ago is forgotten. */
const DESTINATIONS_MAX = 512;
const PATHS_MAX = 8;
/** Shares move this often at most: several round trips, so that their effect is seen before the next move. */
const REBALANCE_MS = 1_000;
/** Paths found at first, and how much dearer than the shortest they may be to carry traffic from the start. */
const PATHS_FIRST = 3;
const NEAR_EQUAL = 1.1;
/** How fast shares follow prices, and the largest factor (as a logarithm) of one move. */
const GAIN = 0.4;
/** Where no path costs more than this, shares move faster: back to the short paths. */
const CALM_COST = 0.1;
const CALM_GAIN = 4;
const MOVE_MAX = 1;
/** Share that a path gets when it joins. */
const SHARE_FIRST = 0.05;
/** Below this a path carries nothing and leaves. */
const SHARE_MIN = 0.005;
/** A path joins only if cheaper than those held by this. */
const CHEAPER_BY = 0.02;
/** Share of the newest observation in a path's own price; after this long without one, its links' prices count. */
const SMOOTHING = 0.5;
const PRICE_FRESH_MS = 5_000;
/** Nodes, share and price of one path, roughly. */
const BYTES_PER_PATH = 160;

interface SharedPath {
  readonly nodes: readonly number[];
  readonly key: number;
  share: number;
  /** From its own marks. */
  price: number;
  pricedAtMs: number;
  choice: PathChoice | null;
  choiceVersion: number;
}

interface Destination {
  version: number;
  rebalancedAtMs: number;
  /** Whether anything was learned since. */
  stirred: boolean;
  paths: SharedPath[];
}

/** A path and the share of the flows to its destination that take it. */
export interface PathShare {
  readonly nodes: readonly number[];
  readonly share: number;
}

export interface LoadBalancedPolicy extends RoutePolicy {
  /** Shares sum to 1; empty where no path leads there. */
  shares(view: RoutingView, destination: number): readonly PathShare[];
}

/** By weight and congestion; of the criteria only the hop limit counts. */
export function createLoadBalancedPolicy(): LoadBalancedPolicy {
  const fallback = createDijkstraPolicy();
  const prices = createPathPrices();
  /** In the order of their last use. */
  const destinations = new Map<number, Destination>();

  /** The destination's paths as of now. */
  const heldFor = (view: RoutingView, destination: number): Destination => {
    let held = destinations.get(destination);
    destinations.delete(destination);
    if (held === undefined) {
      const paths = firstPaths(view, destination);
      held = { version: view.version, rebalancedAtMs: view.nowMs, stirred: false, paths };
    } else if (held.version !== view.version) {
      held.version = view.version;
      held.paths = afterChange(view, destination, held.paths);
    } else if (held.stirred && view.nowMs - held.rebalancedAtMs >= REBALANCE_MS) {
      held.rebalancedAtMs = view.nowMs;
      held.stirred = false;
      held.paths = rebalanced(view, destination, held.paths, prices);
    }
    destinations.set(destination, held);
    for (const oldest of destinations.keys()) {
      if (destinations.size <= DESTINATIONS_MAX) break;
      destinations.delete(oldest);
    }
    return held;
  };
  const usable = (view: RoutingView, destination: number, hopsMax: number): SharedPath[] =>
    heldFor(view, destination).paths.filter(({ nodes }) => isUsable(view, nodes, hopsMax));

  const choose: RoutePolicy['choose'] = (view, destination, flowId, criteria) => {
    const paths = usable(view, destination, criteria.hopsMax);
    const keys = paths.map(({ key }) => key);
    const shares = paths.map(({ share }) => share);
    const taken = paths[rendezvous(flowId, keys, shares)];
    if (taken === undefined) return fallback.choose(view, destination, flowId, criteria);
    return choiceOf(view, taken);
  };

  return {
    name: 'load-balanced',
    choose,
    alternatives(view, destination, criteria) {
      const chosen = choose(view, destination, 0, criteria);
      if (chosen === null) return [];
      return heldFor(view, destination)
        .paths.toSorted((a, b) => b.share - a.share)
        .map((path) => choiceOf(view, path))
        .filter(({ nodes }) => nodes.join() !== chosen.nodes.join())
        .map(({ nodes, reason }) => ({ ...rejectedFor(view, nodes, chosen, criteria), reason }));
    },
    shares: (view, destination) =>
      normalised(usable(view, destination, DEFAULT_CRITERIA.hopsMax).map((path) => ({ ...path }))),
    feedback(view, { nodes, delivered, lost, marked }) {
      const heard = delivered + lost;
      if (!(heard > 0) || nodes.length < 2) return;
      // A lost packet says what a marked one says: somewhere on the way there is no room.
      const price = pathPrice((marked + lost) / heard);
      prices.observe(view, nodes, price);
      const held = destinations.get(nodes.at(-1) ?? 0);
      if (held === undefined) return;
      held.stirred = true;
      const key = pathKey(nodes);
      const path = held.paths.find((path) => path.key === key);
      if (path === undefined) return;
      path.price = isFresh(view, path) ? path.price + SMOOTHING * (price - path.price) : price;
      path.pricedAtMs = view.nowMs;
    },
    get stateBytes() {
      let paths = 0;
      for (const held of destinations.values()) paths += held.paths.length;
      return paths * BYTES_PER_PATH + prices.stateBytes + fallback.stateBytes;
    },
  };
}

/** Near-equal paths, shared by their capacities where all are known. */
function firstPaths(view: RoutingView, destination: number): SharedPath[] {
  const weight = (arc: number): number => view.graph.weights[arc] ?? 0;
  const found = diversePaths(view, destination, PATHS_FIRST, weight);
  const shortest = pathWeight(view.graph, found[0] ?? []) ?? 0;
  const near = found.filter(
    (nodes) => (pathWeight(view.graph, nodes) ?? Infinity) <= NEAR_EQUAL * shortest,
  );
  const capacities = near.map((nodes) => bottleneck(view, nodes));
  const known = capacities.every((capacity) => capacity !== null);
  return normalised(near.map((nodes, i) => pathOf(nodes, known ? (capacities[i] ?? 1) : 1)));
}

/** After a change of the topology: without what broke, and with a way that is shorter than all that is left. */
function afterChange(view: RoutingView, destination: number, held: SharedPath[]): SharedPath[] {
  const whole = held.filter(({ nodes }) => pathWeight(view.graph, nodes) !== null);
  if (whole.length === 0) return firstPaths(view, destination);
  const shortest = nodePath(view.paths, destination);
  if (shortest === null || !isUsable(view, shortest, DEFAULT_CRITERIA.hopsMax))
    return normalised(whole);
  const weights = whole.map(({ nodes }) => pathWeight(view.graph, nodes) ?? 0);
  if ((view.paths.distances[destination] ?? 0) >= Math.min(...weights)) return normalised(whole);
  if (whole.length >= PATHS_MAX) dropLeast(whole);
  const sum = whole.reduce((sum, { share }) => sum + share, 0);
  return normalised([...whole, pathOf(shortest, sum / whole.length)]);
}

/** Moves share from dear paths to cheap ones, and lets a cheaper one join. */
function rebalanced(
  view: RoutingView,
  destination: number,
  held: SharedPath[],
  prices: PathPrices,
): SharedPath[] {
  const costs = held.map((path) =>
    prices.costOf(view, path.nodes, isFresh(view, path) ? path.price : null),
  );
  const mean = held.reduce((sum, { share }, i) => sum + share * (costs[i] ?? 0), 0);
  const gain = Math.max(...costs) < CALM_COST ? CALM_GAIN : GAIN;
  held.forEach((path, i) => {
    const move = gain * (mean - (costs[i] ?? 0));
    path.share *= Math.exp(Math.min(MOVE_MAX, Math.max(-MOVE_MAX, move)));
  });
  const paths = normalised(normalised(held).filter(({ share }) => share >= SHARE_MIN));
  const cheapest = prices.cheapest(view, destination);
  if (cheapest === null || paths.some(({ key }) => key === pathKey(cheapest))) return paths;
  if (prices.costOf(view, cheapest, null) > Math.min(...costs) - CHEAPER_BY) return paths;
  if (paths.length >= PATHS_MAX) dropLeast(paths);
  const sum = paths.reduce((sum, { share }) => sum + share, 0);
  return normalised([...paths, pathOf(cheapest, (sum * SHARE_FIRST) / (1 - SHARE_FIRST))]);
}

function isFresh({ nowMs }: RoutingView, { pricedAtMs }: SharedPath): boolean {
  return nowMs - pricedAtMs <= PRICE_FRESH_MS;
}

function pathOf(nodes: readonly number[], share: number): SharedPath {
  return {
    nodes,
    key: pathKey(nodes),
    share,
    price: 0,
    pricedAtMs: -Infinity,
    choice: null,
    choiceVersion: 0,
  };
}

/** In place; shares then sum to 1. */
function normalised(paths: SharedPath[]): SharedPath[] {
  const sum = paths.reduce((sum, { share }) => sum + share, 0);
  for (const path of paths) path.share /= sum;
  return paths;
}

function dropLeast(paths: SharedPath[]): void {
  let least = 0;
  paths.forEach(({ share }, i) => {
    if (share < (paths[least]?.share ?? 0)) least = i;
  });
  paths.splice(least, 1);
}

/** The same object as long as the topology stays, so that what is made of a choice can be kept. */
function choiceOf(view: RoutingView, path: SharedPath): PathChoice {
  if (path.choice === null || path.choiceVersion !== view.version) {
    path.choiceVersion = view.version;
    path.choice = {
      nodes: path.nodes,
      cost: pathWeight(view.graph, path.nodes) ?? Infinity,
      get reason() {
        return `carries ${(100 * path.share).toFixed(0)} % of the flows`;
      },
    };
  }
  return path.choice;
}

/** Bytes per second of the narrowest link; `null` where one was not measured. */
function bottleneck(view: RoutingView, nodes: readonly number[]): number | null {
  let least = Infinity;
  for (const arc of pathArcs(view.graph, nodes) ?? []) {
    const { bytesPerSecond } = decodeMetrics(view.graph.metrics[arc] ?? 0);
    if (bytesPerSecond === null) return null;
    least = Math.min(least, bytesPerSecond);
  }
  return least;
}
