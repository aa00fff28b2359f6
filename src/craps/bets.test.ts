import { describe, expect, test } from 'vitest';
import { BETS } from './bets.ts';
import { exactStake, payText, profit } from './definition.ts';
import { POINTS } from './table.ts';

function textOf(kind: string): string {
  const bet = BETS.get(kind);
  return bet === undefined ? '' : payText(bet);
}

function numbersOf(family: string): readonly string[] {
  const rows = [...BETS.values()].filter((row) => row.family === family);
  return rows.map(({ id }) => id.split('-')[1] ?? '');
}

function maxWinOf(kind: string): bigint | undefined {
  return BETS.get(kind)?.maxWin(600_000n);
}

describe('the table of bets', () => {
  test('every row has its own id and title, and a sentence', () => {
    const rows = [...BETS.values()];
    expect(rows).toHaveLength(108);
    expect(new Set(rows.map(({ title }) => title)).size).toBe(rows.length);
    for (const [id, row] of BETS) {
      expect(row.id).toBe(id);
      expect(id).toMatch(/^[a-z]+(-[a-z0-9]+)*$/);
      expect(row.sentence).toMatch(/^[A-Z].*\.$/);
    }
  });

  test('has every number of every family', () => {
    const points = POINTS.map(String);
    const all = ['2', '3', '4', '5', '6', '8', '9', '10', '11', '12'];
    for (const family of ['place', 'buy', 'lay']) expect(numbersOf(family)).toEqual(points);
    for (const family of ['yes', 'no', 'repeater']) expect(numbersOf(family)).toEqual(all);
    expect(numbersOf('next')).toEqual(all.toSpliced(5, 0, '7'));
    expect(numbersOf('hardway')).toEqual(['4', '6', '8', '10']);
    expect(numbersOf('hop')).toHaveLength(21);
  });

  test('says what it pays', () => {
    expect(textOf('pass')).toBe('1:1');
    expect(textOf('place-4')).toBe('9:5');
    expect(textOf('buy-6')).toBe('6:5 less 5% of the stake');
    expect(textOf('lay-6')).toBe('5:6 less 5% of the win');
    expect(textOf('yes-2')).toBe('5.88:1');
    expect(textOf('no-2')).toBe('0.16:1');
    expect(textOf('next-2')).toBe('34.3:1');
    expect(textOf('field')).toBe('1:1; 2:1 on 2, 12');
    expect(textOf('field-12x3')).toBe('1:1; 2:1 on 2; 3:1 on 12');
    expect(textOf('pass-odds')).toBe('2:1 on 4, 10; 3:2 on 5, 9; 6:5 on 6, 8');
    expect(textOf('fire')).toBe('24:1 on 4 points; 249:1 on 5 points; 999:1 on 6 points');
  });

  test('knows the largest win after commission', () => {
    expect(maxWinOf('pass')).toBe(600_000n);
    expect(maxWinOf('place-6')).toBe(700_000n);
    expect(maxWinOf('buy-4')).toBe(1_170_000n);
    expect(maxWinOf('lay-4')).toBe(285_000n);
    expect(maxWinOf('horn')).toBe(4_050_000n);
    expect(maxWinOf('dont-pass-odds')).toBe(500_000n);
    expect(maxWinOf('fire')).toBe(599_400_000n);
  });

  test('the exact stake allows for a commission on a tiny win', () => {
    const lay = BETS.get('lay-4');
    if (lay === undefined) throw new Error('lay-4');
    const row = { ...lay, pays: [{ on: '', win: 1n, per: lay.stakeStep }] };
    expect(exactStake(row)).toBe(20n * lay.stakeStep);
  });

  test('nothing rounds at multiples of the exact stake', () => {
    for (const row of BETS.values()) {
      const stake = exactStake(row);
      expect(stake % row.stakeStep).toBe(0n);
      for (const pay of row.pays) {
        expect(profit(pay, row.commission, 7n * stake)).toBe(
          7n * profit(pay, row.commission, stake),
        );
        expect((stake * pay.win) % pay.per).toBe(0n);
      }
    }
  });
});
