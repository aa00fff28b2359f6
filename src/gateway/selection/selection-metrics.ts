// The figures of a selection for who scrapes metrics: counted by the selection itself, and added up when somebody looks.

import type { Metrics } from '../../env/metrics.ts';
import type { Claim } from './claim-check.ts';
import { TIERS, type Tier } from './selection-criteria.ts';

/** Since the start, and as it stands. */
export interface SelectionCounts {
  readonly probes: number;
  readonly switches: number;
  readonly moves: number;
  readonly ejections: number;
  readonly contradictions: Readonly<Record<Claim, number>>;
  /** Gateways of the own mesh, when they were last looked at. */
  readonly gateways: Readonly<Record<Tier, number>>;
}

/** Registers them; `counts` is asked before they are read. */
export function selectionMetrics(metrics: Metrics, counts: () => SelectionCounts): void {
  let before: SelectionCounts | null = null;
  const collect = (): void => {
    const now = counts();
    for (const [name, counter] of Object.entries(counters)) {
      const key = name as keyof typeof counters;
      counter.add(now[key] - (before?.[key] ?? 0));
    }
    for (const claim of ['load', 'uptime', 'capacity'] as const) {
      const past = before?.contradictions[claim] ?? 0;
      contradictions.add(now.contradictions[claim] - past, { claim });
    }
    for (const tier of TIERS) gateways.set(now.gateways[tier], { tier });
    before = now;
  };
  const counters = {
    // One of them is enough to ask: all are read together.
    probes: metrics.counter({
      name: 'bitcraps_selection_probes_total',
      help: 'Probes that were sent to gateways.',
      collect,
    }),
    switches: metrics.counter({
      name: 'bitcraps_selection_switches_total',
      help: 'How often the best gateway was replaced by another one.',
    }),
    moves: metrics.counter({
      name: 'bitcraps_selection_moves_total',
      help: 'How often a destination moved from one gateway to another.',
    }),
    ejections: metrics.counter({
      name: 'bitcraps_selection_ejections_total',
      help: 'How often a gateway was taken out of use for failing where others do not.',
    }),
  };
  const contradictions = metrics.counter({
    name: 'bitcraps_selection_contradictions_total',
    help: 'How often measurement contradicted what a gateway claims, by claim.',
    labelNames: ['claim'],
  });
  const gateways = metrics.gauge({
    name: 'bitcraps_selection_gateways',
    help: 'Gateways of the own mesh, by how well they meet the criteria.',
    labelNames: ['tier'],
  });
}
