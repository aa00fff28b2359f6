// One figure for four categories: the weighted geometric mean. Unlike the arithmetic one it lets no good category make up
// for one that is at zero (the Human Development Index went this way in 2010 for the same reason).

import type { CategoryJudgement, CategoryName } from './category.ts';

/** Sum to 1. Who cannot be reached matters most, then what gets lost; slowness and unrest are borne longer. */
export const CATEGORY_WEIGHTS: Readonly<Record<CategoryName, number>> = {
  connectivity: 0.4,
  throughput: 0.25,
  stability: 0.2,
  latency: 0.15,
};

/** Below, a node is `degraded`: less than what one lost member of three costs. */
export const DEGRADED_BELOW = 0.8;
/** Below, it is `critical`: half of the mesh is gone, or half of what is sent. */
export const CRITICAL_BELOW = 0.5;

const LEVELS = ['healthy', 'degraded', 'critical'] as const;
export type HealthLevel = (typeof LEVELS)[number];

export interface HealthJudgement {
  /** 0–1. A node that has nothing to measure lacks nothing: 1. */
  readonly score: number;
  readonly level: HealthLevel;
  readonly categories: readonly CategoryJudgement[];
  /** The one that costs the score most; `null` where all that were measured are at 1, or none was. */
  readonly worst: CategoryJudgement | null;
}

/** Categories that were not measured leave their weight to the others. */
export function healthOf(categories: readonly CategoryJudgement[]): HealthJudgement {
  let logSum = 0;
  let weightSum = 0;
  let worst: CategoryJudgement | null = null;
  let worstLog = 0;
  for (const category of categories) {
    if (category.score === null) continue;
    const weight = CATEGORY_WEIGHTS[category.name];
    const log = weight * Math.log(category.score);
    logSum += log;
    weightSum += weight;
    if (log >= worstLog) continue;
    worstLog = log;
    worst = category;
  }
  const score = weightSum === 0 ? 1 : Math.exp(logSum / weightSum);
  return { score, level: levelOf(score), categories, worst };
}

function levelOf(score: number): HealthLevel {
  if (score < CRITICAL_BELOW) return 'critical';
  return score < DEGRADED_BELOW ? 'degraded' : 'healthy';
}

export function worseLevel(a: HealthLevel, b: HealthLevel): HealthLevel {
  return LEVELS.indexOf(a) > LEVELS.indexOf(b) ? a : b;
}
