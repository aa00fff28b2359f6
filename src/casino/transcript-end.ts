// What a transcript says about its own end. A file shows what happened up to its last block and who signed to have seen
// it; whether play went on afterwards it cannot show.

import type { ReportedAccount, ReportedTable } from './transcript-report.ts';

export interface TranscriptEnd {
  /** Rolls in the whole file. */
  readonly rolls: number;
  readonly accounts: readonly ReportedAccount[];
  /** Not closed at the end. */
  readonly openTables: readonly ReportedTable[];
}

/** Whether dice rolled, every table is closed, and every account that ever bet countersigned. */
export function isEndProved({ rolls, accounts, openTables }: TranscriptEnd): boolean {
  const players = accounts.filter(({ bets }) => bets > 0);
  return rolls > 0 && openTables.length === 0 && players.every((player) => player.countersigned);
}

/** What the end of the file leaves open. The first sentence stands in every report. */
export function endLimits({ rolls, accounts, openTables }: TranscriptEnd): readonly string[] {
  const players = accounts.filter(({ bets }) => bets > 0);
  const limits = [signedUpTo(players)];
  if (rolls === 0) limits.push('No dice rolled in this file.');
  for (const table of openTables) limits.push(...tableLimits(table));
  for (const { account, countersigned, seenHeight } of players) {
    if (countersigned) continue;
    limits.push(
      `Account ${account} did not countersign by leaving after its last bet; it signed everything up to block ` +
        `${seenHeight}.`,
    );
  }
  return limits;
}

/** The block is the newest one that all players signed to have seen; the genesis, block 0, where nobody played. */
function signedUpTo(players: readonly ReportedAccount[]): string {
  const heights = players.map(({ seenHeight }) => seenHeight);
  const height = heights.reduce((least, seen) => (seen < least ? seen : least), heights[0] ?? 0n);
  return (
    `Each named player signed everything up to block ${height}; ` +
    'play after that block is not excluded by this file.'
  );
}

function tableLimits({ table, nextRoll, locked, openBets }: ReportedTable): readonly string[] {
  const limits = [`Table ${table} was still open at the end of this file.`];
  if (locked) {
    limits.push(
      `Roll ${nextRoll} of table ${table} was locked, and its dice are not in this file.`,
    );
  }
  if (openBets > 0) {
    limits.push(`Table ${table} has undecided bets at the end of this file: ${openBets}.`);
  }
  return limits;
}
