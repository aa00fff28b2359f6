// After the chaos: every ledger is checked as anybody would check it, and the bets that were acknowledged are looked for.

import { readFileSync } from 'node:fs';
import { decodeTranscript } from '../../casino/transcript.ts';
import { verifyTranscript } from '../../casino/verify-transcript.ts';
import { decodeBlock } from '../../consensus/block.ts';
import { toHex } from '../../core/bytes.ts';
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
  const transcript = own === null ? null : decodeTranscript(own);
  const blocks = transcript?.ok === true ? transcript.value.blocks : [];
  const report = own === null ? null : verifyTranscript(primitives, own);
  const wrong: string[] = [];
  if (report === null) wrong.push('the table gave no ledger');
  else if (!report.ok) wrong.push(`the table’s ledger: ${report.error.message}`);
  const known = hashesOf(blocks);
  for (const { player, path } of players) {
    const trouble = path === null ? 'it gave none' : troubleOf(path, known);
    if (trouble !== null) wrong.push(`the ledger of ${player}: ${trouble}`);
  }
  return {
    audit: auditBets(primitives, blocks, acknowledged),
    supplyConserved: report?.ok === true && report.value.supply.sum === report.value.supply.cap,
    checked: players.length + 1,
    wrong,
  };
}

/** Of blocks, by height. */
function hashesOf(blocks: readonly Uint8Array[]): ReadonlyMap<bigint, string> {
  const hashes = new Map<bigint, string>();
  for (const bytes of blocks) {
    const block = decodeBlock(primitives, bytes);
    if (block.ok) hashes.set(block.value.header.height, toHex(block.value.hash));
  }
  return hashes;
}

/** A player's ledger holds by itself, and its last block is in the table's: so all before it are, too. */
function troubleOf(path: string, known: ReadonlyMap<bigint, string>): string | null {
  const report = verifyTranscript(primitives, readFileSync(path));
  if (!report.ok) return report.error.message;
  const { height, blockHash } = report.value;
  if (height === 0n || known.get(height) === blockHash) return null;
  return `its block ${height} is not the table’s: two histories`;
}
