// Greedy forwarding, walked through at the source: the next hop is a neighbour nearer to the destination. Nearer in space,
// by the positions predicted for this moment; or nearer in a tree (`tree-embedding.ts`), over all links of the graph and
// not the tree's alone. The cheapest of these ways is taken.
//
// Delivery is certain on any connected graph whatever the positions say: from each node on the way the neighbour towards
// the destination in the tree is nearer by that link's weight, so that the walk never stops short; and since distances
// are whole numbers that fall at each hop, it ends at the destination and visits no node twice. Only where a bound on
// hops or a suspect link cuts this way off, a search takes over.

import { NONE, arcTo } from '../graph/graph.ts';
import { arcCosts } from './arc-cost.ts';
import { createDijkstraPolicy } from './dijkstra.ts';
import { isUsable, pathSum, pathWeight } from './path-search.ts';
import { walkByPosition } from './position-greedy.ts';
import { rejectedFor } from './rejection.ts';
import type { PathChoice, RouteCriteria, RoutePolicy, RoutingView } from './route-policy.ts';
import {
  type SpanningTree,
  TREE_BYTES_PER_NODE,
  type TreeDistance,
  spanningTrees,
  treeDistancesTo,
  treesHold,
} from './tree-embedding.ts';
import { createViewMemo } from './view-memo.ts';

/** Trees that still span the graph are grown anew this often at most. */
const TREES_AGE_MS = 10_000;
/** Positions move: a way is looked for anew after this long. */
const WAY_AGE_MS = 1_000;
/** Destinations whose way is remembered; beyond it all are forgotten. */
const CHOICES_MAX = 1_024;
/** Of a remembered choice, roughly. */
const BYTES_PER_CHOICE = 200;

interface Way {
  readonly nodes: readonly number[];
  readonly reason: string;
}

export function createGeographicPolicy(): RoutePolicy {
  let treeBytes = 0;
  let choices = 0;
  const fallback = createDijkstraPolicy();
  let trees: SpanningTree[] = [];
  let grownAtMs = -Infinity;
  // Trees follow from the topology alone, so that all criteria share them; new weights alone can wait.
  const treesOf = createViewMemo<SpanningTree[]>(
    (view) => {
      const isYoung = view.nowMs - grownAtMs < TREES_AGE_MS;
      if (isYoung && treesHold(view, trees)) return trees;
      grownAtMs = view.nowMs;
      trees = spanningTrees(view);
      treeBytes = trees.length * TREE_BYTES_PER_NODE * view.graph.nodes;
      return trees;
    },
    () => null,
  );
  /** By destination: the same object as long as it holds, so that what is made of a choice can be kept. */
  const choicesFor = createViewMemo(
    () => new Map<number, PathChoice | null>(),
    () => WAY_AGE_MS,
  );

  const waysTo = (view: RoutingView, destination: number, criteria: RouteCriteria): Way[] => {
    const ways: Way[] = [];
    const add = (nodes: number[] | null, reason: string): void => {
      if (nodes !== null && isUsable(view, nodes, criteria.hopsMax)) ways.push({ nodes, reason });
    };
    if (arcTo(view.graph, view.source, destination) !== NONE) {
      add([view.source, destination], 'neighbour');
    }
    const distances = treeDistancesTo(treesOf(view, criteria), destination);
    for (const distance of distances) {
      add(greedyWalk(view, destination, distance), 'tree-greedy');
    }
    // In all trees at once: the tree in which a node is nearest has a neighbour that is nearer still.
    const least = (node: number): number => {
      let nearest = Infinity;
      for (const distance of distances) nearest = Math.min(nearest, distance(node));
      return nearest;
    };
    add(greedyWalk(view, destination, least), 'tree-greedy');
    add(walkByPosition(view, destination), 'position-greedy');
    if (ways.length > 0) return ways;
    const searched = fallback.choose(view, destination, 0, criteria);
    return searched === null ? [] : [{ nodes: searched.nodes, reason: 'search, no greedy way' }];
  };

  const ranked = (
    view: RoutingView,
    destination: number,
    criteria: RouteCriteria,
  ): PathChoice[] => {
    const cost = arcCosts(view, criteria);
    return waysTo(view, destination, criteria)
      .map((way) => ({ way, key: pathSum(view.graph, way.nodes, cost) ?? Infinity }))
      .sort((a, b) => a.key - b.key)
      .map(({ way }) => ({ ...way, cost: pathWeight(view.graph, way.nodes) ?? Infinity }));
  };

  return {
    name: 'geographic',
    choose(view, destination, _, criteria) {
      const known = choicesFor(view, criteria);
      const before = known.get(destination);
      if (before !== undefined) return before;
      const choice =
        destination === view.source
          ? { nodes: [destination], cost: 0, reason: 'here' }
          : (ranked(view, destination, criteria)[0] ?? null);
      if (known.size >= CHOICES_MAX) known.clear();
      known.set(destination, choice);
      choices = known.size;
      return choice;
    },
    alternatives(view, destination, criteria) {
      const [best, ...others] = ranked(view, destination, criteria);
      if (best === undefined || destination === view.source) return [];
      const known = new Set([best.nodes.join()]);
      return others.flatMap((way) => {
        const key = way.nodes.join();
        if (known.has(key)) return [];
        known.add(key);
        return [{ ...rejectedFor(view, way.nodes, best, criteria), reason: way.reason }];
      });
    },
    feedback() {},
    get stateBytes() {
      return treeBytes + choices * BYTES_PER_CHOICE + fallback.stateBytes;
    },
  };
}

/** To the neighbour by which the whole way looks cheapest, among those that are nearer; `null` where there is none. */
function greedyWalk(view: RoutingView, target: number, distance: TreeDistance): number[] | null {
  const { graph, source } = view;
  const nodes = [source];
  let here = source;
  let left = distance(source);
  while (here !== target) {
    let best = NONE;
    let bestLeft = left;
    let bestCost = Infinity;
    const end = graph.ends[here] ?? 0;
    for (let arc = graph.starts[here] ?? 0; arc < end; arc += 1) {
      const next = graph.targets[arc] ?? 0;
      if (here === source && view.isSuspect(arc)) continue;
      const nextLeft = distance(next);
      const cost = (graph.weights[arc] ?? 0) + nextLeft;
      if (nextLeft >= left || cost >= bestCost) continue;
      if (next !== target && !view.attributes(next).relays) continue;
      [best, bestLeft, bestCost] = [next, nextLeft, cost];
    }
    if (best === NONE) return null;
    nodes.push(best);
    [here, left] = [best, bestLeft];
  }
  return nodes;
}
