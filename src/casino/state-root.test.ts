import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { playedCasino } from '../../test/casino/small-casino.ts';
import { toHex } from '../core/bytes.ts';
import { newTable, NO_HITS } from '../craps/table.ts';
import { primitives } from '../platform/node/primitives.ts';
import { findAccount, NO_ACCOUNTS, putAccount, type Account, type Accounts } from './accounts.ts';
import { createStateHasher } from './state-root.ts';
import type { CasinoState, Table } from './state.ts';

const key = fc.tuple(fc.constantFrom(0, 7, 255), fc.nat({ max: 9 })).map(([first, last]) => {
  const bytes = new Uint8Array(32);
  bytes[0] = first;
  bytes[31] = last;
  return bytes;
});
const account: fc.Arbitrary<Account> = fc.record({
  key,
  balance: fc.bigInt({ min: 0n, max: 100n }),
  nonce: fc.bigInt({ min: 0n, max: 9n }),
});

function fill(list: readonly Account[]): Accounts {
  let accounts = NO_ACCOUNTS;
  for (const one of list) accounts = putAccount(accounts, one);
  return accounts;
}

function keyOf(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}

describe('accounts', () => {
  test('are a map from keys to the last account put there', () => {
    fc.assert(
      fc.property(fc.array(account, { maxLength: 40 }), (list) => {
        const model = new Map(list.map((one) => [toHex(one.key), one]));
        const accounts = fill(list);
        expect(accounts.count).toBe(model.size);
        expect(accounts.held).toBe([...model.values()].reduce((sum, one) => sum + one.balance, 0n));
        for (const one of model.values()) expect(findAccount(accounts, one.key)).toBe(one);
        expect(findAccount(accounts, new Uint8Array(32).fill(9))).toBeUndefined();
        const sorted = accounts.shards.flat().map((one) => toHex(one.key));
        expect(sorted).toEqual(sorted.toSorted());
      }),
    );
  });
});

describe('state root', () => {
  test('does not depend on the order in which accounts came, nor on what is remembered', async () => {
    const { state } = await playedCasino(2);
    fc.assert(
      fc.property(fc.uniqueArray(account, { selector: (one) => toHex(one.key) }), (list) => {
        const warm = createStateHasher(primitives);
        warm.root(state);
        const forwards = { ...state, accounts: fill(list) };
        const backwards = { ...state, accounts: fill(list.toReversed()) };
        expect(warm.root(forwards)).toEqual(createStateHasher(primitives).root(backwards));
      }),
    );
  });

  test('changes with every field', async () => {
    const { state } = await playedCasino(2);
    const [table] = state.tables;
    const [bet] = table?.bets ?? [];
    if (table === undefined || bet === undefined) throw new Error('a bet lies on the table');
    const withTable = (change: Partial<Table>): CasinoState => ({
      ...state,
      tables: [{ ...table, ...change }],
    });
    const withGame = (change: Partial<Table['game']>): CasinoState =>
      withTable({ game: { ...table.game, ...change } });
    const states: CasinoState[] = [
      state,
      { ...state, height: 99n },
      { ...state, unissued: 1n },
      { ...state, treasury: 1n },
      { ...state, grantsEpoch: 9n },
      { ...state, grantsGiven: 99 },
      { ...state, nextTable: 9 },
      { ...state, tables: [] },
      { ...state, accounts: NO_ACCOUNTS },
      withTable({ id: 9 }),
      withTable({ stakeMin: 9n }),
      withTable({ shooterTimeoutMs: 9n }),
      withTable({ bankroll: 9n }),
      withTable({ staked: 9n }),
      withTable({ risk: 9n }),
      withTable({ roll: 99n }),
      withTable({ lockedAt: 9n }),
      withTable({ seats: [] }),
      withTable({ seats: table.seats.toReversed() }),
      withTable({ shooter: null }),
      withTable({ shooterSinceMs: 9n }),
      withTable({ nextBet: 99 }),
      withTable({ bets: [] }),
      withTable({ bets: [{ ...bet, risk: 1n }] }),
      withTable({ bets: [{ ...bet, account: new Uint8Array(32) }] }),
      ...[{ id: 9 }, { kind: 'x' }, { stake: 9n }, { point: 11 }, { base: 9 }].map((change) =>
        withTable({ bets: [{ ...bet, live: { ...bet.live, ...change } }] }),
      ),
      withGame({ options: { field12x3: true } }),
      withGame({ point: 11 }),
      withGame({ pointsMade: 1 }),
      withGame({ hits: table.game.hits.with(5, 6) }),
      withGame({ shooterRolls: 99 }),
    ];
    const hasher = createStateHasher(primitives);
    const roots = states.map((one) => toHex(hasher.root(one)));
    expect(new Set(roots).size).toBe(states.length);
  });

  test('of a known state is what it was when this encoding was fixed', () => {
    const table: Table = {
      id: 2,
      stakeMin: 1_000_000n,
      shooterTimeoutMs: 30_000n,
      bankroll: 5_000_000_000n,
      staked: 5_000_000n,
      risk: 5_000_000n,
      roll: 7n,
      lockedAt: 11n,
      game: { ...newTable(), point: 6, pointsMade: 16, hits: NO_HITS.with(4, 2), shooterRolls: 3 },
      seats: [keyOf(1), keyOf(2)],
      shooter: keyOf(2),
      shooterSinceMs: 1_800_000_000_000n,
      bets: [
        {
          account: keyOf(1),
          risk: 5_000_000n,
          live: { id: 4, kind: 'pass', stake: 5_000_000n, point: 6 },
        },
      ],
      nextBet: 5,
    };
    const root = createStateHasher(primitives).root({
      height: 12n,
      ancestors: [],
      unissued: 3n,
      treasury: 4n,
      accounts: fill([{ key: keyOf(1), balance: 5n, nonce: 6n }]),
      grantsEpoch: 1n,
      grantsGiven: 2,
      tables: [table],
      nextTable: 3,
    });
    expect(toHex(root)).toMatchInlineSnapshot(
      `"adde509679e16ece52e865eed597cef480ad1df500e6f6c8da17e04d40ce11b0"`,
    );
  });
});
