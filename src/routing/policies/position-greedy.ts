// Greedy forwarding by position, walked through at the source: each hop goes to the neighbour nearest to where the
// destination will be, as long as that is nearer than here (Finn 1987). Positions are predicted for this moment from how
// each node moves. Fails where no neighbour is nearer; then another way is needed.

import { NONE } from '../graph/graph.ts';
import { metresBetween, predictPosition } from '../mobility.ts';
import type { Position } from '../node-attributes.ts';
import type { RoutingView } from './route-policy.ts';

/** The nodes from the source to `target`; `null` where the walk gets stuck or the target's position is not known. */
export function walkByPosition(view: RoutingView, target: number): number[] | null {
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
