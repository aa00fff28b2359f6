// The hash of a state. Its encoding is fixed here field by field: big-endian integers, byte arrays behind their length.
// Shards of accounts and tables are hashed once and remembered by identity, which immutable data allows.

import { concat, utf8 } from '../core/bytes.ts';
import { hashIn } from '../crypto/hash.ts';
import type { Primitives } from '../env/primitives.ts';
import { writeU32, writeU64 } from '../wire/big-endian.ts';
import type { Shard } from './accounts.ts';
import type { CasinoState, Table, TableBet } from './state.ts';

function u32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  writeU32(out, 0, value);
  return out;
}

function u64(value: bigint): Uint8Array {
  const out = new Uint8Array(8);
  writeU64(out, 0, value);
  return out;
}

function sized(bytes: Uint8Array): Uint8Array {
  return concat(u32(bytes.length), bytes);
}

/** A key that may be missing: its length is 32 or 0. */
function optional(key: Uint8Array | null): Uint8Array {
  return sized(key ?? new Uint8Array(0));
}

function encodeShard(shard: Shard): Uint8Array {
  return concat(...shard.flatMap(({ key, balance, nonce }) => [key, u64(balance), u64(nonce)]));
}

function encodeBet({ account, risk, live }: TableBet): Uint8Array {
  return concat(
    account,
    u64(risk),
    u32(live.id),
    sized(utf8(live.kind)),
    u64(live.stake),
    u32(live.point),
    u32(live.base ?? 0),
  );
}

function encodeTable(table: Table): Uint8Array {
  const { game } = table;
  return concat(
    u32(table.id),
    u64(table.stakeMin),
    u64(table.shooterTimeoutMs),
    u64(table.bankroll),
    u64(table.staked),
    u64(table.risk),
    u64(table.roll),
    u64(table.lockedAt ?? 0n),
    u32(game.options.field12x3 ? 1 : 0),
    u32(game.point),
    u32(game.pointsMade),
    Uint8Array.from(game.hits),
    u32(game.shooterRolls),
    u32(table.seats.length),
    ...table.seats,
    optional(table.shooter),
    u64(table.shooterSinceMs),
    u32(table.nextBet),
    u32(table.bets.length),
    ...table.bets.map(encodeBet),
  );
}

/** Hashes states; keeps the hashes of the parts that live on. */
export interface StateHasher {
  root(state: CasinoState): Uint8Array;
}

export function createStateHasher(primitives: Primitives): StateHasher {
  const known = new WeakMap<Shard | Table, Uint8Array>();
  const remember = (part: Shard | Table, name: string, encode: () => Uint8Array): Uint8Array => {
    const cached = known.get(part);
    if (cached !== undefined) return cached;
    const hash = hashIn(primitives, 'casino-state', utf8(name), encode());
    known.set(part, hash);
    return hash;
  };
  return {
    root(state: CasinoState): Uint8Array {
      const { accounts, tables } = state;
      const shards = accounts.shards.map((shard) =>
        remember(shard, 'accounts', () => encodeShard(shard)),
      );
      const tableHashes = tables.map((table) => remember(table, 'table', () => encodeTable(table)));
      return hashIn(
        primitives,
        'casino-state',
        concat(
          u64(state.height),
          u64(state.unissued),
          u64(state.treasury),
          u64(state.grantsEpoch),
          u32(state.grantsGiven),
          u32(state.nextTable),
          u32(accounts.count),
        ),
        concat(...shards),
        concat(...tableHashes),
      );
    },
  };
}
