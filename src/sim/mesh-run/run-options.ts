// What a run of the mesh is asked to do.

import type { PolicyName } from '../../routing/policies/route-policy.ts';
import type { PresetName } from '../../resilience/presets.ts';
import type { Pair } from './probes.ts';
import type { HopTrace } from './packet-watch.ts';

/** So many, or so large a part (0–1) of all. */
export type Amount =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'share'; readonly share: number };

export interface MeshRunOptions {
  readonly seed: number;
  readonly preset: PresetName;
  readonly policy: PolicyName;
  /** Ordered pairs whose delivery is measured. */
  readonly pairsMax: number;
  /** How long the steady state is measured, and how long churn goes on. */
  readonly durationMs: number;
  /** Probability (0–1) that a transmission is lost on any link, on top of what the topology says; 1 cuts all. */
  readonly loss: number;
  readonly failLinks: Amount | null;
  readonly failNodes: Amount | null;
  /** Links and nodes that go or come back in each second while delivery is measured; 0 for none. */
  readonly churnPerSecond: number;
  /** Whose routes are to be reported and explained. */
  readonly pair: Pair | null;
  readonly trace: ((hop: HopTrace) => void) | null;
  /** Called now and then, for a person who waits. */
  readonly progress: ((line: string) => void) | null;
}

/** As a whole number of `total`, at most all; a share is rounded. */
export function amountOf(amount: Amount | null, total: number): number {
  if (amount === null) return 0;
  return Math.min(total, amount.kind === 'count' ? amount.count : Math.round(amount.share * total));
}
