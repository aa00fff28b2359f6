// How many node-disjoint ways nodes hold to each other, against how many there can be in the true graph (Menger).

import { maxDisjoint } from '../../routing/graph/max-disjoint.ts';
import type { Fleet } from './fleet.ts';
import type { Oracle } from './oracle.ts';
import type { Pair } from './probes.ts';
import { routesOfPair } from './routes-of-pair.ts';

/** As many as a redundancy of three asks for. */
const WAYS_MAX = 3;
/** A flow costs a few searches of the whole graph. */
const PAIRS_MAX = 200;

/** Summed over the pairs; `null` of none. */
export function measureDisjoint(
  fleet: Fleet,
  oracle: Oracle,
  pairs: readonly Pair[],
): { readonly possible: number; readonly achieved: number } | null {
  const { graph } = oracle.graph();
  let [possible, achieved] = [0, 0];
  for (const pair of pairs.slice(0, PAIRS_MAX)) {
    possible += maxDisjoint(graph, pair.from, pair.to, 'node', WAYS_MAX).count;
    const ways = routesOfPair(fleet, pair).map(({ nodes }) => nodes);
    achieved += ways.filter((way, i) => isWay(fleet, way, ways.slice(0, i))).length;
  }
  return pairs.length === 0 ? null : { possible, achieved };
}

/** Whether it runs over links of the true graph only, and shares no relay and no link with those before. */
function isWay(
  fleet: Fleet,
  way: readonly number[],
  before: readonly (readonly number[])[],
): boolean {
  const isTrue = way.slice(1).every((node, i) => {
    const link = fleet.between(way[i] ?? -1, node);
    return link !== undefined && fleet.isTrue(link);
  });
  const relays = new Set(way.slice(1, -1));
  const isDirect = relays.size === 0;
  return (
    isTrue &&
    before.every((other) => {
      const shared = other.slice(1, -1).some((node) => relays.has(node));
      return !shared && !(isDirect && other.length === 2);
    })
  );
}
