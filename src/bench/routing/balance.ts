// How full load balancing makes the fullest link, beside the least that any split of all demands over all paths would.
// Flows in virtual time: the same seed gives the same figures on any machine.

import { compareBalance, type DemandKind } from '../../sim/balance-comparison.ts';
import { row, type Row } from '../benchmark.ts';
import { exactly } from '../bootstrap.ts';
import { benchRng } from '../seed.ts';
import type { Threshold } from '../verdict.ts';
import type { BalanceNetwork } from './balance-networks.ts';

const UNIT = '× optimum';
const DEMANDS: readonly { readonly kind: DemandKind; readonly title: string }[] = [
  { kind: 'uniform', title: 'all pairs alike' },
  { kind: 'gravity', title: 'all pairs, by links of both' },
];

/** Load of the fullest link by the linear programme's optimum: balanced, and with everything on one shortest path. */
export function benchBalance(
  networks: readonly BalanceNetwork[],
  seed: number,
  wanted: Threshold,
): readonly Row[] {
  return networks.flatMap(({ name, title, graph }) =>
    DEMANDS.flatMap((demand) => {
      const purpose = `balance ${name} ${demand.kind}`;
      const { ratio } = compareBalance(graph, demand.kind, benchRng(seed, purpose));
      return [
        row({
          name: `balance-${name}-${demand.kind}`,
          title: `load balanced, fullest link, ${title}, ${demand.title}`,
          unit: UNIT,
          value: ratio.loadBalanced,
          interval: exactly(ratio.loadBalanced),
          threshold: wanted,
        }),
        row({
          name: `balance-${name}-${demand.kind}-single-path`,
          title: 'the same, single paths',
          unit: UNIT,
          value: ratio.shortestPath,
          interval: exactly(ratio.shortestPath),
        }),
      ];
    }),
  );
}
