// How a link of a topology behaves on the simulated network, and what crossing it truly costs: what a node would tell that
// measured it exactly.

import { WEIGHT_QUANTUM_MS, WEIGHT_PER_HOP } from '../../routing/link-metrics.ts';
import type { LinkProfile } from '../path.ts';
import { linkProfiles } from '../topology/link-profile-of.ts';
import type { Topology, TopologyLink } from '../topology/topology.ts';

/** Frames do not travel in step: a further delay, uniform up to this, puts events in an order that the seed decides. */
const JITTER_MS = 0.2;

export interface LinkTruth {
  readonly toB: LinkProfile;
  readonly toA: LinkProfile;
  /** 1…65 535. */
  readonly weightToB: number;
  readonly weightToA: number;
}

/** `loss` (0–1) comes on top of what the topology says; 1 is for the fleet to carry out. */
export function linkTruth(topology: Topology, link: TopologyLink, loss: number): LinkTruth {
  const { toB, toA } = linkProfiles(topology, link);
  const weight = trueWeight(toB, toA);
  return {
    toB: disturbed(toB, loss),
    toA: disturbed(toA, loss),
    weightToB: weight,
    weightToA: weight,
  };
}

function disturbed(profile: LinkProfile, loss: number): LinkProfile {
  return { ...profile, jitterMs: JITTER_MS, loss: loss >= 1 ? 0 : loss };
}

function trueWeight(toB: LinkProfile, toA: LinkProfile): number {
  const roundTripMs = toB.latencyMs + toA.latencyMs + JITTER_MS;
  if (roundTripMs < WEIGHT_QUANTUM_MS) return WEIGHT_PER_HOP;
  return WEIGHT_PER_HOP + Math.round(roundTripMs / WEIGHT_QUANTUM_MS) * WEIGHT_QUANTUM_MS;
}
