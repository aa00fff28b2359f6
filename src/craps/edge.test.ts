import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BETS } from './bets.ts';
import { defineBet } from './definition.ts';
import { ROLLS } from './dice.ts';
import { betChain, exactOdds, visibleState } from './edge.ts';
import { add, formatFraction, fraction, multiply, subtract, toNumber } from './fraction.ts';
import { settle, takeDown } from './settle.ts';
import type { LiveBet } from './settle.ts';
import { advance, newTable, POINTS } from './table.ts';

const KINDS = [...BETS.keys()];
const ODDS = new Map(KINDS.map((kind) => [kind, exactOdds(kind)]));

function edgeOf(kind: string): string {
  return formatFraction(ODDS.get(kind)?.edge ?? fraction(-1n));
}

function percent(kind: string): number {
  return 100 * toNumber(ODDS.get(kind)?.edge ?? fraction(-1n));
}

/** Ways of a number to fall. */
function waysOf(n: number): bigint {
  return BigInt(6 - Math.abs(n - 7));
}

/** Checks an edge: won in `won` of `of` cases, with so many hundredths of profit. */
function expectEdge(kind: string, won: bigint, of: bigint, hundredths: bigint): void {
  const expected = subtract(fraction(1n), fraction(won * (100n + hundredths), of * 100n));
  expect([kind, edgeOf(kind)]).toEqual([kind, formatFraction(expected)]);
}

describe('properties', () => {
  test('no bet favours the player; only odds bets favour nobody', () => {
    for (const [kind, { edge }] of ODDS) {
      expect([kind, edge.num >= 0n]).toEqual([kind, true]);
      expect([kind, edge.num === 0n]).toEqual([kind, kind.endsWith('-odds')]);
    }
  });

  test('taking bets down at the best moments gains nothing', () => {
    for (const [kind, definition] of BETS) {
      // Bets on a shooter can be taken down before the first roll only, where nothing has changed yet.
      if (definition.removable === 'before-first-roll') continue;
      const { positions, chain, starts } = betChain(kind);
      let values = positions.map(() => 0);
      // Iterated to the fixed point: every step ends a bet with probability ≥ 1/36.
      for (let step = 0; step < 2000; step += 1) {
        const before = values;
        values = positions.map(({ state, bet }, index) => {
          const { next, gains } = chain[index] ?? { next: new Map<number, bigint>(), gains: [] };
          let onward = toNumber(gains[0] ?? fraction(0n));
          for (const [to, ways] of next) onward += Number(ways) * (before[to] ?? 0);
          return Math.max(takeDown(state, bet).ok ? 1 : 0, onward / 36);
        });
      }
      for (const start of starts) expect(values[start]).toBeLessThanOrEqual(1 + 1e-9);
    }
  });

  test('a bet sees no more of the table than visibleState leaves', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...ROLLS), { maxLength: 60 }),
        fc.constantFrom(...ROLLS),
        (rolls, dice) => {
          const state = rolls.reduce((table, roll) => advance(table, roll).state, newTable());
          for (const { id: kind, rule } of BETS.values()) {
            const bets = [0, ...POINTS].map((point, id): LiveBet => ({
              id,
              kind,
              stake: 1n,
              point,
            }));
            const visible = visibleState(rule, state);
            const whole = settle(state, bets, dice);
            const part = settle(visible, bets, dice);
            expect(part.resolved).toEqual(whole.resolved);
            expect(part.remaining).toEqual(whole.remaining);
            // What has just been decided need not be followed further.
            if (part.remaining.length > 0) {
              expect(visibleState(rule, part.state)).toEqual(visibleState(rule, whole.state));
            }
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  test('a changed pay-out in the table changes the edge', () => {
    const even = BETS.get('place-6');
    if (even === undefined) throw new Error('place-6');
    const changed = new Map(BETS).set(
      'place-6',
      defineBet({ ...even, pays: [{ on: '', win: 6n, per: 5n }] }),
    );
    expect(formatFraction(exactOdds('place-6', changed).edge)).toBe('0');
    expect(formatFraction(exactOdds('place-8', changed).edge)).toBe('1/66');
  });

  test('a changed rule changes the edge', () => {
    const twice = BETS.get('repeater-2');
    if (twice === undefined) throw new Error('repeater-2');
    const once = defineBet({ ...twice, rule: { kind: 'repeat', total: 2, times: 1 } });
    const changed = exactOdds('repeater-2', new Map(BETS).set('repeater-2', once));
    expect(formatFraction(changed.winProbability)).toBe('1/7');
  });
});

describe('published odds', () => {
  test('line, come and odds (Wizard of Odds, Craps)', () => {
    expect(edgeOf('pass')).toBe('7/495');
    expect(edgeOf('come')).toBe('7/495');
    expect(edgeOf('dont-pass')).toBe('3/220');
    expect(edgeOf('dont-come')).toBe('3/220');
    expect(formatFraction(exactOdds('pass').winProbability)).toBe('244/495');
    expect(formatFraction(exactOdds('dont-pass').winProbability)).toBe('949/1980');
    for (const kind of ['pass-odds', 'dont-pass-odds', 'come-odds', 'dont-come-odds']) {
      expect(edgeOf(kind)).toBe('0');
    }
    // An even-money bet won with 244/495: 1 − (7/495)² on the profit.
    expect(formatFraction(exactOdds('pass').variance)).toBe(
      formatFraction(fraction(495n ** 2n - 49n, 495n ** 2n)),
    );
  });

  test.each([
    ['field', '1/18'],
    ['field-12x3', '1/36'],
    ['place-4', '1/15'],
    ['place-5', '1/25'],
    ['place-6', '1/66'],
    ['place-8', '1/66'],
    ['place-9', '1/25'],
    ['place-10', '1/15'],
    ['big-6', '1/11'],
    ['big-8', '1/11'],
    ['hard-4', '1/9'],
    ['hard-6', '1/11'],
    ['hard-8', '1/11'],
    ['hard-10', '1/9'],
    ['any-seven', '1/6'],
    ['any-craps', '1/9'],
    ['two', '5/36'],
    ['three', '1/9'],
    ['eleven', '1/9'],
    ['twelve', '5/36'],
    ['horn', '1/8'],
    ['c-and-e', '1/9'],
  ])('%s has an edge of %s', (kind, edge) => {
    expect(edgeOf(kind)).toBe(edge);
  });

  test('hops: 5/36 for the 6 pairs at 30:1, 1/9 for the 15 others at 15:1', () => {
    const hops = KINDS.filter((kind) => kind.startsWith('hop-'));
    expect(hops).toHaveLength(21);
    for (const kind of hops) {
      const [, a, b] = kind.split('-');
      expect([kind, edgeOf(kind)]).toEqual([kind, a === b ? '5/36' : '1/9']);
    }
  });

  test('fire at 24, 249 and 999: 20.76%', () => {
    expect(percent('fire')).toBeCloseTo(20.76, 2);
    // P(4 or more points) = 0.0088 + 0.0016 + 0.0002.
    expect(toNumber(exactOdds('fire').winProbability)).toBeCloseTo(0.0106, 4);
  });

  test('small, tall and all: won with 2.6354% and 0.5258%, at 30:1 and 150:1', () => {
    const small = toNumber(exactOdds('small').winProbability);
    const all = toNumber(exactOdds('all').winProbability);
    expect(small).toBeCloseTo(0.026354, 6);
    expect(all).toBeCloseTo(0.005258, 6);
    expect(edgeOf('tall')).toBe(edgeOf('small'));
    expect(percent('small')).toBeCloseTo(100 * (1 - 31 * small), 9);
    expect(percent('small')).toBeCloseTo(18.3, 2);
    expect(percent('all')).toBeCloseTo(20.61, 2);
  });

  test('all, by inclusion and exclusion over the missing totals', () => {
    // P(a set of w ways all avoided before a 7) = 6 / (6 + w), so P(all) = Σ (−1)^|S| · 6 / (6 + ways(S)).
    const ways = [1, 2, 3, 4, 5, 5, 4, 3, 2, 1];
    let won = fraction(0n);
    for (let set = 0; set < 1 << ways.length; set += 1) {
      const chosen = ways.filter((_, index) => (set & (1 << index)) !== 0);
      const sum = chosen.reduce((total, count) => total + count, 0);
      won = add(won, fraction(chosen.length % 2 === 0 ? 6n : -6n, BigInt(6 + sum)));
    }
    expect(exactOdds('all').winProbability).toEqual(won);
  });
});

describe('odds by hand', () => {
  test('buy and lay with 5% commission on a win', () => {
    for (const n of POINTS) {
      const ways = waysOf(n);
      const wins = fraction(ways, ways + 6n);
      const loses = fraction(6n, ways + 6n);
      // Buying, a fair bet loses a twentieth of the stake whenever it wins; laying, a twentieth of the win ways/6.
      expect(edgeOf(`buy-${n}`)).toBe(formatFraction(multiply(wins, fraction(1n, 20n))));
      const feeOnLay = multiply(fraction(ways, 6n), fraction(1n, 20n));
      expect(edgeOf(`lay-${n}`)).toBe(formatFraction(multiply(loses, feeOnLay)));
    }
  });

  test('yes, no and next', () => {
    const table = [
      [2, 588n, 16n, 3430n],
      [3, 294n, 33n, 1666n],
      [4, 196n, 49n, 1078n],
      [5, 147n, 65n, 784n],
      [6, 118n, 82n, 608n],
    ] as const;
    for (const [low, yes, no, next] of table) {
      for (const n of [low, 14 - low]) {
        const ways = waysOf(n);
        expectEdge(`yes-${n}`, ways, ways + 6n, yes);
        expectEdge(`no-${n}`, 6n, ways + 6n, no);
        expectEdge(`next-${n}`, ways, 36n, next);
      }
    }
    expectEdge('next-7', 6n, 36n, 490n);
  });

  test('repeaters: (ways / (ways + 6))^times', () => {
    const table = [
      [2, 40n],
      [3, 50n],
      [4, 65n],
      [5, 80n],
      [6, 90n],
    ] as const;
    for (const [low, pays] of table) {
      for (const n of [low, 14 - low]) {
        const ways = waysOf(n);
        const won = fraction(ways ** BigInt(low), (ways + 6n) ** BigInt(low));
        expect(exactOdds(`repeater-${n}`).winProbability).toEqual(won);
        expect(edgeOf(`repeater-${n}`)).toBe(
          formatFraction(subtract(fraction(1n), multiply(won, fraction(1n + pays)))),
        );
      }
    }
  });
});
