// Holds what a simulated mesh promises against what became of each message that was sent while things broke.

import { faultsOf } from './fault-list.ts';
import { AVAILABLE_WITHIN_MS, type FaultReport, type Waits } from './fault-report.ts';
import type { KeptPromise } from './kept-promise.ts';
import type { MessageRecord } from './mesh-traffic.ts';
import type { FaultSchedule } from './schedule-faults.ts';

/** Of the run as a whole. */
interface Measured {
  readonly loops: number;
  /** That talk to each other. */
  readonly pairs: number;
  readonly allBackMs: number | null;
  readonly backWithinMs: number;
}

export function faultReport(
  { events, leftOut }: FaultSchedule,
  records: readonly MessageRecord[],
  measured: Measured,
): FaultReport {
  const count = (is: (record: MessageRecord) => boolean): number => records.filter(is).length;
  const connected = records.filter(({ wasConnected }) => wasConnected);
  const inTime = connected.filter(
    ({ sentAtMs, receivedAtMs }) =>
      receivedAtMs !== null && receivedAtMs - sentAtMs <= AVAILABLE_WITHIN_MS,
  );
  const refused: Record<string, number> = {};
  for (const { refused: code } of records) {
    if (code !== null) refused[code] = (refused[code] ?? 0) + 1;
  }
  const counts = {
    sent: records.length,
    acknowledged: count(({ state }) => state === 'acknowledged'),
    lost: count(({ state, receivedAtMs }) => state === 'acknowledged' && receivedAtMs === null),
    twice: records.reduce((sum, { twice }) => sum + twice, 0),
    expired: count(({ state }) => state === 'expired'),
    unanswered: count(({ state, refused: code }) => state === 'under-way' && code === null),
    diedWithSender: count(({ state }) => state === 'died-with-sender'),
  };
  const promises = promisesOf(counts, measured);
  return {
    faults: faultsOf(events),
    leftOut,
    ...counts,
    resolvedTwice: null,
    supplyConserved: null,
    refused,
    availability: connected.length === 0 ? null : inTime.length / connected.length,
    waits: waitsOf(connected),
    allBackMs: measured.allBackMs,
    promises,
    kept: promises.every(({ kept }) => kept),
  };
}

function waitsOf(records: readonly MessageRecord[]): Waits | null {
  const waits = records
    .flatMap(({ sentAtMs, receivedAtMs }) => (receivedAtMs === null ? [] : receivedAtMs - sentAtMs))
    .sort((a, b) => a - b);
  const at = (share: number): number => waits[Math.ceil(share * waits.length) - 1] ?? NaN;
  if (waits.length === 0) return null;
  return { medianMs: at(0.5), p99Ms: at(0.99), longestMs: at(1) };
}

function promisesOf(
  {
    acknowledged,
    lost,
    twice,
    unanswered,
  }: Record<'acknowledged' | 'lost' | 'twice' | 'unanswered', number>,
  { loops, pairs, allBackMs, backWithinMs }: Measured,
): readonly KeptPromise[] {
  return [
    {
      holds: 'always',
      promise: 'no acknowledged message is lost',
      measured:
        pairs === 0 ? 'nobody has a way to anybody' : `${acknowledged} acknowledged, ${lost} lost`,
      kept: lost === 0 && acknowledged > 0,
    },
    {
      holds: 'always',
      promise: 'no message is handed over twice to a process',
      measured: `${twice} twice`,
      kept: twice === 0,
    },
    {
      holds: 'always',
      promise: 'every sender that lives on hears what became of its message',
      measured: `${unanswered} unanswered`,
      kept: unanswered === 0,
    },
    {
      holds: 'always',
      promise: 'no packet goes in circles',
      measured: `${loops} loops`,
      kept: loops === 0,
    },
    {
      holds: 'time',
      promise: `after the last fault every pair talks again within ${backWithinMs / 1000} s`,
      measured: allBackMs === null ? 'not all do' : `after ${(allBackMs / 1000).toFixed(1)} s`,
      kept: allBackMs !== null && allBackMs <= backWithinMs,
    },
  ];
}
