// How a link of a topology behaves on the simulated network. A radio repeats what is not acknowledged, so that a poor
// link is slow and not lossy: a frame takes 1 ÷ quality transmissions on average (ETX of one direction; De Couto et al.,
// MobiCom 2003). A line between two places takes the light its time.

import { LAN_PROFILE, type LinkProfile } from '../path.ts';
import { greatCircleKm } from './looks-geographic.ts';
import type { LinkDirection, Topology, TopologyLink } from './topology.ts';

/** One transmission where nobody says how long it takes. */
const TRANSMISSION_MS = 1;
/** Meshes list links that they have just lost, with a quality of 0. They still carry, and badly. */
const QUALITY_MIN = 0.05;
/** Light in fibre: two thirds of its speed in vacuum. */
const FIBRE_KM_PER_MS = 200;

export interface LinkProfiles {
  /** From `link.a` to `link.b`. */
  readonly toB: LinkProfile;
  readonly toA: LinkProfile;
}

/**
 * Latency is the link's own, or that of the distance where it is a line between known places, or 1 ms, and at least 1 µs;
 * times the expected transmissions of the direction, 1 to 20. Where only one direction's quality is known it is taken for
 * both, where none is it is 1. Rates are those of the topology.
 */
export function linkProfiles(topology: Topology, link: TopologyLink): LinkProfiles {
  const baseMs = Math.max(0.001, link.latencyMs ?? lineMs(topology, link) ?? TRANSMISSION_MS);
  const profile = (ahead: LinkDirection, back: LinkDirection): LinkProfile => ({
    ...LAN_PROFILE,
    latencyMs: baseMs * expectedTransmissions(ahead.quality ?? back.quality),
    bytesPerSecond: ahead.bytesPerSecond ?? back.bytesPerSecond ?? Infinity,
  });
  return { toB: profile(link.toB, link.toA), toA: profile(link.toA, link.toB) };
}

function expectedTransmissions(quality: number | null): number {
  return quality === null ? 1 : 1 / Math.max(QUALITY_MIN, quality);
}

function lineMs({ nodes }: Topology, { a, b, kind }: TopologyLink): number | null {
  const p = nodes[a];
  const q = nodes[b];
  if (kind !== 'wired' || p === undefined || q === undefined || p.planar) return null;
  if (p.position === null || q.position === null) return null;
  return greatCircleKm(p.position, q.position) / FIBRE_KM_PER_MS;
}
