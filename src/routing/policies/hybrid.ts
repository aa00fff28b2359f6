// The best of what the other policies propose: each candidate is scored under the criteria, with the congestion that the
// view knows and the losses that feedback told, and the policy that a destination uses now stays unless another one's
// candidate is clearly better.

import { createPathTomography } from '../path-tomography.ts';
import { createAntColonyPolicy } from './ant-colony.ts';
import { arcCosts, queueTerm } from './arc-cost.ts';
import { createDijkstraPolicy } from './dijkstra.ts';
import { createGeographicPolicy } from './geographic.ts';
import { createLoadBalancedPolicy } from './load-balanced.ts';
import { pathSum } from './path-search.ts';
import { rejectedFor } from './rejection.ts';
import { comparesByWeight, sameCriteria } from './route-criteria.ts';
import type {
  PathChoice,
  PolicyName,
  RouteCriteria,
  RoutePolicy,
  RoutingView,
} from './route-policy.ts';

/** Destinations whose policy is remembered; beyond it the one used longest ago is forgotten. */
const DESTINATIONS_MAX = 1_024;
/** Criteria for each of them. */
const CRITERIA_MAX = 4;
/** Policies are compared this often; in between, packets cost no more than the policy that serves them. */
const COMPARE_MS = 1_000;
/** Another policy takes over only if its candidate costs less than this share of the present one's. */
const SWITCH_BELOW = 0.9;
/** Links whose losses are remembered, and how fast they fade. */
const LINKS_MAX = 2_048;
const LOSS_HALF_LIFE_MS = 20_000;
const LOSS_GAIN = 0.5;
/** A path of which nothing comes back counts as this lossy, so that its logarithm is finite. */
const LOSS_MAX = 0.99;
const BYTES_PER_DESTINATION = 128;

/** Who serves a destination under criteria. */
interface Decision {
  readonly criteria: RouteCriteria;
  readonly by: PolicyName;
  readonly version: number;
  readonly atMs: number;
}

interface Candidate {
  readonly by: PolicyName;
  readonly choice: PathChoice;
  readonly score: number;
}

export function createHybridPolicy(): RoutePolicy {
  const members: readonly RoutePolicy[] = [
    createDijkstraPolicy(),
    createLoadBalancedPolicy(),
    createGeographicPolicy(),
    createAntColonyPolicy(),
  ];
  const decisions = createDecisions();
  const proposedBy = createProposals();
  const losses = createPathTomography({
    linksMax: LINKS_MAX,
    halfLifeMs: LOSS_HALF_LIFE_MS,
    gain: LOSS_GAIN,
  });

  /** Cost under the criteria for each packet that arrives. */
  const scoreOf = (
    view: RoutingView,
    nodes: readonly number[],
    criteria: RouteCriteria,
  ): number => {
    const cost = arcCosts(view, criteria);
    // Weights know no congestion; where criteria differ their own term for it is part of the cost.
    const byWeight = comparesByWeight(criteria);
    let lossLog = 0;
    for (let i = 1; i < nodes.length; i += 1) {
      lossLog += losses.at(nodes[i - 1] ?? 0, nodes[i] ?? 0, view.nowMs);
    }
    const sum = pathSum(view.graph, nodes, (arc, from) =>
      byWeight ? cost(arc, from) * (1 + queueTerm(view.congestion(arc))) : cost(arc, from),
    );
    return (sum ?? Infinity) * Math.exp(lossLog);
  };
  const candidates = (
    view: RoutingView,
    destination: number,
    flowId: number,
    criteria: RouteCriteria,
  ): Candidate[] =>
    members.flatMap((policy) => {
      const choice = policy.choose(view, destination, flowId, criteria);
      if (choice === null) return [];
      return [{ by: policy.name, choice, score: scoreOf(view, choice.nodes, criteria) }];
    });

  return {
    name: 'hybrid',
    choose(view, destination, flowId, criteria) {
      const known = decisions.of(destination, criteria);
      const settled =
        known?.version === view.version && view.nowMs - known.atMs < COMPARE_MS
          ? members.find(({ name }) => name === known.by)
          : undefined;
      const choice = settled?.choose(view, destination, flowId, criteria) ?? null;
      if (settled !== undefined && choice !== null) return proposedBy(settled.name, choice);
      const taken = best(candidates(view, destination, flowId, criteria), known?.by);
      if (taken === null) return null;
      const { version, nowMs } = view;
      decisions.keep(destination, { criteria, by: taken.by, version, atMs: nowMs });
      return proposedBy(taken.by, taken.choice);
    },
    alternatives(view, destination, criteria) {
      const all = candidates(view, destination, 0, criteria);
      const taken = best(all, decisions.of(destination, criteria)?.by);
      if (taken === null) return [];
      const known = new Set([taken.choice.nodes.join()]);
      return all
        .toSorted((a, b) => a.score - b.score)
        .map(({ by, choice }) => proposedBy(by, choice))
        .flatMap(({ nodes, reason }) => {
          const key = nodes.join();
          if (known.has(key)) return [];
          known.add(key);
          return [{ ...rejectedFor(view, nodes, taken.choice, criteria), reason }];
        });
    },
    feedback(view, feedback) {
      const sent = feedback.delivered + feedback.lost;
      if (sent > 0) {
        const lost = Math.min(LOSS_MAX, Math.max(0, feedback.lost / sent));
        losses.observe(feedback.nodes, -Math.log(1 - lost), view.nowMs);
      }
      for (const policy of members) policy.feedback(view, feedback);
    },
    get stateBytes() {
      return members.reduce(
        (sum, policy) => sum + policy.stateBytes,
        decisions.size * BYTES_PER_DESTINATION + losses.stateBytes,
      );
    },
  };
}

interface Decisions {
  of(destination: number, criteria: RouteCriteria): Decision | undefined;
  keep(destination: number, decision: Decision): void;
  readonly size: number;
}

function createDecisions(): Decisions {
  /** In the order of their making. */
  const decisions = new Map<number, readonly Decision[]>();
  return {
    of: (destination, criteria) =>
      decisions.get(destination)?.find((known) => sameCriteria(known.criteria, criteria)),
    keep(destination, decision) {
      const others = (decisions.get(destination) ?? []).filter(
        (known) => !sameCriteria(known.criteria, decision.criteria),
      );
      decisions.delete(destination);
      decisions.set(destination, [decision, ...others].slice(0, CRITERIA_MAX));
      for (const oldest of decisions.keys()) {
        if (decisions.size <= DESTINATIONS_MAX) break;
        decisions.delete(oldest);
      }
    },
    get size() {
      return decisions.size;
    },
  };
}

/** The same object for the same proposal, so that what is made of a choice can be kept. */
function createProposals(): (by: PolicyName, choice: PathChoice) => PathChoice {
  const proposals = new WeakMap<PathChoice, PathChoice>();
  return (by, choice) => {
    const known = proposals.get(choice);
    if (known !== undefined) return known;
    const { nodes, cost } = choice;
    const proposal = {
      nodes,
      cost,
      get reason() {
        return `${by}: ${choice.reason}`;
      },
    };
    proposals.set(choice, proposal);
    return proposal;
  };
}

/** The cheapest, but the present policy's where that is hardly dearer. */
function best(all: readonly Candidate[], present: PolicyName | undefined): Candidate | null {
  const least = all.reduce<Candidate | null>(
    (least, one) => (least === null || one.score < least.score ? one : least),
    null,
  );
  const current = all.find(({ by }) => by === present);
  if (least === null || current === undefined) return least;
  return least.score < SWITCH_BELOW * current.score ? least : current;
}
