// A few paths that differ: the cheapest, then each time the cheapest after the arcs of those before have been made dearer
// (the penalty method; Akgün, Erkut and Batta, "On finding dissimilar paths", 2000). Unlike k shortest paths they do not
// all share their middle; unlike disjoint paths they exist on any graph.

import { arcTo, nodePath } from '../graph/graph.ts';
import { type ArcCost, searchPaths } from './path-search.ts';
import type { RoutingView } from './route-policy.ts';

/** An arc of a path found before costs this much more, once for each such path. */
const PENALTY_SHARE = 1;
/** A search that finds what is known already is repeated with higher penalties, at most so many times a path. */
const SEARCHES_PER_PATH_MAX = 3;

/** Up to `count` different paths, in the order found: the first is the cheapest. */
export function diversePaths(
  view: RoutingView,
  destination: number,
  count: number,
  cost: ArcCost,
): number[][] {
  const { graph, source } = view;
  const found: number[][] = [];
  const known = new Set<string>();
  const uses = new Map<number, number>();
  const penalised: ArcCost = (arc, from) => {
    const used = uses.get(arc);
    return used === undefined
      ? cost(arc, from)
      : Math.ceil(cost(arc, from) * (1 + PENALTY_SHARE * used));
  };
  if (source === destination) return [[source]];
  for (let searches = 0; found.length < count; searches += 1) {
    if (searches >= count * SEARCHES_PER_PATH_MAX) break;
    const nodes = nodePath(searchPaths(view, penalised, destination), destination);
    if (nodes === null) break;
    for (let i = 1; i < nodes.length; i += 1) {
      const arc = arcTo(graph, nodes[i - 1] ?? 0, nodes[i] ?? 0);
      uses.set(arc, (uses.get(arc) ?? 0) + 1);
    }
    const key = nodes.join();
    if (known.has(key)) continue;
    known.add(key);
    found.push(nodes);
  }
  return found;
}
