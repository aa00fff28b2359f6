// Why a path was not taken, in words for `explain`.

import { arcTo } from '../graph/graph.ts';
import { arcCosts } from './arc-cost.ts';
import { pathSum, pathWeight } from './path-search.ts';
import type { PathChoice, RouteCriteria, RoutingView } from './route-policy.ts';

/** From here on an arc is called congested. */
const CONGESTED_FROM = 0.5;

export type RejectedPath = PathChoice & { readonly rejected: string };

/** `nodes` beside the path that was chosen. */
export function rejectedFor(
  view: RoutingView,
  nodes: readonly number[],
  chosen: PathChoice,
  criteria: RouteCriteria,
): RejectedPath {
  const cost = pathWeight(view.graph, nodes) ?? Infinity;
  return { nodes, cost, reason: 'candidate', rejected: whyNot(view, nodes, chosen, criteria) };
}

function whyNot(
  view: RoutingView,
  nodes: readonly number[],
  chosen: PathChoice,
  criteria: RouteCriteria,
): string {
  const hops = nodes.length - 1;
  if (hops > criteria.hopsMax) return `${hops} hops are over the limit of ${criteria.hopsMax}`;
  const first = arcTo(view.graph, nodes[0] ?? 0, nodes[1] ?? 0);
  if (hops > 0 && view.isSuspect(first)) return 'its first link is suspect';
  const cost = arcCosts(view, criteria);
  const own = pathSum(view.graph, nodes, cost) ?? Infinity;
  const best = pathSum(view.graph, chosen.nodes, cost) ?? 0;
  let fullest = 0;
  for (let i = 1; i < nodes.length; i += 1) {
    const arc = arcTo(view.graph, nodes[i - 1] ?? 0, nodes[i] ?? 0);
    fullest = Math.max(fullest, view.congestion(arc));
  }
  if (own > best) {
    const dearer = `dearer by ${((own / Math.max(1, best) - 1) * 100).toFixed(1)} %`;
    return fullest < CONGESTED_FROM
      ? dearer
      : `${dearer} and congested (${(fullest * 100).toFixed(0)} %)`;
  }
  if (fullest >= CONGESTED_FROM) return `congested (${(fullest * 100).toFixed(0)} %)`;
  return own === best ? 'as dear as the chosen one' : 'cheaper, but not preferred by the policy';
}
