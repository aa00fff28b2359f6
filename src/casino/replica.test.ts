import { describe, expect, test } from 'vitest';
import { identityOf, playedCasino, SmallCasino } from '../../test/casino/small-casino.ts';
import { crap } from '../core/amount.ts';
import { unwrap, type Result } from '../core/errors.ts';
import { primitives } from '../platform/node/primitives.ts';
import { decodeOperation } from './operation.ts';
import { createReplica, type Replica } from './replica.ts';
import { createWallet } from './wallet.ts';

const ann = identityOf('ann').publicKey;

function code(result: Result<unknown>): string {
  return result.ok ? 'ok' : result.error.code;
}

function follow(casino: SmallCasino): Replica {
  const replica = unwrap(createReplica(primitives, casino.genesis.bytes));
  for (const { bytes } of casino.blocks) unwrap(replica.add(bytes));
  return replica;
}

function nonceOf(bytes: Uint8Array): bigint {
  return unwrap(decodeOperation(bytes)).operation.nonce;
}

describe('replica', () => {
  test('answers for the state that the casino is in', async () => {
    const casino = await playedCasino(3);
    unwrap(casino.bet('ann', 'field'));
    const replica = follow(casino);
    expect(replica.head()).toEqual(casino.head);
    expect(replica.state()).toEqual(casino.state);
    expect(replica.tables()).toEqual(casino.state.tables);
    expect(replica.table(1)).toEqual(casino.table());
    expect(replica.table(2)).toBeUndefined();
    expect(replica.isOpen(ann)).toBe(true);
    expect(replica.isOpen(identityOf('cay').publicKey)).toBe(false);
    expect(replica.balance(identityOf('cay').publicKey)).toBe(0n);
    expect(replica.bets(1, ann).at(-1)?.live).toMatchObject({ kind: 'field', stake: crap(5) });
    expect(replica.bets(2, ann)).toEqual([]);
  });

  test('a block that is early, late, foreign or damaged changes nothing', async () => {
    const casino = await playedCasino(1);
    const other = new SmallCasino({}, 2);
    other.openTable();
    const replica = unwrap(createReplica(primitives, casino.genesis.bytes));
    const [first, second] = casino.blocks;
    if (first === undefined || second === undefined) throw new Error('two blocks');
    expect(code(replica.add(second.bytes))).toBe('TRANSCRIPT_ROUND_DROPPED');
    expect(code(replica.add(other.blocks[0]?.bytes ?? new Uint8Array(0)))).toBe(
      'TRANSCRIPT_CHAIN_BROKEN',
    );
    expect(code(replica.add(first.bytes.slice(0, -1)))).toBe('TRANSCRIPT_MALFORMED');
    expect(replica.head().height).toBe(0n);
    expect(code(replica.add(first.bytes))).toBe('ok');
    expect(code(replica.add(first.bytes))).toBe('TRANSCRIPT_ROUND_DROPPED');
    expect(code(replica.add(second.bytes))).toBe('ok');
  });

  test('follows the casino that was meant, by the rules that it knows', () => {
    const { genesis, operator } = new SmallCasino();
    const choose = (casino: Uint8Array): string =>
      code(createReplica(primitives, genesis.bytes, { casino }));
    expect(choose(operator.publicKey)).toBe('ok');
    expect(choose(ann)).toBe('TRANSCRIPT_OTHER_CASINO');
    const foreign = new SmallCasino({ rulesHash: new Uint8Array(32) }).genesis.bytes;
    expect(code(createReplica(primitives, foreign))).toBe('TRANSCRIPT_GENESIS_INVALID');
    expect(code(createReplica(primitives, ann))).toBe('TRANSCRIPT_GENESIS_INVALID');
  });
});

describe('wallet', () => {
  test('counts on from what it signed, and from the chain after a refusal', async () => {
    const casino = await playedCasino(1);
    const replica = follow(casino);
    const wallet = createWallet(primitives, identityOf('ann'), replica);
    const pay = { case: 'transfer', value: { to: ann, amount: 1n } } as const;
    const first = nonceOf(wallet.sign(pay));
    expect(nonceOf(wallet.sign(pay))).toBe(first + 1n);
    wallet.resync();
    expect(nonceOf(wallet.sign(pay))).toBe(first);
    unwrap(casino.bet('ann', 'field'));
    unwrap(casino.bet('ann', 'field'));
    for (const { bytes } of casino.blocks.slice(-2)) unwrap(replica.add(bytes));
    expect(nonceOf(wallet.sign(pay))).toBe(first + 2n);
    expect(unwrap(decodeOperation(wallet.sign(pay))).operation.anchor).toEqual({
      height: casino.head.height,
      hash: casino.head.hash,
    });
  });
});
