// The one table of bets. Legality, settlement, exact odds and every text about a bet come from these rows.
// Bets and pay-outs: N.J.A.C. 13:69F-1 for the classic ones, the usual fire, bonus and repeater pay tables; YES, NO and
// NEXT pay fair odds less about 2%. All pay-outs are "to one": profit for each unit staked.

import type { BetDefinition, BetRow, Family, Pay } from './definition.ts';
import { defineBet } from './definition.ts';
import type { Dice } from './dice.ts';
import { isHard, ROLLS, total } from './dice.ts';
import type { RollSet, Rule } from './rule.ts';
import type { TableOptions } from './table.ts';

/** Bets by id. The engine takes a table as an argument, so that a changed row can be tried. */
export type BetTable = ReadonlyMap<string, BetDefinition>;

type Bet = Pick<BetRow, 'id' | 'title' | 'sentence' | 'pays' | 'rule'> &
  Partial<Pick<BetRow, 'base' | 'offered' | 'commission'>>;

/** The bets of one family, and what they share. */
interface FamilyRows extends Pick<BetRow, 'family' | 'phase' | 'removable'> {
  readonly bets: readonly Bet[];
}

/** Profit and the stake it is for, by number; 14 − n has the same ways to fall as n, and pays the same. */
const PLACE = { 4: [9, 5], 5: [7, 5], 6: [7, 6] } as const;
const TRUE_ODDS = { 4: [2, 1], 5: [3, 2], 6: [6, 5] } as const;
const HARD = { 4: 7, 6: 9 } as const;
/** Hundredths of profit by number. */
const YES = { 2: 588, 3: 294, 4: 196, 5: 147, 6: 118 } as const;
const NO = { 2: 16, 3: 33, 4: 49, 5: 65, 6: 82 } as const;
const NEXT = { 2: 3430, 3: 1666, 4: 1078, 5: 784, 6: 608, 7: 490 } as const;
/** How often the number must fall, and the profit. */
const REPEATER = { 2: [2, 40], 3: [3, 50], 4: [4, 65], 5: [5, 80], 6: [6, 90] } as const;

/** Odds are at most this many times their base bet, for each of `POINTS`. */
const TAKE_MULTIPLES = [3, 4, 5, 5, 4, 3];
const LAY_MULTIPLES = [6, 6, 6, 6, 6, 6];

const SMALL = [2, 3, 4, 5, 6];
const TALL = [8, 9, 10, 11, 12];

/** The entries of `low` and their mirrors about 7, ascending. */
function mirrored<T>(low: Readonly<Record<number, T>>): readonly (readonly [number, T])[] {
  const half = Object.entries(low).map(([n, value]) => [Number(n), value] as const);
  const mirror = half.filter(([n]) => n !== 7).map(([n, value]) => [14 - n, value] as const);
  return [...half, ...mirror.reverse()];
}

function pay(win: number, per = 1, on = ''): Pay {
  return { on, win: BigInt(win), per: BigInt(per) };
}

function rolls(test: (dice: Dice) => boolean): RollSet {
  return ROLLS.flatMap((dice, index) => (test(dice) ? [index] : []));
}

function totals(...sums: readonly number[]): RollSet {
  return rolls((dice) => sums.includes(total(dice)));
}

/** Wins on `wins` before `loses`. */
function race(wins: RollSet, loses: RollSet): Rule {
  return { kind: 'race', wins: [wins], loses };
}

/** Decided by the next roll: what does not win loses. */
function oneRoll(...wins: readonly RollSet[]): Rule {
  return { kind: 'race', wins, loses: rolls(() => true) };
}

/** Bets open at any time, and removable at any time since the dice never change their worth. */
function anyTime(family: Family, bets: readonly Bet[]): FamilyRows {
  return { family, phase: 'any', removable: 'always', bets };
}

/** Bets on what a shooter will do, made before that shooter's first roll. */
function onShooter(family: Family, bets: readonly Bet[]): FamilyRows {
  return { family, phase: 'new-shooter', removable: 'before-first-roll', bets };
}

function takeOdds(base: string, title: string): Bet {
  return {
    id: `${base}-odds`,
    title,
    sentence:
      'Behind a bet with a point, at most 3 times it on 4 and 10, 4 on 5 and 9, 5 on 6 and 8: wins if the point falls before a 7.',
    pays: mirrored(TRUE_ODDS).map(([n, [win, per]]) => pay(win, per, `${n}`)),
    rule: { kind: 'odds', side: 'right' },
    base: { kind: base, multiples: TAKE_MULTIPLES },
  };
}

function layOdds(base: string, title: string): Bet {
  return {
    id: `${base}-odds`,
    title,
    sentence: 'Behind a bet with a point, at most 6 times it: wins if a 7 falls before the point.',
    pays: mirrored(TRUE_ODDS).map(([n, [win, per]]) => pay(per, win, `${n}`)),
    rule: { kind: 'odds', side: 'wrong' },
    base: { kind: base, multiples: LAY_MULTIPLES },
  };
}

const LINE: FamilyRows = {
  family: 'line',
  phase: 'come-out',
  removable: 'before-point',
  bets: [
    {
      id: 'pass',
      title: 'Pass line',
      sentence:
        'Wins on a come-out 7 or 11, loses on 2, 3 or 12; otherwise wins if the point falls before a 7.',
      pays: [pay(1)],
      rule: { kind: 'line', side: 'right' },
    },
    {
      id: 'dont-pass',
      title: "Don't pass",
      sentence:
        'Wins on a come-out 2 or 3, loses on 7 or 11, gets the stake back on 12; otherwise wins if a 7 falls before the point.',
      pays: [pay(1)],
      rule: { kind: 'line', side: 'wrong' },
    },
  ],
};

const COME: FamilyRows = {
  family: 'come',
  phase: 'point',
  removable: 'before-point',
  bets: [
    {
      id: 'come',
      title: 'Come',
      sentence:
        'A pass bet made while a point is on: the next roll is its come-out, and it travels to a point of its own.',
      pays: [pay(1)],
      rule: { kind: 'line', side: 'right' },
    },
    {
      id: 'dont-come',
      title: "Don't come",
      sentence:
        "A don't pass bet made while a point is on: the next roll is its come-out, and it travels to a point of its own.",
      pays: [pay(1)],
      rule: { kind: 'line', side: 'wrong' },
    },
  ],
};

const ODDS: FamilyRows = {
  family: 'odds',
  phase: 'base',
  removable: 'always',
  bets: [
    takeOdds('pass', 'Pass odds'),
    layOdds('dont-pass', "Don't pass odds"),
    takeOdds('come', 'Come odds'),
    layOdds('dont-come', "Don't come odds"),
  ],
};

const FIELD_RULE = oneRoll(totals(3, 4, 9, 10, 11), totals(2), totals(12));

const FIELD = anyTime('field', [
  {
    id: 'field',
    title: 'Field',
    sentence: 'Wins if the next roll is 2, 3, 4, 9, 10, 11 or 12.',
    pays: [pay(1), pay(2, 1, '2'), pay(2, 1, '12')],
    rule: FIELD_RULE,
    offered: { field12x3: false },
  },
  {
    id: 'field-12x3',
    title: 'Field, 12 triple',
    sentence:
      'Wins if the next roll is 2, 3, 4, 9, 10, 11 or 12, at tables with the option field12x3.',
    pays: [pay(1), pay(2, 1, '2'), pay(3, 1, '12')],
    rule: FIELD_RULE,
    offered: { field12x3: true },
  },
]);

const PLACE_BETS = anyTime(
  'place',
  mirrored(PLACE).map(([n, [win, per]]) => ({
    id: `place-${n}`,
    title: `Place ${n}`,
    sentence: `Wins if ${n} falls before a 7.`,
    pays: [pay(win, per)],
    rule: race(totals(n), totals(7)),
  })),
);

const BUY = anyTime(
  'buy',
  mirrored(TRUE_ODDS).map(([n, [win, per]]) => ({
    id: `buy-${n}`,
    title: `Buy ${n}`,
    sentence: `Wins at true odds, less a commission, if ${n} falls before a 7.`,
    pays: [pay(win, per)],
    commission: { percent: 5n, of: 'stake' },
    rule: race(totals(n), totals(7)),
  })),
);

const LAY = anyTime(
  'lay',
  mirrored(TRUE_ODDS).map(([n, [win, per]]) => ({
    id: `lay-${n}`,
    title: `Lay ${n}`,
    sentence: `Wins at true odds, less a commission, if a 7 falls before ${n}.`,
    pays: [pay(per, win)],
    commission: { percent: 5n, of: 'win' },
    rule: race(totals(7), totals(n)),
  })),
);

const BIG = anyTime(
  'big',
  [6, 8].map((n) => ({
    id: `big-${n}`,
    title: `Big ${n}`,
    sentence: `Wins even money if ${n} falls before a 7.`,
    pays: [pay(1)],
    rule: race(totals(n), totals(7)),
  })),
);

const HARDWAYS = anyTime(
  'hardway',
  mirrored(HARD).map(([n, win]) => ({
    id: `hard-${n}`,
    title: `Hard ${n}`,
    sentence: `Wins if ${n} falls as a pair before it falls any other way and before a 7.`,
    pays: [pay(win)],
    rule: race(
      rolls((dice) => total(dice) === n && isHard(dice)),
      rolls((dice) => total(dice) === 7 || (total(dice) === n && !isHard(dice))),
    ),
  })),
);

function onNext(id: string, title: string, sums: readonly number[], win: number): Bet {
  return {
    id,
    title,
    sentence: `Wins if the next roll is ${sums.join(' or ')}.`,
    pays: [pay(win)],
    rule: oneRoll(totals(...sums)),
  };
}

const ONE_ROLL = anyTime('one-roll', [
  onNext('any-seven', 'Any seven', [7], 4),
  onNext('any-craps', 'Any craps', [2, 3, 12], 7),
  onNext('two', 'Two', [2], 30),
  onNext('three', 'Three', [3], 15),
  onNext('eleven', 'Eleven', [11], 15),
  onNext('twelve', 'Twelve', [12], 30),
  {
    // A quarter each: one quarter wins 30 or 15, the other three lose.
    id: 'horn',
    title: 'Horn',
    sentence: 'A quarter of the stake on each of 2, 3, 11 and 12 for the next roll.',
    pays: [pay(30 - 3, 4, '2 and 12'), pay(15 - 3, 4, '3 and 11')],
    rule: oneRoll(totals(2, 12), totals(3, 11)),
  },
  {
    // A half each: one half wins 7 or 15, the other loses.
    id: 'c-and-e',
    title: 'C & E',
    sentence: 'Half of the stake on any craps (2, 3, 12) and half on 11 for the next roll.',
    pays: [pay(7 - 1, 2, '2, 3 and 12'), pay(15 - 1, 2, '11')],
    rule: oneRoll(totals(2, 3, 12), totals(11)),
  },
]);

const HOP = anyTime(
  'hop',
  ROLLS.filter(([a, b]) => a <= b).map(([a, b]) => ({
    id: `hop-${a}-${b}`,
    title: `Hop ${a}-${b}`,
    sentence: `Wins if the next roll is exactly ${a} and ${b}.`,
    pays: [pay(a === b ? 30 : 15)],
    rule: oneRoll(rolls((dice) => Math.min(...dice) === a && Math.max(...dice) === b)),
  })),
);

const YES_BETS = anyTime(
  'yes',
  mirrored(YES).map(([n, hundredths]) => ({
    id: `yes-${n}`,
    title: `Yes ${n}`,
    sentence: `Wins if ${n} falls before a 7.`,
    pays: [pay(hundredths, 100)],
    rule: race(totals(n), totals(7)),
  })),
);

const NO_BETS = anyTime(
  'no',
  mirrored(NO).map(([n, hundredths]) => ({
    id: `no-${n}`,
    title: `No ${n}`,
    sentence: `Wins if a 7 falls before ${n}.`,
    pays: [pay(hundredths, 100)],
    rule: race(totals(7), totals(n)),
  })),
);

const NEXT_BETS = anyTime(
  'next',
  mirrored(NEXT).map(([n, hundredths]) => ({
    id: `next-${n}`,
    title: `Next ${n}`,
    sentence: `Wins if the next roll is ${n}.`,
    pays: [pay(hundredths, 100)],
    rule: oneRoll(totals(n)),
  })),
);

const FIRE = onShooter('fire', [
  {
    id: 'fire',
    title: 'Fire',
    sentence: 'Wins if one shooter makes at least 4 different points before the seven-out.',
    pays: [pay(24, 1, '4 points'), pay(249, 1, '5 points'), pay(999, 1, '6 points')],
    rule: { kind: 'points', fewest: 4 },
  },
]);

const BONUS = onShooter('bonus', [
  {
    id: 'small',
    title: 'Small',
    sentence: 'Wins if a new shooter rolls each of 2 to 6 before any 7.',
    pays: [pay(30)],
    rule: { kind: 'collect', totals: SMALL },
  },
  {
    id: 'tall',
    title: 'Tall',
    sentence: 'Wins if a new shooter rolls each of 8 to 12 before any 7.',
    pays: [pay(30)],
    rule: { kind: 'collect', totals: TALL },
  },
  {
    id: 'all',
    title: 'All',
    sentence: 'Wins if a new shooter rolls each of 2 to 6 and 8 to 12 before any 7.',
    pays: [pay(150)],
    rule: { kind: 'collect', totals: [...SMALL, ...TALL] },
  },
]);

const REPEATER_BETS = onShooter(
  'repeater',
  mirrored(REPEATER).map(([n, [times, win]]) => ({
    id: `repeater-${n}`,
    title: `Repeater ${n}`,
    sentence: `Wins if a new shooter rolls ${n} ${times} times before any 7.`,
    pays: [pay(win)],
    rule: { kind: 'repeat', total: n, times },
  })),
);

const FAMILIES: readonly FamilyRows[] = [
  LINE,
  COME,
  ODDS,
  FIELD,
  PLACE_BETS,
  BUY,
  LAY,
  BIG,
  HARDWAYS,
  ONE_ROLL,
  HOP,
  YES_BETS,
  NO_BETS,
  NEXT_BETS,
  FIRE,
  BONUS,
  REPEATER_BETS,
];

/** Every bet, in the order in which people list them. */
export const BETS: BetTable = new Map(
  FAMILIES.flatMap(({ bets, ...family }) =>
    bets.map((bet) => [
      bet.id,
      defineBet({ commission: null, base: null, offered: {}, ...family, ...bet }),
    ]),
  ),
);

/** Whether a table with these options takes this bet at all. */
export function isOffered(bet: BetDefinition, options: TableOptions): boolean {
  return bet.offered.field12x3 === undefined || bet.offered.field12x3 === options.field12x3;
}
