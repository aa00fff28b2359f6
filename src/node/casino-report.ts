// What a node knows of its casino, as a report.

import { formatAmount } from '../core/amount.ts';
import { bytesEqual, toHex } from '../core/bytes.ts';
import { peerIdText } from '../core/peer-id.ts';
import { findAccount } from '../casino/accounts.ts';
import type { Genesis } from '../casino/genesis.ts';
import { betsOf, recountSupply, type CasinoState, type Table } from '../casino/state.ts';
import { quorumView } from '../resilience/partitions/quorum-view.ts';
import type { CasinoNode } from './node.ts';
import type { AccountReport, CasinoReport, TableReport } from './report.ts';

/** The newest checked state, or `null` where there is none. */
export function casinoState(node: CasinoNode): CasinoState | null {
  switch (node.casino.kind) {
    case 'none':
      return null;
    case 'validator':
      return node.casino.local.casino.query();
    case 'player':
      return node.casino.client.state();
  }
}

/** `null` for a node that has nothing to do with a casino. */
export function casinoReport(node: CasinoNode): CasinoReport | null {
  const { casino } = node;
  if (casino.kind === 'none') return null;
  const me = node.config.identity.publicKey;
  const genesis: Genesis | null =
    casino.kind === 'validator' ? casino.local.genesis : casino.client.genesis();
  const state = casinoState(node);
  const head = casino.kind === 'validator' ? casino.local.engine.head() : casino.client.head();
  return {
    id: peerIdText(casino.kind === 'validator' ? me : casino.client.casino),
    role: casino.kind,
    name: genesis?.casinoName ?? null,
    disclosure: genesis?.disclosure ?? null,
    height: state === null ? null : String(state.height),
    blockHash: head === null ? null : toHex(head.hash),
    supplyConserved:
      state === null || genesis === null ? null : recountSupply(state).sum === genesis.supplyCap,
    broken: casino.kind === 'player' ? casino.client.broken() : null,
    unreachable: casino.kind === 'player' ? casino.client.trouble() : null,
    quorum:
      casino.kind === 'player'
        ? casino.client.quorum()
        : quorumView([me], (validator) => bytesEqual(validator, me)),
    rounds: casino.events.rounds,
    tables: state === null ? [] : state.tables.map(tableReport),
    account: state === null ? null : accountReport(state, me),
  };
}

function tableReport(table: Table): TableReport {
  return {
    table: table.id,
    nextRoll: String(table.roll),
    phase: table.lockedAt === null ? 'betting' : 'locked',
    point: table.game.point,
    shooter: table.shooter === null ? null : peerIdText(table.shooter),
    bankroll: formatAmount(table.bankroll),
    players: table.seats.length,
    openBets: table.bets.length,
  };
}

function accountReport(state: CasinoState, me: Uint8Array): AccountReport | null {
  const account = findAccount(state.accounts, me);
  if (account === undefined) return null;
  const bets = state.tables.flatMap((table) =>
    betsOf(table, me).map(({ live }) => ({
      table: table.id,
      bet: live.id,
      kind: live.kind,
      stake: formatAmount(live.stake),
      point: live.point,
    })),
  );
  return { account: peerIdText(me), balance: formatAmount(account.balance), bets };
}
