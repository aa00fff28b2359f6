// Reports of one network under several policies, side by side.

import type { FaultReport } from '../../sim/faults/fault-report.ts';
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

/** Of runs in which things break. */
const FAULTS_HEADING = ['available', 'longest wait', 'promises'] as const;

export function comparisonText(reports: readonly MeshRunReport[]): string {
  const isBroken = reports.some(({ faults }) => faults !== undefined);
  const heading = isBroken ? [...HEADING, ...FAULTS_HEADING] : HEADING;
  return [tableText([heading, ...reports.map(rowOf)]), ...reports.flatMap(brokenPromises)].join('');
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
    ...(report.faults === undefined ? [] : faultColumns(report.faults)),
  ];
}

function faultColumns({ availability, waits, kept }: FaultReport): readonly string[] {
  return [
    availability === null ? 'n/a' : `${(100 * availability).toFixed(2)} %`,
    milliseconds(waits?.longestMs ?? null),
    kept ? 'kept' : 'BROKEN',
  ];
}

function brokenPromises({ policy, faults }: MeshRunReport): readonly string[] {
  const broken = faults?.promises.filter(({ kept }) => !kept) ?? [];
  return broken.map(({ promise, measured }) => `BROKEN with ${policy}: ${promise} (${measured})\n`);
}
