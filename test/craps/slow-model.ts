// Craps told a second time, in another way: a bet's fate is read off the whole sequence of rolls from the outside, with
// no table, no phases carried along and the pay-outs written again from the literature. Tests compare the engine with it.

import type { Dice } from '../../src/craps/dice.ts';

/** At which roll a bet ends, and how much of the stake comes back, as numerator and denominator. */
export interface Fate {
  readonly at: number;
  readonly returned: readonly [bigint, bigint];
}

const LOST = [0n, 1n] as const;
const BACK = [1n, 1n] as const;

function paid(win: number, per = 1): readonly [bigint, bigint] {
  return [BigInt(win + per), BigInt(per)];
}

const TRUE_ODDS: Record<number, [number, number]> = {
  4: [2, 1],
  5: [3, 2],
  6: [6, 5],
  8: [6, 5],
  9: [3, 2],
  10: [2, 1],
};
const PLACE: Record<number, [number, number]> = {
  4: [9, 5],
  5: [7, 5],
  6: [7, 6],
  8: [7, 6],
  9: [7, 5],
  10: [9, 5],
};
const YES: Record<number, number> = {
  2: 588,
  3: 294,
  4: 196,
  5: 147,
  6: 118,
  8: 118,
  9: 147,
  10: 196,
  11: 294,
  12: 588,
};
const NO: Record<number, number> = {
  2: 16,
  3: 33,
  4: 49,
  5: 65,
  6: 82,
  8: 82,
  9: 65,
  10: 49,
  11: 33,
  12: 16,
};
const NEXT: Record<number, number> = {
  2: 3430,
  3: 1666,
  4: 1078,
  5: 784,
  6: 608,
  7: 490,
  8: 608,
  9: 784,
  10: 1078,
  11: 1666,
  12: 3430,
};
const REPEATER: Record<number, [number, number]> = {
  2: [2, 40],
  3: [3, 50],
  4: [4, 65],
  5: [5, 80],
  6: [6, 90],
  8: [6, 90],
  9: [5, 80],
  10: [4, 65],
  11: [3, 50],
  12: [2, 40],
};
const ONE_ROLL: Record<string, Record<number, [number, number]>> = {
  field: { 2: [2, 1], 3: [1, 1], 4: [1, 1], 9: [1, 1], 10: [1, 1], 11: [1, 1], 12: [2, 1] },
  'field-12x3': { 2: [2, 1], 3: [1, 1], 4: [1, 1], 9: [1, 1], 10: [1, 1], 11: [1, 1], 12: [3, 1] },
  'any-seven': { 7: [4, 1] },
  'any-craps': { 2: [7, 1], 3: [7, 1], 12: [7, 1] },
  two: { 2: [30, 1] },
  three: { 3: [15, 1] },
  eleven: { 11: [15, 1] },
  twelve: { 12: [30, 1] },
  // Four units on the horn bring 31 or 16 back, two on C & E bring 8 or 16.
  horn: { 2: [27, 4], 3: [12, 4], 11: [12, 4], 12: [27, 4] },
  'c-and-e': { 2: [6, 2], 3: [6, 2], 11: [14, 2], 12: [6, 2] },
};

/** The fate of a bet of this kind made just before roll `from` (odds: with their base bet), or `null` if it is open at the end. */
export function fate(kind: string, rolls: readonly Dice[], from: number): Fate | null {
  const sums = rolls.map(([a, b]) => a + b);
  const first = (start: number, wanted: (sum: number, at: number) => boolean): number =>
    sums.findIndex((sum, at) => at >= start && wanted(sum, at));
  const ends = (at: number, returned: readonly [bigint, bigint]): Fate | null =>
    at < 0 || at >= rolls.length ? null : { at, returned };
  /** `winner` before `loser`. */
  const duel = (
    winner: number,
    loser: number,
    returned: readonly [bigint, bigint],
  ): Fate | null => {
    const at = first(from, (sum) => sum === winner || sum === loser);
    return ends(at, sums[at] === winner ? returned : LOST);
  };

  const oneRoll = ONE_ROLL[kind];
  if (oneRoll !== undefined) {
    const pays = oneRoll[sums[from] ?? 0];
    return ends(from, pays === undefined ? LOST : paid(...pays));
  }
  const [family = '', first1 = '', second = ''] = kind.split('-');
  const n = Number(first1);
  switch (family) {
    case 'place':
      return duel(n, 7, paid(...(PLACE[n] ?? [0, 0])));
    case 'big':
      return duel(n, 7, paid(1));
    case 'yes':
      return duel(n, 7, paid(YES[n] ?? 0, 100));
    case 'no':
      return duel(7, n, paid(NO[n] ?? 0, 100));
    case 'buy': {
      const [win, per] = TRUE_ODDS[n] ?? [0, 0];
      return duel(n, 7, paid(20 * win - per, 20 * per));
    }
    case 'lay': {
      const [win, per] = TRUE_ODDS[n] ?? [0, 0];
      return duel(7, n, paid(19 * per, 20 * win));
    }
    case 'next':
      return ends(from, sums[from] === n ? paid(NEXT[n] ?? 0, 100) : LOST);
    case 'hop': {
      const hit =
        [...(rolls[from] ?? [])].sort((a, b) => a - b).join('-') === `${first1}-${second}`;
      return ends(from, hit ? paid(first1 === second ? 30 : 15) : LOST);
    }
    case 'hard': {
      const at = first(from, (sum) => sum === n || sum === 7);
      const pair = at >= 0 && sums[at] === n && rolls[at]?.[0] === rolls[at]?.[1];
      return ends(at, pair ? paid(n === 4 || n === 10 ? 7 : 9) : LOST);
    }
    case 'repeater': {
      const [times, win] = REPEATER[n] ?? [0, 0];
      const seven = first(from, (sum) => sum === 7);
      const hits = sums.flatMap((sum, at) => (at >= from && sum === n ? [at] : []));
      return beforeSeven(hits[times - 1] ?? -1, seven, paid(win));
    }
    case 'small':
    case 'tall':
    case 'all': {
      const wanted = {
        small: [2, 3, 4, 5, 6],
        tall: [8, 9, 10, 11, 12],
        all: [2, 3, 4, 5, 6, 8, 9, 10, 11, 12],
      }[family];
      const firsts = wanted.map((sum) => first(from, (other) => other === sum));
      const complete = firsts.includes(-1) ? -1 : Math.max(...firsts);
      const seven = first(from, (sum) => sum === 7);
      return beforeSeven(complete, seven, paid(family === 'all' ? 150 : 30));
    }
    case 'fire':
      return fireFate(sums, from);
    default:
      return lineFate(kind, sums, from);
  }
}

function beforeSeven(
  done: number,
  seven: number,
  returned: readonly [bigint, bigint],
): Fate | null {
  if (done >= 0 && (seven < 0 || done < seven)) return { at: done, returned };
  return seven < 0 ? null : { at: seven, returned: LOST };
}

function lineFate(kind: string, sums: readonly number[], from: number): Fate | null {
  const wrong = kind.startsWith('dont-');
  const odds = kind.endsWith('-odds');
  const sum = sums[from];
  if (sum === undefined) return null;
  if (sum === 7 || sum === 11) return { at: from, returned: wrong ? LOST : paid(1) };
  if (sum === 12) return { at: from, returned: wrong ? BACK : LOST };
  if (sum === 2 || sum === 3) return { at: from, returned: wrong ? paid(1) : LOST };
  const later = sums.slice(from + 1);
  const wait = later.findIndex((other) => other === sum || other === 7);
  if (wait < 0) return null;
  const made = later[wait] === sum;
  const [win, per] = TRUE_ODDS[sum] ?? [0, 0];
  const winning = odds ? (wrong ? paid(per, win) : paid(win, per)) : paid(1);
  return { at: from + 1 + wait, returned: made === wrong ? LOST : winning };
}

/** Plays the shooter's rounds one after another. */
function fireFate(sums: readonly number[], from: number): Fate | null {
  const made = new Set<number>();
  let at = from;
  while (at < sums.length) {
    const point = sums[at] ?? 0;
    if ([2, 3, 7, 11, 12].includes(point)) {
      at += 1;
      continue;
    }
    const wait = sums.slice(at + 1).findIndex((sum) => sum === point || sum === 7);
    if (wait < 0) return null;
    at += 1 + wait;
    if (sums[at] === 7) {
      const win = { 4: 24, 5: 249 }[made.size];
      return { at, returned: win === undefined ? LOST : paid(win) };
    }
    made.add(point);
    if (made.size === 6) return { at, returned: paid(999) };
    at += 1;
  }
  return null;
}
