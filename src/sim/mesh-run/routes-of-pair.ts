// The ways that a node of the fleet holds to another one, as nodes of the topology: for drawings and reports.

import { explanationLines } from '../../routing/explanation-text.ts';
import type { RouteInfo } from '../../mesh/mesh-view.ts';
import type { Fleet } from './fleet.ts';
import type { Pair } from './probes.ts';

export interface FoundRoute {
  /** Indices from source to destination, both included. */
  readonly nodes: readonly number[];
  /** As the node believes. */
  readonly cost: number;
}

/** Node-disjoint ones, cheapest first; empty where there is none. */
export function routesOfPair(fleet: Fleet, { from, to }: Pair): readonly FoundRoute[] {
  const source = fleet.nodes[from];
  const destination = fleet.nodes[to];
  if (source === undefined || destination === undefined) return [];
  return source.mesh.disjointRoutes(destination.key).map((route) => found(fleet, from, route));
}

/** Why its packets go the way they go, in lines for people; nodes by their place in the topology. */
export function explainPair(fleet: Fleet, { from, to }: Pair): readonly string[] {
  const destination = fleet.nodes[to];
  const explained = destination && fleet.nodes[from]?.mesh.explain(destination.key);
  if (!explained) return [`node ${from} knows no node ${to}`];
  return explanationLines(explained.explanation, (node) =>
    String(fleet.watch.indexOf(explained.peerOf(node))),
  );
}

function found(fleet: Fleet, from: number, { hops, weight }: RouteInfo): FoundRoute {
  return { nodes: [from, ...hops.map(({ peer }) => fleet.watch.indexOf(peer))], cost: weight };
}
