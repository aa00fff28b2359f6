// The one interface of the five policies. A policy works at the source of a packet, on the graph that link state gave this
// node: it answers with whole paths, which packets then carry as ports.

import type { Rng } from '../../env/rng.ts';
import type { Graph, ShortestPaths } from '../graph/graph.ts';
import type { NodeAttributes } from '../node-attributes.ts';

export type PolicyName = 'dijkstra' | 'load-balanced' | 'geographic' | 'ant-colony' | 'hybrid';

/** What matters to a flow. Weights are relative, each ≥ 0, at least one > 0. */
export interface RouteCriteria {
  readonly weights: {
    readonly latency: number;
    readonly bandwidth: number;
    readonly loss: number;
    readonly congestion: number;
    readonly hops: number;
    readonly energy: number;
    readonly reliability: number;
  };
  /** Longer paths are no candidates. 1…255. */
  readonly hopsMax: number;
  /** How many node-disjoint routes to hold, 1…3. */
  readonly diversity: number;
}

/** What a policy sees. The same object for the life of the topology; `version` grows with each change of it. */
export interface RoutingView {
  readonly version: number;
  readonly graph: Graph;
  /** This node. */
  readonly source: number;
  /** By weight, kept up to date with the graph. */
  readonly paths: ShortestPaths;
  attributes(node: number): NodeAttributes;
  /** 0–1: how full the way over this arc was found, from congestion marks and own queues; 0 where nothing is known. */
  congestion(arc: number): number;
  /** Whether this node believes an own link dead before link state says so. Only arcs of the source. */
  isSuspect(arc: number): boolean;
  /** Milliseconds of the wall clock, for the prediction of positions. */
  readonly wallMs: number;
  /** Milliseconds, monotonic. */
  readonly nowMs: number;
  readonly rng: Rng;
}

/** One way to a destination. */
export interface PathChoice {
  /** Nodes from the source to the destination, both included. */
  readonly nodes: readonly number[];
  /** Sum of weights. */
  readonly cost: number;
  /** Why this one, in a few words for `explain`: `shortest`, `tree-greedy`, `share 0.4 of 3 paths`, … */
  readonly reason: string;
}

/** What became of packets on a path, told by the other end or by timeouts. */
export interface PathFeedback {
  readonly nodes: readonly number[];
  readonly delivered: number;
  readonly lost: number;
  /** Of the delivered ones, how many carried a congestion mark. */
  readonly marked: number;
  /** `null` where nothing came back. */
  readonly roundTripMs: number | null;
}

export interface RoutePolicy {
  readonly name: PolicyName;
  /**
   * The path for packets of this flow: packets of one flow keep one path while nothing changes. `null` if none leads
   * there. Never visits a node twice, never an arc that is suspect, never a node that does not relay except at an end.
   */
  choose(
    view: RoutingView,
    destination: number,
    flowId: number,
    criteria: RouteCriteria,
  ): PathChoice | null;
  /** Others that it weighed, best first, each with why it was not taken; for `explain`. */
  alternatives(
    view: RoutingView,
    destination: number,
    criteria: RouteCriteria,
  ): readonly (PathChoice & { readonly rejected: string })[];
  feedback(view: RoutingView, feedback: PathFeedback): void;
  /** Bytes of what the policy holds besides the view, for reports. */
  readonly stateBytes: number;
}
