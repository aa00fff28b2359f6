// What a run of chaos promised, what it measured, and what became of the promises.

import type { Fault } from '../../sim/faults/fault-list.ts';
import { promiseRows, type KeptPromise } from '../../sim/faults/kept-promise.ts';
import { leftOutText, type LeftOut } from '../../sim/faults/schedule-faults.ts';
import { tableText } from '../table-text.ts';
import type { AcknowledgedBet } from './acknowledged-bet.ts';
import type { TableAvailability } from './table-watch.ts';

/** A process that is started again listens within this time; the supervisor gives it no more. Its ledger is on its disk. */
export const LISTENS_WITHIN_MS = 30_000;
/**
 * The table takes bets again within this time once its validator listens and somebody has a way to it: a redial (at most
 * 5 s), a session (2 s), and a request that is repeated within a second; twice, since a link may break in between.
 */
export const TABLE_BACK_WITHIN_MS = 20_000;
/** After the last fault, and once all listen, everybody bets again within this time: the same, and a player's own way. */
export const ALL_BACK_WITHIN_MS = 30_000;
/** Lost bets that a report lists one by one. */
export const LOST_LISTED_MAX = 20;

/** A fault, and when it was really done, from the start; `null` if it could not be. */
export type DoneFault = Fault & {
  readonly doneAtMs: number | null;
  /** A process that was killed is started again then; it listens later. */
  readonly endedAtMs: number | null;
};

/** What was counted and measured. */
export interface ChaosFigures extends TableAvailability {
  readonly seed: number;
  readonly nodes: number;
  readonly durationMs: number;
  readonly faults: readonly DoneFault[];
  readonly leftOut: readonly LeftOut[];
  /** Bets whose placing side heard that they are final. */
  readonly acknowledged: number;
  /** Of these, bets that the ledger does not hold where it should. */
  readonly lost: number;
  /** The first of them. */
  readonly lostBets: readonly AcknowledgedBet[];
  readonly resolvedTwice: number;
  readonly supplyConserved: boolean;
  /** Tries to bet by hand, and why some were refused or unanswered, by code. */
  readonly attempts: number;
  readonly refused: Readonly<Record<string, number>>;
  /** Processes started again, and the longest time until one listened. */
  readonly restarts: { readonly count: number; readonly slowestMs: number | null };
  /** From the end of the last fault, and of the last restart, until everybody had a bet acknowledged; `null`: somebody never had. */
  readonly allBackMs: number | null;
  /** Ends of processes that nobody asked for, and restarts that failed. */
  readonly unexpected: readonly string[];
  /** Ledgers that were checked, the table's and each player's, and what was wrong with those that do not hold. */
  readonly transcripts: { readonly checked: number; readonly wrong: readonly string[] };
  /** Of the table's ledger. */
  readonly transcript: string | null;
}

export interface ChaosReport extends ChaosFigures {
  readonly promises: readonly KeptPromise[];
  readonly kept: boolean;
}

export function chaosReport(figures: ChaosFigures): ChaosReport {
  const promises = promisesOf(figures);
  return { ...figures, promises, kept: promises.every(({ kept }) => kept) };
}

function promisesOf(figures: ChaosFigures): readonly KeptPromise[] {
  const { acknowledged, lost, resolvedTwice, transcripts, allBackMs, unexpected } = figures;
  const { checked, wrong } = transcripts;
  const slowestMs = figures.restarts.slowestMs ?? 0;
  return [
    {
      holds: 'always',
      promise: 'no acknowledged bet is lost',
      measured: `${acknowledged} acknowledged, ${lost} lost`,
      kept: lost === 0 && acknowledged > 0,
    },
    {
      holds: 'always',
      promise: 'no bet is resolved twice',
      measured: `${resolvedTwice} resolved twice`,
      kept: resolvedTwice === 0,
    },
    {
      holds: 'always',
      promise: 'supply is conserved',
      measured: figures.supplyConserved ? 'by the verified ledger' : 'not shown',
      kept: figures.supplyConserved,
    },
    {
      holds: 'always',
      promise: 'every transcript verifies, and all tell one history',
      measured: `${checked - wrong.length} of ${checked}`,
      kept: wrong.length === 0 && checked > 0,
    },
    {
      holds: 'time',
      promise: `who is started again listens within ${seconds(LISTENS_WITHIN_MS)}`,
      measured: `at most ${seconds(slowestMs)}`,
      kept: slowestMs <= LISTENS_WITHIN_MS,
    },
    {
      holds: 'time',
      promise: `table in reach: down for at most ${seconds(TABLE_BACK_WITHIN_MS)}`,
      measured: `at most ${seconds(figures.longestDownMs)}`,
      kept: figures.longestDownMs <= TABLE_BACK_WITHIN_MS,
    },
    {
      holds: 'time',
      promise: `after the last fault: everybody bets again within ${seconds(ALL_BACK_WITHIN_MS)}`,
      measured: allBackMs === null ? 'not all did' : `after ${seconds(allBackMs)}`,
      kept: allBackMs !== null && allBackMs <= ALL_BACK_WITHIN_MS,
    },
    {
      holds: 'always',
      promise: 'no process ends by itself, each comes back',
      measured: `${unexpected.length} did not`,
      kept: unexpected.length === 0,
    },
  ];
}

export function chaosText(report: ChaosReport): string {
  const { seed, nodes, durationMs, faults, restarts, refused } = report;
  const kinds = Map.groupBy(faults, ({ kind }) => kind);
  const byKind = [...kinds].map(([kind, of]) => `${of.length} ${kind}`).join(', ');
  const refusals = Object.entries(refused).map(([code, count]) => `${count} ${code}`);
  const rows = [
    ['run', `${nodes} processes, ${seconds(durationMs)}, seed ${seed}`],
    ['faults', faults.length === 0 ? 'none' : `${faults.length}: ${byKind}`],
    ...report.leftOut.map((step) => ['', leftOutText(step)]),
    [
      'restarts',
      restarts.slowestMs === null
        ? 'none'
        : `${restarts.count}, the slowest listened after ${seconds(restarts.slowestMs)}`,
    ],
    ['bets acknowledged', `${report.acknowledged}, by hand and by bots`],
    ['tried by hand', `${report.attempts}; ${refusals.join(', ') || 'all were acknowledged'}`],
    [
      'availability',
      `${percent(report.availability)} of the time; the table was in reach ${percent(report.reachable)} of it`,
    ],
    ['longest silence', seconds(report.longestSilenceMs)],
    ['transcript', report.transcript ?? 'none'],
  ];
  const troubles = [
    ...report.unexpected,
    ...report.transcripts.wrong,
    ...report.lostBets.map(
      ({ account, kind, stake, roll, height }) =>
        `lost: ${stake} on ${kind} at roll ${roll} in block ${height}, of ${account}`,
    ),
  ];
  return [
    tableText(rows),
    '\n',
    tableText(promiseRows(report.promises)),
    ...troubles.map((line) => `  ${line}\n`),
  ].join('');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
