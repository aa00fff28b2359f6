// Chooses a gateway: what does not meet the criteria is left out, the rest is scored; those whose scores are nearly equal
// count as equal, and of two of them drawn at random the less loaded one is taken (Mitzenmacher, "The power of two
// choices in randomized load balancing", 2001): nodes that all know the same then do not all go to the same gateway.

import type { Rng } from '../../env/rng.ts';
import { byteKey } from '../../routing/byte-key.ts';
import { scoreOf, type Score } from './gateway-score.ts';
import type { Hysteresis } from './hysteresis.ts';
import {
  obstacles,
  tierOf,
  TIERS,
  type Candidate,
  type Obstacle,
  type SelectionCriteria,
  type Tier,
} from './selection-criteria.ts';

/** Scores that differ by no more count as equal. */
export const NEAR_SCORE = 0.05;

export interface Assessment {
  readonly candidate: Candidate;
  /** `byteKey` of the gateway. */
  readonly key: string;
  readonly score: Score;
  /** Empty where it is `fit`. */
  readonly obstacles: readonly Obstacle[];
  readonly tier: Tier;
  /** It is among the nearly best of those that packets may go to now. */
  readonly near: boolean;
}

export interface Assessed {
  /** Of those that packets may go to now; `never` where there is none. */
  readonly tier: Tier;
  /** In descending order of tier and score. */
  readonly assessments: readonly Assessment[];
}

/** `held`: the key of the present choice. */
export function assess(
  candidates: readonly Candidate[],
  criteria: SelectionCriteria,
  held: string | null,
): Assessed {
  const rated = candidates.map((candidate) => {
    const key = byteKey(candidate.gateway);
    const found = obstacles(candidate, criteria, key === held);
    const score = scoreOf(candidate, criteria.preference);
    return { candidate, key, score, obstacles: found, tier: tierOf(found) };
  });
  rated.sort(
    (a, b) =>
      TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier) ||
      b.score.total - a.score.total ||
      a.candidate.weight - b.candidate.weight ||
      (a.key < b.key ? -1 : 1),
  );
  const [best] = rated;
  const tier = best?.tier ?? 'never';
  const bar = (best?.score.total ?? 0) - NEAR_SCORE;
  const isNear = (one: (typeof rated)[number]): boolean =>
    tier !== 'never' && one.tier === tier && one.score.total >= bar;
  return { tier, assessments: rated.map((one) => ({ ...one, near: isNear(one) })) };
}

/** The key of the choice, kept by `hysteresis` while nothing is clearly better; `null` where there is none. */
export function settleOn(
  { tier, assessments }: Assessed,
  hysteresis: Hysteresis,
  rng: Rng,
  nowMs: number,
): string | null {
  const eligible = assessments.filter((one) => tier !== 'never' && one.tier === tier);
  const scored = eligible.map(({ key, score }) => ({ key, score: score.total }));
  return hysteresis.settle(scored, nowMs, (ordered) => {
    const near = eligible.filter((one) => one.near);
    const [first] = ordered;
    return pick(near, rng) ?? first?.key ?? '';
  });
}

function pick(near: readonly Assessment[], rng: Rng): string | null {
  if (near.every(isUnmeasured)) return near.toSorted(byWeight)[0]?.key ?? null;
  if (near.length < 2) return near[0]?.key ?? null;
  const first = rng.uint32() % near.length;
  // Another one: an offset of 1…length − 1.
  const second = (first + 1 + (rng.uint32() % (near.length - 1))) % near.length;
  const [a, b] = [near[first], near[second]];
  if (a === undefined || b === undefined) return null;
  return loadOf(b) < loadOf(a) ? b.key : a.key;
}

/** Nothing is known of it but the way there: of such ones the nearest is taken, as a mesh without selection does. */
export function isUnmeasured({ candidate }: Assessment): boolean {
  return candidate.measured.successRate === null;
}

/** What is not known counts as full. */
export function loadOf({ candidate }: Assessment): number {
  return candidate.believed.load ?? 1;
}

function byWeight(a: Assessment, b: Assessment): number {
  return a.candidate.weight - b.candidate.weight || (a.key < b.key ? -1 : 1);
}
