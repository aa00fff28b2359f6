// The ways that a node of the fleet holds to another one, as nodes of the topology: for drawings and reports.

import type { RouteInfo } from '../../mesh/mesh-view.ts';
import type { Fleet } from './fleet.ts';
import type { Pair } from './probes.ts';

export interface FoundRoute {
  /** Indices from source to destination, both included. */
  readonly nodes: readonly number[];
  /** As the node believes. */
  readonly cost: number;
}

/** Cheapest first; empty where there is none. */
export function routesOfPair(fleet: Fleet, { from, to }: Pair): readonly FoundRoute[] {
  const source = fleet.nodes[from];
  const destination = fleet.nodes[to];
  if (source === undefined || destination === undefined) return [];
  const route = source.mesh.route(destination.key);
  return route === null ? [] : [found(fleet, from, route)];
}

function found(fleet: Fleet, from: number, { hops, weight }: RouteInfo): FoundRoute {
  return { nodes: [from, ...hops.map(({ peer }) => fleet.watch.indexOf(peer))], cost: weight };
}
