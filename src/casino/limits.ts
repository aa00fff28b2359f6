// The casino's constants: money in units (1 CRAP = 1 000 000), and the bound of everything that grows.

import { assert } from '../core/assert.ts';
import { crap } from '../core/amount.ts';

/** Every chip that can ever exist. */
export const SUPPLY_CAP: bigint = crap(21_000_000);
/** What the treasury holds at the start; bankrolls come out of it. */
export const TREASURY: bigint = crap(1_000_000);
/** Play chips for a new account. */
export const GRANT: bigint = crap(1000);
/** Renewed every `BLOCKS_PER_EPOCH`; together with the proof of work they bound what made-up identities collect. */
export const GRANTS_PER_EPOCH_MAX = 128;
export const BLOCKS_PER_EPOCH = 256;

/** An operation builds on one of this many last blocks. */
export const ANCHOR_BLOCKS_MAX = 256;
/** Of an account's operations, encoded and signed. */
export const OPERATION_BYTES_MAX = 512;
/** One account's possible winnings at a table, in hundredths of the bankroll. */
export const ACCOUNT_SHARE_PERCENT = 5n;
/** The longest bet id in the rules stays far below. */
export const BET_KIND_CHARACTERS_MAX = 32;
export const SHOOTER_TIMEOUT_MS_MIN = 1000n;
export const SHOOTER_TIMEOUT_MS_MAX = 86_400_000n;
export const NAME_CHARACTERS_MAX = 64;
export const DISCLOSURE_CHARACTERS_MAX = 512;
export const GENESIS_BYTES_MAX = 2048;
export const GENESIS_NONCE_BYTES = 16;

/** Bounds that a genesis may set lower. */
export interface CasinoLimits {
  readonly accountsMax: number;
  readonly tablesMax: number;
  /** Seats of one table. */
  readonly seatsMax: number;
  /** Unresolved bets of one table: what a roll may resolve has to fit one block. */
  readonly betsPerTableMax: number;
  /** Unresolved bets of one account at one table. */
  readonly betsPerAccountMax: number;
}

export const CASINO_LIMITS: CasinoLimits = {
  accountsMax: 10_000,
  tablesMax: 64,
  seatsMax: 16,
  betsPerTableMax: 256,
  betsPerAccountMax: 32,
};

assert(TREASURY < SUPPLY_CAP, 'the treasury is part of the supply');
assert(
  CASINO_LIMITS.betsPerAccountMax <= CASINO_LIMITS.betsPerTableMax,
  'one account’s bets fit a table',
);
