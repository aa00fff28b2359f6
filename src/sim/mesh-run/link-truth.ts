// How a link of a topology behaves on the simulated network, and what crossing it truly costs.

import { LAN_PROFILE, type LinkProfile } from '../path.ts';
import type { LinkDirection, TopologyLink } from '../topology/topology.ts';
import type { LinkTruth } from './fleet.ts';

/** What a hop costs whose round trip stays below what is told. */
const HOP_WEIGHT = 100;
const JITTER_MS = 0.2;

/** `loss` (0–1) comes on top of what the topology says; 1 is for the fleet to carry out. */
export function linkTruth(link: TopologyLink, loss: number): LinkTruth {
  return {
    toB: profileOf(link, link.toB, loss),
    toA: profileOf(link, link.toA, loss),
    weightToB: HOP_WEIGHT,
    weightToA: HOP_WEIGHT,
  };
}

function profileOf(
  link: TopologyLink,
  { bytesPerSecond }: LinkDirection,
  loss: number,
): LinkProfile {
  return {
    ...LAN_PROFILE,
    latencyMs: link.latencyMs ?? LAN_PROFILE.latencyMs,
    jitterMs: JITTER_MS,
    loss: loss >= 1 ? 0 : loss,
    bytesPerSecond: bytesPerSecond ?? Infinity,
  };
}
