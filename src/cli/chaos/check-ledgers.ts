// After the chaos: every ledger is checked as anybody would check it, and the bets that were acknowledged are looked for.

import { readFileSync } from 'node:fs';
import { fromHex } from '../../core/bytes.ts';
import { decodeTranscript } from '../../casino/transcript.ts';
import { verifyTranscript, type SeenBlock } from '../../casino/verify-transcript.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { auditBets, type AcknowledgedBet, type BetAudit } from './acknowledged-bet.ts';

export interface LedgerCheck {
  readonly audit: BetAudit;
  readonly supplyConserved: boolean;
  readonly checked: number;
  /** What does not hold, by whom. */
  readonly wrong: readonly string[];
}

/** A player's ledger, by its name; `null` where it could not be had. */
export interface PlayersLedger {
  readonly player: string;
  readonly path: string | null;
}

/** `table`: the file of the casino's own ledger. Without it everything acknowledged counts as lost. */
export function checkLedgers(
  table: string | null,
  players: readonly PlayersLedger[],
  acknowledged: readonly AcknowledgedBet[],
): LedgerCheck {
  const own = table === null ? null : readFileSync(table);
  const wrong: string[] = [];
  const report = own === null ? null : verifyTranscript(primitives, own);
  if (report === null) wrong.push('the table gave no ledger');
  else if (!report.ok) wrong.push(`the table’s ledger: ${report.error.code}`);
  for (const { player, path } of players) {
    const trouble = path === null ? 'it gave none' : troubleOf(path, own);
    if (trouble !== null) wrong.push(`the ledger of ${player}: ${trouble}`);
  }
  const transcript = own === null ? null : decodeTranscript(own);
  return {
    audit: auditBets(
      primitives,
      transcript?.ok === true ? transcript.value.blocks : [],
      acknowledged,
    ),
    supplyConserved: report?.ok === true && report.value.supply.sum === report.value.supply.cap,
    checked: players.length + 1,
    wrong,
  };
}

/** A player's ledger holds by itself, and its last block is in the table's. */
function troubleOf(path: string, own: Uint8Array | null): string | null {
  const report = verifyTranscript(primitives, readFileSync(path));
  if (!report.ok) return report.error.code;
  if (own === null) return null;
  const hash = fromHex(report.value.blockHash);
  const seen: SeenBlock = { height: report.value.height, hash: hash ?? new Uint8Array() };
  const same = verifyTranscript(primitives, own, { seen });
  return same.ok ? null : same.error.code;
}
