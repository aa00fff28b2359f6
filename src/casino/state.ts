// The casino's state as plain immutable data. A step makes a new state that shares what it did not touch, so that a
// refused operation leaves everything as it was, and a block may be executed and dropped.

import { assert } from '../core/assert.ts';
import { bytesEqual } from '../core/bytes.ts';
import { peerIdText } from '../core/peer-id.ts';
import { fail, ok, type Result } from '../core/errors.ts';
import type { LiveBet } from '../craps/settle.ts';
import type { TableState } from '../craps/table.ts';
import { findAccount, NO_ACCOUNTS, putAccount, type Account, type Accounts } from './accounts.ts';
import type { Genesis } from './genesis.ts';

/** An unresolved bet. */
export interface TableBet {
  readonly account: Uint8Array;
  /** Units that the bet can win at most, beside its stake. */
  readonly risk: bigint;
  readonly live: LiveBet;
}

export interface Table {
  /** From 1; never used again, since the dice of a table are fixed by its number. */
  readonly id: number;
  /** Units. */
  readonly stakeMin: bigint;
  readonly shooterTimeoutMs: bigint;
  /** Units that the house has at this table, beside the stakes in play. */
  readonly bankroll: bigint;
  /** Units: the sum of the unresolved bets' stakes. */
  readonly staked: bigint;
  /** Units: the sum of the unresolved bets' risks. */
  readonly risk: bigint;
  /** The number of the roll that comes next, from 1. */
  readonly roll: bigint;
  /** The height of the block that locked the table; `null` while bets are taken. */
  readonly lockedAt: bigint | null;
  readonly game: TableState;
  /** Accounts in the order of their first bet. */
  readonly seats: readonly Uint8Array[];
  readonly shooter: Uint8Array | null;
  /** When the shooter's time began to run, in block time. */
  readonly shooterSinceMs: bigint;
  /** By ascending id. */
  readonly bets: readonly TableBet[];
  /** The id of the next bet, from 1. */
  readonly nextBet: number;
}

export interface CasinoState {
  /** Of the last block; 0 after the genesis. */
  readonly height: bigint;
  /** Hashes of the blocks before this state's own, the last one at `height − 1`; at most `ANCHOR_BLOCKS_MAX`. */
  readonly ancestors: readonly Uint8Array[];
  /** Units in no account, table or treasury yet. */
  readonly unissued: bigint;
  readonly treasury: bigint;
  readonly accounts: Accounts;
  readonly grantsEpoch: bigint;
  /** Grants given in `grantsEpoch`. */
  readonly grantsGiven: number;
  /** By ascending id. */
  readonly tables: readonly Table[];
  readonly nextTable: number;
}

/** The state after the genesis: the operator's account, empty, and the treasury. */
export function initialState(genesis: Genesis): CasinoState {
  const operator: Account = { key: genesis.operator, balance: 0n, nonce: 0n };
  return {
    height: 0n,
    ancestors: [],
    unissued: genesis.supplyCap - genesis.treasury,
    treasury: genesis.treasury,
    accounts: putAccount(NO_ACCOUNTS, operator),
    grantsEpoch: 0n,
    grantsGiven: 0,
    tables: [],
    nextTable: 1,
  };
}

export function withAccount(state: CasinoState, account: Account): CasinoState {
  return { ...state, accounts: putAccount(state.accounts, account) };
}

/** Adds `units` (may be negative) to an account that exists. */
export function credit(state: CasinoState, key: Uint8Array, units: bigint): CasinoState {
  const account = findAccount(state.accounts, key);
  assert(account !== undefined, 'money moves between accounts that exist');
  const balance = account.balance + units;
  assert(balance >= 0n, 'no account is below zero');
  return withAccount(state, { ...account, balance });
}

export function accountOf(
  state: CasinoState,
  key: Uint8Array,
): Result<Account, 'CASINO_ACCOUNT_UNKNOWN'> {
  const account = findAccount(state.accounts, key);
  if (account === undefined) return fail('CASINO_ACCOUNT_UNKNOWN', { account: peerIdText(key) });
  return ok(account);
}

export function findTable(state: CasinoState, id: number): Table | undefined {
  return state.tables.find((table) => table.id === id);
}

export function tableOf(state: CasinoState, id: number): Result<Table, 'CASINO_TABLE_UNKNOWN'> {
  const table = findTable(state, id);
  return table === undefined ? fail('CASINO_TABLE_UNKNOWN', { table: id }) : ok(table);
}

/** Replaces the table of the same id. */
export function withTable(state: CasinoState, table: Table): CasinoState {
  return { ...state, tables: state.tables.map((old) => (old.id === table.id ? table : old)) };
}

export function isSeated(table: Table, account: Uint8Array): boolean {
  return table.seats.some((seat) => bytesEqual(seat, account));
}

export function betsOf(table: Table, account: Uint8Array): readonly TableBet[] {
  return table.bets.filter((bet) => bytesEqual(bet.account, account));
}

/** Where every unit is. */
export interface Supply {
  readonly accounts: bigint;
  readonly treasury: bigint;
  readonly bankrolls: bigint;
  readonly stakes: bigint;
  readonly unissued: bigint;
  readonly sum: bigint;
}

/** Counts by the running totals that every step keeps. */
export function supplyOf(state: CasinoState): Supply {
  let bankrolls = 0n;
  let stakes = 0n;
  for (const table of state.tables) {
    bankrolls += table.bankroll;
    stakes += table.staked;
  }
  const { treasury, unissued } = state;
  const accounts = state.accounts.held;
  return {
    accounts,
    treasury,
    bankrolls,
    stakes,
    unissued,
    sum: accounts + treasury + bankrolls + stakes + unissued,
  };
}

/** The same, recounted account by account and bet by bet. */
export function recountSupply(state: CasinoState): Supply {
  let accounts = 0n;
  for (const shard of state.accounts.shards) for (const { balance } of shard) accounts += balance;
  let stakes = 0n;
  let bankrolls = 0n;
  for (const table of state.tables) {
    bankrolls += table.bankroll;
    for (const { live } of table.bets) stakes += live.stake;
  }
  const { treasury, unissued } = state;
  const sum = accounts + treasury + bankrolls + stakes + unissued;
  return { accounts, treasury, bankrolls, stakes, unissued, sum };
}
