// What the mesh of a node shows at one moment, as health takes it.

import { peerIdShort, peerIdText } from '../core/peer-id.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { Member } from '../mesh/mesh-view.ts';
import type { HealthObservation } from '../resilience/health/health-judge.ts';

/** Destinations whose ways are counted; further ones are not. */
const DESTINATIONS_MAX = 8;

/** The ways to one destination that this node has a session with. */
export interface DestinationWays {
  /** PeerId. */
  readonly peer: Uint8Array;
  readonly ways: number;
}

/** Of a gateway; both are 0 where this node is none. */
export interface Bridges {
  /** Gateways that this one was told to keep bridges to. */
  readonly wanted: number;
  /** Those that are there, whoever dialled, and answer. */
  readonly up: number;
}

export function observeHealth(
  mesh: Mesh,
  members: readonly Member[],
  {
    wantedNeighbours,
    bridges,
    waysMax,
    ways,
    awayMs,
  }: {
    readonly wantedNeighbours: number;
    readonly bridges: Bridges;
    readonly waysMax: number;
    readonly ways: readonly DestinationWays[];
    readonly awayMs: readonly number[];
  },
): HealthObservation {
  const neighbours = mesh.neighbours();
  // This node is a member, too.
  const reachable = members.filter((member) => member.reachable).length - 1;
  return {
    neighbours: neighbours.filter(({ suspect }) => !suspect).length,
    wantedNeighbours,
    bridges: bridges.up,
    wantedBridges: bridges.wanted,
    reachable: Math.max(0, reachable),
    awayMs,
    ways: ways.map((one) => Math.min(one.ways, waysMax)).filter((count) => count > 0),
    waysMax,
    links: neighbours
      .filter(({ suspect }) => !suspect)
      .map(({ peer, metrics: { latencyMs } }) => ({
        link: peerIdText(peer),
        name: peerIdShort(peer),
        roundTripMs: latencyMs === null ? null : 2 * latencyMs,
      })),
  };
}

/** Members of this mesh that this node talks to, and how many disjoint ways lead there. */
export function destinationWays(mesh: Mesh): readonly DestinationWays[] {
  return mesh
    .sessions()
    .map(({ peer }) => peer)
    .filter((peer) => mesh.cost(peer) !== null)
    .slice(0, DESTINATIONS_MAX)
    .map((peer) => ({ peer, ways: mesh.disjointRoutes(peer).length }));
}
