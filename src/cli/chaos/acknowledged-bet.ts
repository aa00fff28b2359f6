// A bet that the casino has told its player is final, as the player's side wrote it down, and whether the ledger holds it.

import { formatAmount } from '../../core/amount.ts';
import { toHex } from '../../core/bytes.ts';
import { peerIdText } from '../../core/peer-id.ts';
import type { Primitives } from '../../env/primitives.ts';
import { readBlock } from '../../casino/replica.ts';
import { decodeBlock } from '../../consensus/block.ts';

/** Amounts are decimal texts in CRAP, as reports have them. */
export interface AcknowledgedBet {
  readonly account: string;
  readonly table: number;
  readonly roll: string;
  readonly kind: string;
  readonly stake: string;
  /** The block that holds it. */
  readonly height: string;
  /** SHA-256 of the signed operation, hexadecimal. */
  readonly operation: string;
}

/** What a ledger says of bets. */
export interface BetAudit {
  /** Acknowledged, and not in the block that they were acknowledged in. */
  readonly lost: readonly AcknowledgedBet[];
  /** Resolutions of bets that were not open: resolved before, taken down before, or never placed. */
  readonly resolvedTwice: number;
  /** Different bets among those that were acknowledged. */
  readonly acknowledged: number;
  readonly placed: number;
  readonly resolved: number;
}

/**
 * Looks for each acknowledged bet in the blocks of a transcript, from the first on: its operation has to stand in its block,
 * and the block has to have placed that bet. Each bet of the ledger answers for one operation; one that was acknowledged
 * again, because its player had died and asked again, is still one. Whether the blocks themselves hold is for
 * `verifyTranscript` to say.
 */
export function auditBets(
  primitives: Primitives,
  blocks: readonly Uint8Array[],
  acknowledged: readonly AcknowledgedBet[],
): BetAudit {
  const found = new Map<string, number>();
  const open = new Set<string>();
  const operations = new Set<string>();
  let [placed, resolved, resolvedTwice] = [0, 0, 0];
  for (const bytes of blocks) {
    const block = decodeBlock(primitives, bytes);
    const read = block.ok ? readBlock(block.value) : null;
    if (!block.ok || read?.ok !== true) continue;
    const height = String(block.value.header.height);
    for (const operation of block.value.operations) {
      operations.add(`${height} ${toHex(primitives.sha256(operation))}`);
    }
    for (const effect of read.value.effects) {
      if (effect.case === 'betPlaced') {
        const { table, roll, bet, account, kind, stake } = effect.value;
        const key = keyOf({
          account: peerIdText(account),
          table,
          roll: String(roll),
          kind,
          stake: formatAmount(stake),
          height,
        });
        found.set(key, (found.get(key) ?? 0) + 1);
        open.add(`${table}/${bet}`);
        placed += 1;
      } else if (effect.case === 'betTakenDown') {
        open.delete(`${effect.value.table}/${effect.value.bet}`);
      } else if (effect.case === 'betResolved') {
        resolved += 1;
        if (!open.delete(`${effect.value.table}/${effect.value.bet}`)) resolvedTwice += 1;
      }
    }
  }
  const each = [...new Map(acknowledged.map((bet) => [JSON.stringify(bet), bet])).values()];
  const lost = each.filter((bet) => {
    const key = keyOf(bet);
    const left = found.get(key) ?? 0;
    found.set(key, left - 1);
    return left <= 0 || !operations.has(`${bet.height} ${bet.operation}`);
  });
  return { lost, resolvedTwice, acknowledged: each.length, placed, resolved };
}

function keyOf({
  account,
  table,
  roll,
  kind,
  stake,
  height,
}: Omit<AcknowledgedBet, 'operation'>): string {
  return [height, account, table, roll, kind, stake].join(' ');
}
