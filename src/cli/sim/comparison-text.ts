// Reports of one network under several policies, side by side.

import type { MeshRunReport } from '../../sim/mesh-run/report.ts';
import { tableText } from '../table-text.ts';
import { bytes, milliseconds, ratio } from './report-text.ts';

const HEADING = [
  'policy',
  'delivery',
  'stretch',
  'p99',
  'B/s/node',
  'converged',
  'cut noticed',
  'lost',
  'loops',
  'state',
  'disjoint',
] as const;

export function comparisonText(reports: readonly MeshRunReport[]): string {
  return tableText([HEADING, ...reports.map(rowOf)]);
}

function rowOf(report: MeshRunReport): readonly string[] {
  const { delivery, stretch, failover, stateBytesPerNode, disjoint } = report;
  return [
    report.policy,
    delivery === null ? 'n/a' : `${(100 * delivery).toFixed(2)} %`,
    stretch === null ? 'n/a' : ratio(stretch.mean),
    stretch === null ? 'n/a' : ratio(stretch.p99),
    bytes(report.bytesPerNodePerSecond.steady),
    milliseconds(report.convergenceMs),
    milliseconds(failover.detectMs),
    String(failover.packetsLost ?? 'n/a'),
    String(report.loops),
    bytes(stateBytesPerNode?.mean ?? null),
    disjoint === null ? 'n/a' : `${disjoint.achieved} of ${disjoint.possible}`,
  ];
}
