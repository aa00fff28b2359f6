// Why packets to a destination go where they go: the route in numbers hop by hop, the others that were weighed and why
// they were not taken, the disjoint routes at hand, and what stands in the way of more.

import { disjointPaths } from './graph/disjoint-paths.ts';
import { arcTo } from './graph/graph.ts';
import { decodeMetrics, type LinkMetrics } from './graph/metric-code.ts';
import type { Cut } from './graph/unit-flow.ts';
import { arcCosts } from './policies/arc-cost.ts';
import { diversePaths } from './policies/diverse-paths.ts';
import { type RejectedPath, rejectedFor } from './policies/rejection.ts';
import type {
  PathChoice,
  PolicyName,
  RouteCriteria,
  RoutePolicy,
  RoutingView,
} from './policies/route-policy.ts';

/** Node-disjoint routes that are looked for, whatever less a flow asks for: what a mesh should offer. */
export const DISJOINT_ROUTES_WANTED = 3;
/** Alternatives told. */
const REJECTED_MAX = 8;
/** Where a policy weighs fewer, so many ways are looked for to compare with. */
const DIVERSE_PATHS = 3;

/** One link of a route, in the direction of the route. */
export interface ExplainedHop extends LinkMetrics {
  readonly from: number;
  readonly to: number;
  readonly port: number;
  readonly weight: number;
  /** 0–1. */
  readonly congestion: number;
}

export interface ExplainedRoute {
  readonly nodes: readonly number[];
  /** Why the policy has it. */
  readonly reason: string;
  /** Sum of weights. */
  readonly cost: number;
  readonly hops: readonly ExplainedHop[];
  readonly totals: {
    readonly hops: number;
    /** One way; `null` where a hop was not measured. */
    readonly latencyMs: number | null;
    /** Of the narrowest link; `null` where none was measured. */
    readonly bytesPerSecond: number | null;
    /** 0–1, that a packet passes all links at the first try; `null` where no link shows its losses. */
    readonly delivery: number | null;
    /** 0–1, of the relay with the least; `null` where all are on mains or do not tell. */
    readonly energy: number | null;
    /** 0–1, of the fullest link. */
    readonly congestion: number;
  };
}

export interface RejectedRoute extends ExplainedRoute {
  readonly rejected: string;
  /** Relays that the chosen route passes too. */
  readonly shared: readonly number[];
}

export interface RouteExplanation {
  readonly source: number;
  readonly destination: number;
  readonly policy: PolicyName;
  readonly criteria: RouteCriteria;
  /** `null` where no route is left. */
  readonly chosen: ExplainedRoute | null;
  readonly rejected: readonly RejectedRoute[];
  /** Neighbours whose link this node takes for dead. */
  readonly suspects: readonly number[];
  readonly disjoint: {
    readonly wanted: number;
    /** The cheapest set of node-disjoint routes: as many as there can be, up to what is wanted. */
    readonly routes: readonly ExplainedRoute[];
    /** Where that is fewer: the nodes and links, as many as the routes, that every route passes. */
    readonly cut: Cut | null;
  };
}

/** As the policy would send now; asks it for a route, but sends nothing. `destination` is another node of the graph. */
export function explain(
  view: RoutingView,
  destination: number,
  criteria: RouteCriteria,
  policy: RoutePolicy,
): RouteExplanation {
  const choice = policy.choose(view, destination, 0, criteria);
  const chosen = choice === null ? null : routeOf(view, choice.nodes, choice.reason);
  const relays = new Set(choice?.nodes.slice(1, -1));
  const rejected =
    choice === null
      ? overLimit(view, destination, criteria)
      : rejectedPaths(view, choice, criteria, policy);
  return {
    source: view.source,
    destination,
    policy: policy.name,
    criteria,
    chosen,
    rejected: rejected.map(({ nodes, reason, rejected }) => ({
      ...routeOf(view, nodes, reason),
      rejected,
      shared: nodes.slice(1, -1).filter((node) => relays.has(node)),
    })),
    suspects: suspectsOf(view),
    disjoint: disjointRoutes(view, destination),
  };
}

/** What the policy weighed, and a few ways that differ from the cheapest where that is little. */
function rejectedPaths(
  view: RoutingView,
  choice: PathChoice,
  criteria: RouteCriteria,
  policy: RoutePolicy,
): RejectedPath[] {
  const destination = choice.nodes.at(-1) ?? view.source;
  const known = new Set([choice.nodes.join()]);
  const isNew = ({ nodes }: RejectedPath): boolean => {
    const key = nodes.join();
    if (known.has(key)) return false;
    known.add(key);
    return true;
  };
  const weighed = policy.alternatives(view, destination, criteria).filter(isNew);
  if (weighed.length >= DIVERSE_PATHS) return weighed.slice(0, REJECTED_MAX);
  const diverse = diversePaths(view, destination, DIVERSE_PATHS, arcCosts(view, criteria))
    .map((nodes) => ({
      ...rejectedFor(view, nodes, choice, criteria),
      reason: `not weighed by ${policy.name}`,
    }))
    .filter(isNew);
  return [...weighed, ...diverse];
}

/** Where there is no route: the cheapest of those that are too long. */
function overLimit(
  view: RoutingView,
  destination: number,
  criteria: RouteCriteria,
): RejectedPath[] {
  return diversePaths(view, destination, 1, arcCosts(view, criteria)).map((nodes) =>
    rejectedFor(view, nodes, { nodes, cost: 0, reason: '' }, criteria),
  );
}

function disjointRoutes(view: RoutingView, destination: number): RouteExplanation['disjoint'] {
  const { graph, source } = view;
  const wanted = DISJOINT_ROUTES_WANTED;
  if (source === destination) return { wanted, routes: [], cut: null };
  const noTransit = Uint8Array.from({ length: graph.nodes }, (_, node) =>
    view.attributes(node).relays ? 0 : 1,
  );
  const options = { kind: 'node', count: wanted, noTransit } as const;
  const { paths, cut } = disjointPaths(graph, source, destination, options);
  return {
    wanted,
    routes: paths.map(({ nodes }, i) => routeOf(view, nodes, `disjoint ${i + 1}`)),
    cut: paths.length < wanted ? cut : null,
  };
}

function suspectsOf(view: RoutingView): number[] {
  const { graph, source } = view;
  const suspects: number[] = [];
  const end = graph.ends[source] ?? 0;
  for (let arc = graph.starts[source] ?? 0; arc < end; arc += 1) {
    if (view.isSuspect(arc)) suspects.push(graph.targets[arc] ?? 0);
  }
  return suspects;
}

function routeOf(view: RoutingView, nodes: readonly number[], reason: string): ExplainedRoute {
  const { graph } = view;
  const hops = nodes.slice(1).map((to, i): ExplainedHop => {
    const from = nodes[i] ?? 0;
    const arc = arcTo(graph, from, to);
    return {
      ...decodeMetrics(graph.metrics[arc] ?? 0),
      from,
      to,
      port: graph.ports[arc] ?? 0,
      weight: graph.weights[arc] ?? 0,
      congestion: view.congestion(arc),
    };
  });
  const latencies = hops.map(({ latencyMs }) => latencyMs);
  const rates = hops.map(({ bytesPerSecond }) => bytesPerSecond).filter(known);
  const losses = hops.map(({ loss }) => loss).filter(known);
  const energies = nodes
    .slice(1, -1)
    .map((node) => view.attributes(node).energy)
    .filter(known);
  return {
    nodes,
    reason,
    cost: hops.reduce((sum, { weight }) => sum + weight, 0),
    hops,
    totals: {
      hops: hops.length,
      latencyMs: latencies.every(known) ? latencies.reduce((sum, ms) => sum + ms, 0) : null,
      bytesPerSecond: rates.length === 0 ? null : Math.min(...rates),
      delivery: losses.length === 0 ? null : losses.reduce((share, loss) => share * (1 - loss), 1),
      energy: energies.length === 0 ? null : Math.min(...energies),
      congestion: hops.reduce((most, { congestion }) => Math.max(most, congestion), 0),
    },
  };
}

function known(value: number | null): value is number {
  return value !== null;
}
