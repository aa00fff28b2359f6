// Accounts in 256 sorted shards by the first byte of their key: a change copies one shard, and the shards that did not
// change keep their identity, so that their hashes are remembered.

import { compareBytes } from '../core/bytes.ts';

export interface Account {
  /** Ed25519 public key, 32 bytes. */
  readonly key: Uint8Array;
  /** Units. */
  readonly balance: bigint;
  /** The running number of the account's next operation. */
  readonly nonce: bigint;
}

/** By ascending key. */
export type Shard = readonly Account[];

export interface Accounts {
  readonly shards: readonly Shard[];
  readonly count: number;
  /** Units: the sum of all balances. */
  readonly held: bigint;
}

const SHARDS = 256;
const NO_SHARD: Shard = [];

export const NO_ACCOUNTS: Accounts = {
  shards: Array.from({ length: SHARDS }, () => NO_SHARD),
  count: 0,
  held: 0n,
};

/** Where `key` stands or would stand in its shard. */
function positionOf(
  shard: Shard,
  key: Uint8Array,
): { readonly at: number; readonly found: boolean } {
  let from = 0;
  let to = shard.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const order = compareBytes(shard[middle]?.key ?? key, key);
    if (order === 0) return { at: middle, found: true };
    if (order < 0) from = middle + 1;
    else to = middle;
  }
  return { at: from, found: false };
}

export function findAccount(accounts: Accounts, key: Uint8Array): Account | undefined {
  const shard = accounts.shards[key[0] ?? 0] ?? NO_SHARD;
  const { at, found } = positionOf(shard, key);
  return found ? shard[at] : undefined;
}

/** Adds the account, or replaces the one of the same key. */
export function putAccount(accounts: Accounts, account: Account): Accounts {
  const which = account.key[0] ?? 0;
  const shard = accounts.shards[which] ?? NO_SHARD;
  const { at, found } = positionOf(shard, account.key);
  const before = found ? (shard[at]?.balance ?? 0n) : 0n;
  return {
    shards: accounts.shards.with(which, shard.toSpliced(at, found ? 1 : 0, account)),
    count: accounts.count + (found ? 0 : 1),
    held: accounts.held + account.balance - before,
  };
}
