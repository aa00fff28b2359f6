// Refusals are read by people: amounts in them are in CRAP, as everywhere else.

import { describe, expect, test } from 'vitest';
import { crap } from '../../src/core/amount.ts';
import type { Result } from '../../src/core/errors.ts';
import { identityOf, SmallCasino } from './small-casino.ts';

function text(result: Result<unknown>): string {
  return result.ok ? 'ok' : result.error.message;
}

function opened(bankroll = crap(10_000)): SmallCasino {
  const casino = new SmallCasino();
  casino.openTable(bankroll);
  for (const name of ['ann', 'bob']) casino.must(name, { case: 'openAccount', value: {} });
  return casino;
}

describe('a refusal names amounts in CRAP', () => {
  test('of a stake', () => {
    const casino = opened();
    expect(text(casino.bet('ann', 'pass', 250_000n))).toBe(
      'a stake of 0.25 CRAP is below the table’s minimum of 1',
    );
    expect(text(casino.bet('ann', 'pass', crap(5000)))).toBe(
      'this needs 5000 CRAP; the account has 1000',
    );
    expect(text(casino.bet('ann', 'pass', crap(900)))).toBe(
      'your bets could win 900 CRAP; one account may win 500 at this table',
    );
  });

  test('of what the bankroll has to cover', () => {
    const casino = opened(crap(10));
    expect(text(casino.bet('ann', 'pass', crap(11)))).toBe(
      'the table could not pay: 11 CRAP against a bankroll of 10',
    );
  });

  test('of a transfer', () => {
    const casino = opened();
    const to = identityOf('bob').publicKey;
    const pay = (amount: bigint): string =>
      text(casino.act('ann', { case: 'transfer', value: { to, amount } }));
    expect(pay(0n)).toBe('0 CRAP are not an amount that can be moved');
    expect(pay(crap(1000) + 1n)).toBe('this needs 1000.000001 CRAP; the account has 1000');
  });

  test('of a bankroll', () => {
    const value = {
      bankroll: crap(1_000_001),
      stakeMin: crap(1),
      shooterTimeoutMs: 30_000n,
      rules: { field12x3: false },
    };
    expect(text(new SmallCasino().act('operator', { case: 'openTable', value }))).toBe(
      'this needs 1000001 CRAP; the treasury has 1000000',
    );
  });
});
