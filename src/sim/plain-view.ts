// What a policy sees in an experiment that has no mesh: a graph that does not change, and nodes of which nothing is known.

import type { Rng } from '../env/rng.ts';
import type { Graph } from '../routing/graph/graph.ts';
import { shortestPaths } from '../routing/graph/shortest-paths.ts';
import type { NodeAttributes } from '../routing/node-attributes.ts';
import type { RoutingView } from '../routing/policies/route-policy.ts';

const PLAIN: NodeAttributes = { gateway: false, relays: true, energy: null, location: null };

export interface PlainViewOptions {
  readonly graph: Graph;
  readonly source: number;
  readonly nowMs: () => number;
  /** Of the source's own arcs, 0–1; absent: all are empty. */
  readonly congestion?: (arc: number) => number;
  readonly rng: Rng;
}

export function plainView(options: PlainViewOptions): RoutingView {
  const { graph, source, nowMs, congestion = () => 0, rng } = options;
  return {
    version: 1,
    graph,
    source,
    paths: shortestPaths(graph, source),
    attributes: () => PLAIN,
    congestion,
    isSuspect: () => false,
    wallMs: 0,
    get nowMs() {
      return nowMs();
    },
    rng,
  };
}
