// The shortest path. Where all criteria count alike that is the view's own tree, kept up to date by incremental repair;
// under other criteria a tree of our own by `arc-cost.ts`. Where the shortest path has too many hops, the cheapest one
// that has few enough (Bellman and Ford, bounded).

import { type ShortestPaths, UNREACHABLE, nodePath } from '../graph/graph.ts';
import { arcCosts } from './arc-cost.ts';
import { diversePaths } from './diverse-paths.ts';
import { rejectedFor } from './rejection.ts';
import { isUsable, pathWeight, searchPaths, searchWithinHops } from './path-search.ts';
import { comparesByWeight } from './route-criteria.ts';
import type { PathChoice, RouteCriteria, RoutePolicy, RoutingView } from './route-policy.ts';
import { createViewMemo } from './view-memo.ts';

/** Costs that look at congestion and energy are looked at again after this long. */
const COSTS_AGE_MS = 1_000;
/** Destinations whose path is remembered; beyond it all are forgotten. */
const CHOICES_MAX = 1_024;
const BYTES_PER_NODE = 8;
/** Of a remembered choice, roughly. */
const BYTES_PER_CHOICE = 200;

interface Trees {
  /** Made when the view's own tree does not do. */
  tree: ShortestPaths | null;
  /** By destination: the same object as long as it holds, so that what is made of a choice can be kept. */
  readonly choices: Map<number, PathChoice | null>;
}

export function createDijkstraPolicy(): RoutePolicy {
  let treeBytes = 0;
  let choices = 0;
  const treesFor = createViewMemo<Trees>(
    () => ({ tree: null, choices: new Map() }),
    (criteria) => (comparesByWeight(criteria) ? null : COSTS_AGE_MS),
  );

  const shortest = (
    view: RoutingView,
    destination: number,
    criteria: RouteCriteria,
    trees: Trees,
  ): readonly number[] | null => {
    if (comparesByWeight(criteria)) {
      const nodes = nodePath(view.paths, destination);
      // The view's tree spans all that the graph holds: what is not in it is out of reach.
      if (nodes === null || isUsable(view, nodes, criteria.hopsMax)) return nodes;
    }
    const cost = arcCosts(view, criteria);
    if (trees.tree === null) {
      trees.tree = searchPaths(view, cost);
      treeBytes = view.graph.nodes * BYTES_PER_NODE;
    }
    if (trees.tree.distances[destination] === UNREACHABLE) return null;
    const nodes = nodePath(trees.tree, destination);
    if (nodes === null || nodes.length - 1 <= criteria.hopsMax) return nodes;
    return searchWithinHops(view, cost, destination, criteria.hopsMax);
  };

  const choose = (
    view: RoutingView,
    destination: number,
    criteria: RouteCriteria,
  ): PathChoice | null => {
    const trees = treesFor(view, criteria);
    const known = trees.choices.get(destination);
    if (known !== undefined) return known;
    const nodes = shortest(view, destination, criteria, trees);
    const cost = nodes === null ? null : pathWeight(view.graph, nodes);
    const reason = comparesByWeight(criteria) ? 'shortest' : 'cheapest under the criteria';
    const choice = nodes === null || cost === null ? null : { nodes, cost, reason };
    if (trees.choices.size >= CHOICES_MAX) trees.choices.clear();
    trees.choices.set(destination, choice);
    choices = trees.choices.size;
    return choice;
  };

  return {
    name: 'dijkstra',
    choose: (view, destination, _, criteria) => choose(view, destination, criteria),
    alternatives(view, destination, criteria) {
      const best = choose(view, destination, criteria);
      if (best === null) return [];
      return diversePaths(view, destination, 1 + criteria.diversity, arcCosts(view, criteria))
        .filter((nodes) => nodes.join() !== best.nodes.join())
        .map((nodes) => rejectedFor(view, nodes, best, criteria));
    },
    feedback() {},
    get stateBytes() {
      return treeBytes + choices * BYTES_PER_CHOICE;
    },
  };
}
