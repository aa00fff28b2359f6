// Greedy forwarding, walked through at the source: the next hop is a neighbour nearer to the destination. Nearer in space,
// by the positions predicted for this moment; or nearer in a tree (`tree-embedding.ts`), over all links of the graph and
// not the tree's alone. The cheapest of these ways is taken.
//
// Delivery is certain on any connected graph whatever the positions say: from each node on the way the neighbour towards
// the destination in the tree is nearer by that link's weight, so that the walk never stops short; and since distances
// are whole numbers that fall at each hop, it ends at the destination and visits no node twice. Only where a bound on
// hops or a suspect link cuts this way off, a search takes over.

import { NONE, arcTo } from '../graph/graph.ts';
import { metresBetween, predictPosition } from '../mobility.ts';
import type { Position } from '../node-attributes.ts';
import { arcCosts } from './arc-cost.ts';
import { createDijkstraPolicy } from './dijkstra.ts';
import { isUsable, pathSum, pathWeight } from './path-search.ts';
import { rejectedFor } from './rejection.ts';
import type { PathChoice, RouteCriteria, RoutePolicy, RoutingView } from './route-policy.ts';
import {
  type SpanningTree,
  TREE_BYTES_PER_NODE,
  spanningTrees,
  treeDistance,
} from './tree-embedding.ts';
import { createViewMemo } from './view-memo.ts';

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
  // Trees follow from the topology alone, so that all criteria share them.
  const treesOf = createViewMemo<SpanningTree[]>(
    (view) => {
      const trees = spanningTrees(view);
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
    const trees = treesOf(view, criteria);
    for (const tree of trees) {
      add(greedyWalk(view, destination, toTarget(tree, destination)), 'tree-greedy');
    }
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

/** How far a node is from the target; `Infinity` where nobody knows. Whatever it says, a walk only goes nearer. */
type Distance = (node: number) => number;

function toTarget(tree: SpanningTree, target: number): Distance {
  return (node) => treeDistance(tree, node, target);
}

/** To the neighbour by which the whole way looks cheapest, among those that are nearer; `null` where there is none. */
function greedyWalk(view: RoutingView, target: number, distance: Distance): number[] | null {
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

/** To the neighbour nearest to where the target will be, as long as that is nearer than here. */
function walkByPosition(view: RoutingView, target: number): number[] | null {
  const location = view.attributes(target).location;
  if (location === null) return null;
  const { planar } = location;
  const goal = predictPosition(location, view.wallMs).position;
  const positionOf = (node: number): Position | null => {
    const own = view.attributes(node).location;
    return own === null || own.planar !== planar
      ? null
      : predictPosition(own, view.wallMs).position;
  };
  const { graph, source } = view;
  const nodes = [source];
  let here = source;
  const start = positionOf(source);
  let left = start === null ? Infinity : metresBetween(planar, start, goal);
  while (here !== target) {
    let best = NONE;
    const end = graph.ends[here] ?? 0;
    for (let arc = graph.starts[here] ?? 0; arc < end; arc += 1) {
      const next = graph.targets[arc] ?? 0;
      if (here === source && view.isSuspect(arc)) continue;
      if (next === target) {
        best = next;
        break;
      }
      const position = positionOf(next);
      if (position === null || !view.attributes(next).relays) continue;
      const metres = metresBetween(planar, position, goal);
      // Also false where a position is no number.
      if (!(metres < left)) continue;
      [best, left] = [next, metres];
    }
    if (best === NONE) return null;
    nodes.push(best);
    here = best;
  }
  return nodes;
}
