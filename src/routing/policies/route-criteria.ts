// What a flow asks of its route when it asks for nothing in particular, and when two requests are the same.

import type { RouteCriteria } from './route-policy.ts';

/**
 * The weights of link state, which already hold loss, latency, queue and energy; as far as a route field reaches; three
 * disjoint routes, as the design's redundancy.
 */
export const DEFAULT_CRITERIA: RouteCriteria = {
  weights: {
    latency: 1,
    bandwidth: 1,
    loss: 1,
    congestion: 1,
    hops: 1,
    energy: 1,
    reliability: 1,
  },
  hopsMax: 255,
  diversity: 3,
};

/** Whether paths are compared by link-state weights alone: all criteria count alike. */
export function comparesByWeight({ weights }: RouteCriteria): boolean {
  const { latency, bandwidth, loss, congestion, hops, energy, reliability } = weights;
  return (
    latency === bandwidth &&
    latency === loss &&
    latency === congestion &&
    latency === hops &&
    latency === energy &&
    latency === reliability
  );
}

export function sameCriteria(a: RouteCriteria, b: RouteCriteria): boolean {
  return (
    a === b ||
    (a.hopsMax === b.hopsMax &&
      a.diversity === b.diversity &&
      a.weights.latency === b.weights.latency &&
      a.weights.bandwidth === b.weights.bandwidth &&
      a.weights.loss === b.weights.loss &&
      a.weights.congestion === b.weights.congestion &&
      a.weights.hops === b.weights.hops &&
      a.weights.energy === b.weights.energy &&
      a.weights.reliability === b.weights.reliability)
  );
}
