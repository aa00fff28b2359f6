// Connectivity: the share of known members that links lead to, and whether more than one way leads there.

import type { CategoryJudgement } from './category.ts';

/** A member that is away counts half after this time: one that was switched off for good does not spoil the figure for ever. */
export const ABSENCE_HALF_LIFE_MS = 3_600_000;
/** What is taken off where a single way leads to every destination: a mesh without spare ways works, until something fails. */
export const SPARE_WAYS_SHARE = 0.2;

/** What is left to a gateway that reaches no other mesh: one of the two sides that it is to join. */
export const WITHOUT_BRIDGES_SHARE = 0.5;

export interface ConnectivityObservation {
  /** Links that carry the mesh and are not suspect. */
  readonly neighbours: number;
  /** Addresses that this node was told to keep links to. */
  readonly wantedNeighbours: number;
  /** Bridges of this gateway that are not suspect, and those that it was told to keep; 0 where it is none. */
  readonly bridges: number;
  readonly wantedBridges: number;
  /** Other members that links lead to. */
  readonly reachable: number;
  /** Milliseconds for which each other member has been out of reach that did not say goodbye. */
  readonly awayMs: readonly number[];
  /** Disjoint ways to each destination that is in use, 1…`waysMax`. */
  readonly ways: readonly number[];
  /** As many are kept ready where the mesh has them. */
  readonly waysMax: number;
}

export function judgeConnectivity(seen: ConnectivityObservation): CategoryJudgement {
  const name = 'connectivity';
  const { neighbours, wantedNeighbours, reachable, awayMs, waysMax } = seen;
  const known = reachable + awayMs.length;
  const isApart = seen.wantedBridges > 0 && seen.bridges === 0;
  if (neighbours === 0) {
    if (known + wantedNeighbours === 0) return judgeBridges(seen);
    const members = known === 0 ? '' : `, and ${known} members are known`;
    return { name, score: 0, why: `no link carries the mesh${members}` };
  }
  const missing = awayMs.reduce((sum, ms) => sum + 0.5 ** (ms / ABSENCE_HALF_LIFE_MS), 0);
  const reached = known === 0 ? 1 : reachable / (reachable + missing);
  const ways = mean(seen.ways);
  const spare = ways === null || waysMax < 2 ? 1 : Math.min(1, (ways - 1) / (waysMax - 1));
  const joined = isApart ? WITHOUT_BRIDGES_SHARE : 1;
  const score = joined * reached * (1 - SPARE_WAYS_SHARE * (1 - spare));
  const routes =
    ways === null ? '' : `, ${ways.toFixed(1)} of ${waysMax} disjoint ways to those in use`;
  const apart = isApart ? ', no bridge to another mesh' : '';
  return { name, score, why: `${reachable} of ${known} members reached${routes}${apart}` };
}

/** Of a gateway whose mesh has no other member. */
function judgeBridges({ bridges, wantedBridges }: ConnectivityObservation): CategoryJudgement {
  const name = 'connectivity';
  if (bridges > 0) return { name, score: 1, why: `${bridges} bridges to other meshes` };
  if (wantedBridges > 0) return { name, score: 0, why: 'no bridge to another mesh' };
  return { name, score: null, why: 'nobody else is known' };
}

function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
