import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAmount } from '../../core/amount.ts';
import { toHex } from '../../core/bytes.ts';
import { unwrap } from '../../core/errors.ts';
import { peerIdText } from '../../core/peer-id.ts';
import { readBlock } from '../../casino/replica.ts';
import { decodeTranscript } from '../../casino/transcript.ts';
import { decodeBlock } from '../../consensus/block.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { auditBets, type AcknowledgedBet } from './acknowledged-bet.ts';

/** A real evening, kept since the first version of the casino. */
const VECTOR = join(import.meta.dirname, '../../../test/vectors/casino-1/transcript.bct');
const { blocks } = unwrap(decodeTranscript(readFileSync(VECTOR)));

/** Every bet of the evening, as its player would have noted it. */
const bets: readonly AcknowledgedBet[] = blocks.flatMap((bytes) => {
  const block = unwrap(decodeBlock(primitives, bytes));
  const placing = unwrap(readBlock(block)).operations.flatMap(({ action }, at) =>
    action.case === 'placeBet' ? [block.operations[at] ?? new Uint8Array()] : [],
  );
  return unwrap(readBlock(block)).effects.flatMap((effect) => {
    if (effect.case !== 'betPlaced') return [];
    const operation = toHex(primitives.sha256(placing.shift() ?? new Uint8Array()));
    const { account, table, roll, kind, stake } = effect.value;
    return [
      {
        account: peerIdText(account),
        table,
        roll: String(roll),
        kind,
        stake: formatAmount(stake),
        height: String(block.header.height),
        operation,
      },
    ];
  });
});

describe('a ledger against what was acknowledged', () => {
  test('a whole one has lost nothing', () => {
    const audit = auditBets(primitives, blocks, bets);
    expect(bets.length).toBeGreaterThan(2);
    expect(audit).toMatchObject({ lost: [], resolvedTwice: 0, placed: bets.length });
    expect(audit.resolved).toBeGreaterThan(0);
  });

  test('one that ends early has lost exactly what came after its end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: blocks.length }), (length) => {
        const { lost } = auditBets(primitives, blocks.slice(0, length), bets);
        expect(lost).toEqual(bets.filter(({ height }) => Number(height) > length));
      }),
    );
  });

  test('each bet of it answers for one operation, of the same bet in every detail', () => {
    const [first] = bets;
    if (first === undefined) throw new Error('the evening has bets');
    // Asked for again after a restart, and acknowledged again: still one bet.
    expect(auditBets(primitives, blocks, [...bets, first]).lost).toEqual([]);
    const another = { ...first, operation: 'another' };
    expect(auditBets(primitives, blocks, [...bets, another]).lost).toEqual([another]);
    const others: readonly Partial<AcknowledgedBet>[] = [
      { height: '999999' },
      { stake: '0.000001' },
      { kind: 'field-2' },
      { roll: '999999' },
      { table: 999 },
      { account: 'a'.repeat(52) },
      { operation: '00'.repeat(32) },
    ];
    for (const other of others) {
      expect(auditBets(primitives, blocks, [{ ...first, ...other }]).lost).toHaveLength(1);
    }
  });

  test('a bet that is resolved again is counted', () => {
    const again = blocks.find((bytes) =>
      unwrap(readBlock(unwrap(decodeBlock(primitives, bytes)))).effects.some(
        (effect) => effect.case === 'betResolved',
      ),
    );
    if (again === undefined) throw new Error('the evening has resolved bets');
    expect(auditBets(primitives, [...blocks, again], []).resolvedTwice).toBeGreaterThan(0);
  });

  test('without a ledger everything is lost', () => {
    expect(auditBets(primitives, [], bets).lost).toEqual(bets);
  });
});
