// A report of a simulated mesh, for people.

import type { ByteRates, MeshRunReport } from '../../sim/mesh-run/report.ts';
import { faultLine } from '../../sim/faults/fault-list.ts';
import type { FaultReport, Waits } from '../../sim/faults/fault-report.ts';
import { promiseRows } from '../../sim/faults/kept-promise.ts';
import { leftOutText } from '../../sim/faults/schedule-faults.ts';
import { tableText } from '../table-text.ts';

const NOT_MEASURED = 'n/a';
const FAULTS_SHOWN_MAX = 40;

/** `explained`: why packets of the pair go the way they go comes after the figures. */
export function reportText(report: MeshRunReport, explained: boolean): string {
  const { failover, stretch, disjoint, stateBytesPerNode: state, bytesPerNodePerSecond } = report;
  const rows = [
    ['network', `${report.nodes} nodes, ${report.links} links, ${report.reachablePairs} pairs`],
    ['run', runText(report)],
    ['delivery', deliveryText(report)],
    [
      'stretch',
      stretch === null ? NOT_MEASURED : `mean ${ratio(stretch.mean)}, p99 ${ratio(stretch.p99)}`,
    ],
    ['convergence', milliseconds(report.convergenceMs)],
    [
      'bytes per node and second',
      `cold start ${bytes(bytesPerNodePerSecond.coldStart)}, steady ${bytes(bytesPerNodePerSecond.steady)}`,
    ],
    [
      'a cut link with traffic',
      `noticed after ${milliseconds(failover.detectMs)}, ${failover.packetsLost ?? NOT_MEASURED} messages lost`,
    ],
    ['a cut idle link', `noticed after ${milliseconds(failover.idleDetectMs)}`],
    ['loops', String(report.loops)],
    [
      'state per node',
      state === null ? NOT_MEASURED : `mean ${bytes(state.mean)} B, most ${bytes(state.max)} B`,
    ],
    [
      'disjoint paths',
      disjoint === null ? NOT_MEASURED : `${disjoint.achieved} of ${disjoint.possible}`,
    ],
  ];
  const { steady, explanation } = report.detail;
  const lines = explained ? (explanation ?? []) : [];
  const faults = report.faults === undefined ? [] : ['\n', faultsText(report.faults)];
  return [
    tableText(rows),
    '\n',
    ratesText(steady),
    ...faults,
    ...lines.map((line) => `\n${line}`),
    '\n',
  ].join('');
}

function runText({ seed, preset, policy, virtualSeconds, detail }: MeshRunReport): string {
  const { failedLinks, failedNodes } = detail;
  const failed =
    failedLinks.length + failedNodes.length === 0
      ? ''
      : `, ${failedLinks.length} links and ${failedNodes.length} nodes failed`;
  return `seed ${seed}, preset ${preset}, policy ${policy}, ${virtualSeconds.toFixed(0)} s of virtual time${failed}`;
}

function deliveryText({ delivery, messages, detail }: MeshRunReport): string {
  const refused = Object.entries(detail.refused).map(([code, count]) => `, ${count} ${code}`);
  const share = delivery === null ? NOT_MEASURED : `${(100 * delivery).toFixed(2)} %`;
  return `${share} of ${messages} messages${refused.join('')}`;
}

/** Where the bytes of the steady state go. */
function ratesText(rates: ByteRates | null): string {
  if (rates === null) return '';
  const rows = Object.entries(rates.kinds).map(([kind, { payload, headers }]) => [
    kind,
    payload.toFixed(1),
    headers.toFixed(1),
    (payload + headers).toFixed(1),
  ]);
  return tableText([['steady, B/s per node', 'frames', 'TLS, TCP, IP', 'together'], ...rows]);
}

function faultsText(report: FaultReport): string {
  const shown = report.faults.slice(0, FAULTS_SHOWN_MAX).map((fault) => `${faultLine(fault)}\n`);
  const more = report.faults.length - shown.length;
  const { availability, waits, sent, expired, diedWithSender } = report;
  const share = availability === null ? NOT_MEASURED : `${(100 * availability).toFixed(2)} %`;
  const rows = [
    ['faults', String(report.faults.length)],
    ...report.leftOut.map((step) => ['', leftOutText(step)]),
    ['messages', `${sent}, ${expired} given up in time, ${diedWithSender} died with their sender`],
    ['availability', `${share} came within 1 s where there was a way`],
    ['waits', waits === null ? NOT_MEASURED : waitsText(waits)],
  ];
  return [
    ...shown,
    more > 0 ? `  … and ${more} more\n` : '',
    '\n',
    tableText(rows),
    '\n',
    tableText(promiseRows(report.promises)),
  ].join('');
}

function waitsText({ medianMs, p99Ms, longestMs }: Waits): string {
  return `median ${medianMs.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms, longest ${longestMs.toFixed(0)} ms, until a message came`;
}

export function ratio(value: number): string {
  return value.toFixed(3);
}

export function milliseconds(value: number | null): string {
  return value === null ? NOT_MEASURED : `${value.toFixed(0)} ms`;
}

export function bytes(value: number | null): string {
  return value === null ? NOT_MEASURED : value.toFixed(value < 1000 ? 1 : 0);
}
