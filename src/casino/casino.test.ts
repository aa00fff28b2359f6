import { beforeEach, describe, expect, test } from 'vitest';
import { identityOf, SmallCasino, SHOOTER_TIMEOUT_MS } from '../../test/casino/small-casino.ts';
import { SOLO_LIMITS } from '../consensus/solo.ts';
import { crap } from '../core/amount.ts';
import { toHex } from '../core/bytes.ts';
import { unwrap, type Result } from '../core/errors.ts';
import { primitives } from '../platform/node/primitives.ts';
import { findAccount } from './accounts.ts';
import { createCasino } from './casino.ts';
import type { Effect } from './effects.ts';
import { ANCHOR_BLOCKS_MAX, CASINO_LIMITS, GRANT } from './limits.ts';
import { signOperation, type ActionInit } from './operation.ts';
import { supplyOf } from './state.ts';

const ann = identityOf('ann').publicKey;
const bob = identityOf('bob').publicKey;
const open: ActionInit = { case: 'openAccount', value: {} };
let casino: SmallCasino;

beforeEach(() => {
  casino = new SmallCasino();
  casino.openTable();
  casino.must('ann', open);
  casino.must('bob', open);
});

function code(result: Result<unknown>): string {
  return result.ok ? 'ok' : result.error.code;
}

function balance(key: Uint8Array): bigint {
  return findAccount(casino.state.accounts, key)?.balance ?? -1n;
}

function names(effects: readonly Effect[]): string[] {
  return effects.map((effect) => effect.case);
}

function passDice(name: string): Result<readonly Effect[]> {
  return casino.act(name, { case: 'passDice', value: { table: 1, roll: casino.table().roll } });
}

/** Blocks of no interest, so that block time goes on. */
function wait(ms: bigint): void {
  for (let passed = 0n; passed < ms; passed += 1000n) {
    casino.must('ann', { case: 'transfer', value: { to: bob, amount: 1n } });
  }
}

/** Signs for `name` with parts that a wallet would not choose. */
function sign(name: string, action: ActionInit, change: object = {}): Uint8Array {
  const identity = identityOf(name);
  const { chainId } = casino.genesis;
  const nonce = findAccount(casino.state.accounts, identity.publicKey)?.nonce ?? 0n;
  const anchor = { height: casino.head.height, hash: casino.head.hash };
  return signOperation(primitives, identity, { chainId, nonce, anchor, action, ...change });
}

function pay(to: Uint8Array, amount: bigint): string {
  return code(casino.act('ann', { case: 'transfer', value: { to, amount } }));
}

describe('accounts', () => {
  test('a new account gets its grant out of the unissued supply', () => {
    expect(balance(ann)).toBe(GRANT);
    const supply = supplyOf(casino.state);
    expect(supply.unissued).toBe(casino.genesis.supplyCap - casino.genesis.treasury - 2n * GRANT);
    expect(supply.sum).toBe(casino.genesis.supplyCap);
  });

  test('an account opens once', () => {
    expect(code(casino.act('ann', open))).toBe('CASINO_ACCOUNT_EXISTS');
  });

  test('grants are capped per epoch and renewed with the next', () => {
    casino = new SmallCasino({ grantsPerEpochMax: 2, blocksPerEpoch: 4 });
    casino.must('ann', open);
    casino.must('bob', open);
    expect(code(casino.act('cay', open))).toBe('CASINO_GRANTS_SPENT');
    casino.must('ann', { case: 'transfer', value: { to: bob, amount: 1n } });
    expect(code(casino.act('cay', open))).toBe('ok');
  });

  test('accounts are bounded', () => {
    casino = new SmallCasino({ limits: { accountsMax: 2 } });
    casino.must('ann', open);
    expect(code(casino.act('bob', open))).toBe('CASINO_ACCOUNTS_MAX');
  });

  test('a transfer moves what is there, to an account that exists', () => {
    expect(pay(bob, crap(3))).toBe('ok');
    expect([balance(ann), balance(bob)]).toEqual([GRANT - crap(3), GRANT + crap(3)]);
    expect(pay(bob, GRANT)).toBe('CASINO_BALANCE');
    expect(pay(bob, 0n)).toBe('CASINO_AMOUNT_INVALID');
    expect(pay(bob, 2n ** 64n - 1n)).toBe('CASINO_AMOUNT_INVALID');
    expect(pay(ann, 1n)).toBe('CASINO_TRANSFER_SELF');
    expect(pay(identityOf('cay').publicKey, 1n)).toBe('CASINO_ACCOUNT_UNKNOWN');
  });
});

describe('signatures, numbers, anchors', () => {
  const pay: ActionInit = { case: 'transfer', value: { to: bob, amount: 1n } };

  test('nobody acts for another account', () => {
    const bytes = sign('bob', { case: 'transfer', value: { to: ann, amount: 1n } });
    const hex = toHex(bytes).replace(toHex(bob), toHex(ann));
    const forged = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    expect(code(casino.submit(forged))).toBe('CASINO_SIGNATURE_INVALID');
    expect(code(casino.casino.check(forged))).toBe('CASINO_SIGNATURE_INVALID');
  });

  test('an operation is done once, and none is left out', () => {
    const once = sign('ann', pay);
    expect(code(casino.submit(once))).toBe('ok');
    expect(code(casino.submit(once))).toBe('CASINO_NONCE_REPLAYED');
    expect(code(casino.casino.check(once))).toBe('CASINO_NONCE_REPLAYED');
    expect(code(casino.submit(sign('ann', pay, { nonce: 9n })))).toBe('CASINO_NONCE_GAP');
    expect(code(casino.submit(sign('cay', pay)))).toBe('CASINO_ACCOUNT_UNKNOWN');
  });

  test('an operation is good for its own casino', () => {
    const other = sign('ann', pay, { chainId: new SmallCasino({}, 2).genesis.chainId });
    expect(code(casino.submit(other))).toBe('CASINO_OTHER_CHAIN');
    expect(code(casino.casino.check(other))).toBe('CASINO_OTHER_CHAIN');
  });

  test('the anchor is one of the last blocks of this chain', () => {
    const { head } = casino;
    const at = (height: bigint, hash: Uint8Array): string =>
      code(casino.submit(sign('ann', pay, { anchor: { height, hash } })));
    expect(at(0n, casino.genesis.chainId)).toBe('ok');
    expect(at(head.height, new Uint8Array(32))).toBe('CASINO_ANCHOR_UNKNOWN');
    expect(at(head.height - 1n, head.hash)).toBe('CASINO_ANCHOR_UNKNOWN');
    expect(at(casino.head.height + 1n, casino.head.hash)).toBe('CASINO_ANCHOR_UNKNOWN');
    for (let block = 0; block < ANCHOR_BLOCKS_MAX - 2; block += 1) casino.must('bob', toAnn);
    expect(at(head.height, head.hash)).toBe('ok');
    expect(at(head.height, head.hash)).toBe('CASINO_ANCHOR_UNKNOWN');
  });

  const toAnn: ActionInit = { case: 'transfer', value: { to: ann, amount: 1n } };

  test('bytes that are no operation are refused', () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(2000), sign('ann', pay).slice(0, -1)]) {
      expect(code(casino.submit(bytes))).toBe('CASINO_OPERATION_MALFORMED');
    }
  });
});

describe('tables', () => {
  const options = { bankroll: crap(10), stakeMin: 1n, shooterTimeoutMs: 1000n, rules: {} };

  test('the operator opens them out of the treasury', () => {
    const tried = (change: object, name = 'operator'): string =>
      code(casino.act(name, { case: 'openTable', value: { ...options, ...change } }));
    expect(tried({}, 'ann')).toBe('CASINO_NOT_OPERATOR');
    expect(tried({ bankroll: casino.genesis.treasury })).toBe('CASINO_TREASURY');
    expect(tried({ bankroll: 0n })).toBe('CASINO_TABLE_OPTIONS');
    expect(tried({ stakeMin: 0n })).toBe('CASINO_TABLE_OPTIONS');
    expect(tried({ shooterTimeoutMs: 999n })).toBe('CASINO_TABLE_OPTIONS');
    expect(tried({ shooterTimeoutMs: 86_400_001n })).toBe('CASINO_TABLE_OPTIONS');
    const { treasury } = casino.state;
    expect(tried({})).toBe('ok');
    expect(casino.state.treasury).toBe(treasury - crap(10));
    expect(casino.table(2).bankroll).toBe(crap(10));
  });

  test('they are bounded, and a number is never used again', () => {
    casino = new SmallCasino({ limits: { tablesMax: 1 } });
    casino.openTable();
    const again: ActionInit = { case: 'openTable', value: options };
    expect(code(casino.act('operator', again))).toBe('CASINO_TABLES_MAX');
    casino.must('operator', { case: 'closeTable', value: { table: 1 } });
    casino.must('operator', again);
    expect(casino.state.tables.map(({ id }) => id)).toEqual([2]);
  });

  test('one closes only when no bet is left, and gives its bankroll back', () => {
    const close = (name = 'operator'): string =>
      code(casino.act(name, { case: 'closeTable', value: { table: 1 } }));
    unwrap(casino.bet('ann', 'field'));
    expect(close('ann')).toBe('CASINO_NOT_OPERATOR');
    expect(close()).toBe('CASINO_BETS_OPEN');
    casino.must('ann', { case: 'takeDown', value: { table: 1, roll: 1n, bet: 1 } });
    expect(close()).toBe('ok');
    expect(casino.state.treasury).toBe(casino.genesis.treasury);
    expect(close()).toBe('CASINO_TABLE_UNKNOWN');
  });
});

describe('bets', () => {
  test('take the stake, a seat and, first, the dice', () => {
    const effects = unwrap(casino.bet('ann', 'pass', crap(5)));
    expect(names(effects)).toEqual(['betPlaced', 'seatTaken', 'shooterChanged']);
    expect(balance(ann)).toBe(GRANT - crap(5));
    expect(casino.table()).toMatchObject({
      staked: crap(5),
      shooter: ann,
      seats: [ann],
      nextBet: 2,
    });
    expect(names(unwrap(casino.bet('bob', 'field')))).toEqual(['betPlaced', 'seatTaken']);
    expect(casino.table().shooter).toEqual(ann);
  });

  test('are refused with the reason', () => {
    expect(code(casino.bet('ann', 'pass', crap(5), 1))).toBe('ok');
    const bet = (change: object): string => {
      const value = { table: 1, roll: 1n, kind: 'field', stake: crap(5), base: 0, ...change };
      return code(casino.act('ann', { case: 'placeBet', value }));
    };
    expect(bet({ table: 2 })).toBe('CASINO_TABLE_UNKNOWN');
    expect(bet({ roll: 2n })).toBe('CASINO_ROLL_MISMATCH');
    expect(bet({ stake: crap(1) - 10_000n })).toBe('CASINO_STAKE_BELOW_MIN');
    expect(bet({ stake: crap(996) })).toBe('CASINO_BALANCE');
    expect(bet({ kind: 'no-such-bet' })).toBe('CRAPS_BET_UNKNOWN');
    expect(bet({ kind: 'come' })).toBe('CRAPS_WRONG_PHASE');
    expect(bet({ kind: 'x'.repeat(33) })).toBe('CASINO_OPERATION_MALFORMED');
    expect(code(casino.act('cay', { case: 'placeBet', value: { table: 1, roll: 1n } }))).toBe(
      'CASINO_ACCOUNT_UNKNOWN',
    );
  });

  test('of one account win at most five hundredths of the bankroll', () => {
    const value = { bankroll: crap(100), stakeMin: crap(1), shooterTimeoutMs: 1000n, rules: {} };
    casino.must('operator', { case: 'openTable', value });
    expect(code(casino.bet('ann', 'pass', crap(6), 2))).toBe('CASINO_ACCOUNT_SHARE');
    expect(code(casino.bet('ann', 'pass', crap(5), 2))).toBe('ok');
    expect(code(casino.bet('ann', 'pass', crap(1), 2))).toBe('CASINO_ACCOUNT_SHARE');
    expect(code(casino.bet('bob', 'pass', crap(5), 2))).toBe('ok');
  });

  test('together win at most the bankroll', () => {
    const value = { bankroll: crap(100), stakeMin: crap(1), shooterTimeoutMs: 1000n, rules: {} };
    casino = new SmallCasino();
    casino.must('operator', { case: 'openTable', value });
    for (let player = 0; player < 16; player += 1) {
      casino.must(`p${player}`, open);
      unwrap(casino.bet(`p${player}`, 'pass', crap(5)));
    }
    expect(casino.table().risk).toBe(crap(80));
    casino.must('ann', open);
    for (let player = 0; player < 4; player += 1) {
      casino.must(`p${player}`, { case: 'leaveTable', value: { table: 1, roll: 1n } });
      casino.must(`q${player}`, open);
      unwrap(casino.bet(`q${player}`, 'pass', crap(5)));
    }
    casino.must('p4', { case: 'leaveTable', value: { table: 1, roll: 1n } });
    expect(code(casino.bet('ann', 'pass', crap(1)))).toBe('CASINO_BANKROLL_COVER');
  });

  test('are bounded for an account and for a table', () => {
    casino = new SmallCasino({ limits: { betsPerAccountMax: 2, betsPerTableMax: 3 } });
    casino.openTable();
    for (const name of ['ann', 'bob']) casino.must(name, open);
    for (const name of ['ann', 'ann']) unwrap(casino.bet(name, 'field'));
    expect(code(casino.bet('ann', 'field'))).toBe('CASINO_BETS_MAX');
    unwrap(casino.bet('bob', 'field'));
    expect(code(casino.bet('bob', 'field'))).toBe('CASINO_BETS_MAX');
  });

  test('seats are bounded', () => {
    casino = new SmallCasino({ limits: { seatsMax: 1 } });
    casino.openTable();
    for (const name of ['ann', 'bob']) casino.must(name, open);
    unwrap(casino.bet('ann', 'field'));
    expect(code(casino.bet('bob', 'field'))).toBe('CASINO_TABLE_FULL');
    expect(code(casino.bet('ann', 'field'))).toBe('ok');
  });

  test('are taken down for the stake by their own account only', async () => {
    unwrap(casino.bet('ann', 'field', crap(5)));
    const down = (name: string, bet: number): string =>
      code(
        casino.act(name, { case: 'takeDown', value: { table: 1, roll: casino.table().roll, bet } }),
      );
    expect(down('bob', 1)).toBe('CASINO_BET_UNKNOWN');
    expect(down('ann', 2)).toBe('CASINO_BET_UNKNOWN');
    expect(down('ann', 1)).toBe('ok');
    expect(down('ann', 1)).toBe('CASINO_BET_UNKNOWN');
    expect(balance(ann)).toBe(GRANT);
    expect(casino.table()).toMatchObject({ staked: 0n, risk: 0n, bets: [] });
  });
});

describe('a roll', () => {
  test('locks, is revealed in a later block, and settles', async () => {
    unwrap(casino.bet('ann', 'pass', crap(5)));
    unwrap(casino.bet('bob', 'field', crap(5)));
    expect(code(casino.shoot('bob'))).toBe('CASINO_NOT_SHOOTER');
    expect(code(casino.shoot('operator'))).toBe('CASINO_NOT_SHOOTER');
    expect(names(unwrap(casino.shoot('ann')))).toEqual(['tableLocked']);
    const before = supplyOf(casino.state);
    const effects = await casino.reveal();
    expect(effects[0]?.case).toBe('diceRolled');
    expect(effects.filter(({ case: name }) => name === 'betResolved').length).toBeGreaterThan(0);
    expect(casino.table()).toMatchObject({ roll: 2n, lockedAt: null });
    expect(supplyOf(casino.state).sum).toBe(before.sum);
  });

  test('nothing touches a locked table', async () => {
    unwrap(casino.bet('ann', 'pass'));
    unwrap(casino.bet('bob', 'field'));
    unwrap(casino.shoot('ann'));
    const locked = casino.table();
    const value = { table: 1, roll: 1n };
    const tried: readonly Result<unknown>[] = [
      casino.bet('bob', 'field'),
      casino.act('bob', { case: 'takeDown', value: { ...value, bet: 2 } }),
      casino.shoot('ann'),
      casino.act('ann', { case: 'passDice', value }),
      casino.leave('bob'),
      casino.act('operator', { case: 'passDice', value }),
      casino.act('operator', { case: 'closeTable', value: { table: 1 } }),
    ];
    expect(new Set(tried.map(code))).toEqual(new Set(['CASINO_TABLE_LOCKED']));
    expect(casino.table()).toBe(locked);
    casino.must('bob', { case: 'transfer', value: { to: ann, amount: 1n } });
    expect(casino.table()).toBe(locked);
  });

  test('is revealed by the operator, with its own proof, when it is locked', async () => {
    unwrap(casino.bet('ann', 'pass'));
    const reveal = async (name: string, of: object = {}): Promise<string> => {
      const input = { table: 1, roll: 1n };
      const proof = await casino.dice.release({ ...input, ...of });
      return code(casino.act(name, { case: 'revealDice', value: { ...input, proof } }));
    };
    expect(await reveal('operator')).toBe('CASINO_TABLE_NOT_LOCKED');
    unwrap(casino.shoot('ann'));
    expect(await reveal('ann')).toBe('CASINO_NOT_OPERATOR');
    expect(await reveal('operator', { roll: 2n })).toBe('DICE_PROOF_INVALID');
    expect(await reveal('operator', { table: 2 })).toBe('DICE_PROOF_INVALID');
    expect(await reveal('operator')).toBe('ok');
    expect(await reveal('operator')).toBe('CASINO_ROLL_MISMATCH');
  });

  test('is not revealed in the block that locked it', async () => {
    unwrap(casino.bet('ann', 'pass'));
    const { height, hash, timeMs } = casino.head;
    const proof = await casino.dice.release({ table: 1, roll: 1n });
    const value = { table: 1, roll: 1n };
    const { outcomes } = casino.casino.apply({
      height: height + 1n,
      timeMs: timeMs + 1n,
      parent: hash,
      operations: [
        sign('ann', { case: 'shoot', value }),
        sign('operator', { case: 'revealDice', value: { ...value, proof } }),
      ],
    });
    expect(outcomes.map(code)).toEqual(['ok', 'CASINO_ROLL_NOT_FINAL']);
  });

  test('on the come-out the shooter stands behind it', () => {
    unwrap(casino.bet('ann', 'field'));
    expect(code(casino.shoot('ann'))).toBe('CASINO_SHOOTER_NEEDS_LINE_BET');
    unwrap(casino.bet('ann', 'dont-pass'));
    expect(code(casino.shoot('ann'))).toBe('ok');
  });

  test('after a seven-out the dice go to the next seat', async () => {
    unwrap(casino.bet('ann', 'pass'));
    unwrap(casino.bet('bob', 'pass'));
    for (let roll = 0; roll < 200; roll += 1) {
      const shooter = toHex(casino.table().shooter ?? new Uint8Array(0));
      const name = shooter === toHex(ann) ? 'ann' : 'bob';
      if (casino.table().game.point === 0) casino.bet(name, 'pass');
      unwrap(casino.shoot(name));
      const effects = names(await casino.reveal());
      const moved = toHex(casino.table().shooter ?? new Uint8Array(0)) !== shooter;
      expect(moved).toBe(effects.includes('sevenOut'));
      expect(effects.includes('shooterChanged')).toBe(moved);
      if (moved) return;
    }
    throw new Error('no seven-out in 200 rolls');
  });
});

describe('the dice and the seats', () => {
  test('a shooter passes the dice on, others cannot', () => {
    unwrap(casino.bet('ann', 'pass'));
    expect(code(passDice('ann'))).toBe('CASINO_NO_OTHER_SEAT');
    unwrap(casino.bet('bob', 'pass'));
    expect(code(passDice('bob'))).toBe('CASINO_NOT_SHOOTER');
    expect(code(passDice('ann'))).toBe('ok');
    expect(casino.table().shooter).toEqual(bob);
  });

  test('the operator passes them on once the time is out, and the idle shooter loses the seat', () => {
    unwrap(casino.bet('ann', 'pass'));
    unwrap(casino.bet('bob', 'pass'));
    expect(code(passDice('operator'))).toBe('CASINO_SHOOTER_IN_TIME');
    wait(SHOOTER_TIMEOUT_MS);
    expect(names(unwrap(passDice('operator')))).toEqual(['seatLeft', 'shooterChanged']);
    expect(casino.table()).toMatchObject({ shooter: bob, seats: [bob] });
    expect(casino.table().bets.length).toBe(2);
  });

  test('bets whose players have all gone are rolled for by the operator, one time-out later', async () => {
    unwrap(casino.bet('ann', 'pass'));
    unwrap(casino.leave('ann'));
    expect(casino.table().shooter).toBeNull();
    expect(code(passDice('operator'))).toBe('CASINO_NO_OTHER_SEAT');
    expect(code(casino.shoot('operator'))).toBe('CASINO_SHOOTER_IN_TIME');
    wait(SHOOTER_TIMEOUT_MS);
    expect(code(casino.shoot('ann'))).toBe('CASINO_NOT_SHOOTER');
    expect(code(casino.shoot('operator'))).toBe('ok');
    await casino.reveal();
    expect(code(casino.shoot('operator'))).toMatch(/CASINO_(SHOOTER_IN_TIME|NO_BETS)/);
  });

  test('the operator does not roll where nobody bets', () => {
    wait(SHOOTER_TIMEOUT_MS);
    expect(code(casino.shoot('operator'))).toBe('CASINO_NO_BETS');
  });

  test('leaving gives the seat and the dice up, and takes a seat to do', () => {
    expect(code(casino.leave('ann'))).toBe('CASINO_NOT_SEATED');
    unwrap(casino.bet('ann', 'pass'));
    unwrap(casino.bet('bob', 'pass'));
    expect(names(unwrap(casino.leave('ann')))).toEqual(['seatLeft', 'shooterChanged']);
    expect(casino.table()).toMatchObject({ shooter: bob, seats: [bob] });
  });
});

describe('blocks', () => {
  test('a roll that resolves all the bets a table may have fits one block', async () => {
    const { seatsMax, betsPerTableMax, betsPerAccountMax } = CASINO_LIMITS;
    const players = Array.from({ length: seatsMax }, (_, at) => `p${at}`);
    const each = betsPerTableMax / seatsMax;
    expect(each).toBeLessThanOrEqual(betsPerAccountMax);
    for (const name of players) {
      casino.must(name, open);
      for (let bet = 0; bet < each; bet += 1) {
        unwrap(casino.bet(name, bet === 0 ? 'pass' : 'any-seven', crap(1)));
      }
    }
    expect(casino.table().bets.length).toBe(betsPerTableMax);
    unwrap(casino.shoot('p0'));
    const resolved = names(await casino.reveal()).filter((name) => name === 'betResolved');
    expect(resolved.length).toBeGreaterThanOrEqual(betsPerTableMax - seatsMax);
    expect(casino.blocks.at(-1)?.bytes.length).toBeLessThan(SOLO_LIMITS.blockBytesMax / 2);
  });

  test('a dropped result leaves the state as it was, and the same block gives the same result', () => {
    const { height, hash, timeMs } = casino.head;
    const block = {
      height: height + 1n,
      timeMs: timeMs + 1n,
      parent: hash,
      operations: [sign('ann', { case: 'transfer', value: { to: bob, amount: 1n } })],
    };
    const before = casino.casino.stateHash();
    const once = casino.casino.apply(block);
    expect(casino.casino.stateHash()).toBe(before);
    const twice = casino.casino.apply(block);
    expect(twice.stateHash).toEqual(once.stateHash);
    expect(twice.effects).toEqual(once.effects);
    expect(once.stateHash).not.toEqual(before);
  });

  test('a new machine that replays the blocks reaches the same state', async () => {
    unwrap(casino.bet('ann', 'pass'));
    unwrap(casino.shoot('ann'));
    await casino.reveal();
    const machine = createCasino(primitives, casino.genesis);
    for (const { header, operations, hash, effects } of casino.blocks) {
      const applied = machine.apply({ ...header, operations });
      expect(applied.effects).toEqual(effects);
      expect(applied.stateHash).toEqual(header.stateRoot);
      applied.commit(hash);
    }
    expect(machine.stateHash()).toEqual(casino.casino.stateHash());
  });
});
