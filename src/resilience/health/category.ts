// What health is made of: four categories, each judged by what was measured, each with a sentence that says why.

export const CATEGORIES = ['connectivity', 'latency', 'throughput', 'stability'] as const;
export type CategoryName = (typeof CATEGORIES)[number];

export interface CategoryJudgement {
  readonly name: CategoryName;
  /** 0–1; `null` where nothing was there to measure. */
  readonly score: number | null;
  /** For people. */
  readonly why: string;
}
