// The five policies by name.

import { createAntColonyPolicy } from './ant-colony.ts';
import { createDijkstraPolicy } from './dijkstra.ts';
import { createGeographicPolicy } from './geographic.ts';
import { createHybridPolicy } from './hybrid.ts';
import { createLoadBalancedPolicy } from './load-balanced.ts';
import type { PolicyName, RoutePolicy } from './route-policy.ts';

export { DEFAULT_CRITERIA } from './route-criteria.ts';

/** In the order in which reports name them. */
export const POLICY_NAMES: readonly PolicyName[] = [
  'dijkstra',
  'load-balanced',
  'geographic',
  'ant-colony',
  'hybrid',
];

const FACTORIES: Readonly<Record<PolicyName, () => RoutePolicy>> = {
  dijkstra: createDijkstraPolicy,
  'load-balanced': createLoadBalancedPolicy,
  geographic: createGeographicPolicy,
  'ant-colony': createAntColonyPolicy,
  hybrid: createHybridPolicy,
};

/** A new policy without memory: each node has its own. */
export function createPolicy(name: PolicyName): RoutePolicy {
  return FACTORIES[name]();
}

export function isPolicyName(name: string): name is PolicyName {
  return POLICY_NAMES.some((known) => known === name);
}
