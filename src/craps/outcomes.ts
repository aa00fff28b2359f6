// A rule compiled to what each of the 36 rolls does to a bet at each point, so that settling a bet is one look-up.
// Bets on the shooter's trackers depend on the table instead and are decided by `trackerOutcome`.

import { unreachable } from '../core/assert.ts';
import type { Dice } from './dice.ts';
import { ROLL_COUNT, ROLLS, total } from './dice.ts';
import type { Rule } from './rule.ts';
import { ALL_POINTS, POINTS } from './table.ts';
import type { TableState } from './table.ts';

export const STAYS = 0;
export const LOSES = 1;
export const PUSHES = 2;
/** The bet goes to the total just rolled, which becomes its point. */
export const TRAVELS = 3;
/** `WINS + i`: the bet wins its `pays[i]`. */
export const WINS = 4;

const BET_POINTS = 11;

/** Codes at `point * ROLL_COUNT + rollIndex`, the point being the bet's own (0 to 10); `null` for tracker bets. */
export function compileOutcomes(rule: Rule): Uint8Array | null {
  if (rule.kind === 'collect' || rule.kind === 'repeat' || rule.kind === 'points') return null;
  const codes = new Uint8Array(BET_POINTS * ROLL_COUNT);
  for (const point of [0, ...POINTS]) {
    ROLLS.forEach((dice, roll) => {
      codes[point * ROLL_COUNT + roll] = outcomeOf(rule, point, roll, total(dice));
    });
  }
  return codes;
}

function outcomeOf(
  rule: Rule & { readonly kind: 'race' | 'line' | 'odds' },
  point: number,
  roll: number,
  sum: number,
): number {
  switch (rule.kind) {
    case 'race': {
      const win = rule.wins.findIndex((rolls) => rolls.includes(roll));
      if (win >= 0) return WINS + win;
      return rule.loses.includes(roll) ? LOSES : STAYS;
    }
    case 'line':
      return point === 0
        ? comeOutOutcome(rule.side, sum)
        : pointOutcome(rule.side, point, sum, WINS);
    case 'odds':
      return point === 0
        ? STAYS
        : pointOutcome(rule.side, point, sum, WINS + POINTS.indexOf(point));
    default:
      return unreachable(rule);
  }
}

function comeOutOutcome(side: 'right' | 'wrong', sum: number): number {
  switch (sum) {
    case 7:
    case 11:
      return side === 'right' ? WINS : LOSES;
    case 2:
    case 3:
      return side === 'right' ? LOSES : WINS;
    case 12:
      return side === 'right' ? LOSES : PUSHES;
    default:
      return TRAVELS;
  }
}

function pointOutcome(side: 'right' | 'wrong', point: number, sum: number, wins: number): number {
  if (sum === point) return side === 'right' ? wins : LOSES;
  if (sum === 7) return side === 'right' ? LOSES : wins;
  return STAYS;
}

/** What a roll does to a bet on the shooter's trackers, given the table before and after it. */
export function trackerOutcome(
  rule: Rule,
  before: TableState,
  after: TableState,
  dice: Dice,
): number {
  switch (rule.kind) {
    case 'collect':
      if (total(dice) === 7) return LOSES;
      return rule.totals.every((sum) => (after.hits[sum] ?? 0) > 0) ? WINS : STAYS;
    case 'repeat':
      if (total(dice) === 7) return LOSES;
      return (after.hits[rule.total] ?? 0) >= rule.times ? WINS : STAYS;
    case 'points': {
      if (after.pointsMade === ALL_POINTS) return WINS + POINTS.length - rule.fewest;
      const sevenOut = before.point !== 0 && total(dice) === 7;
      if (!sevenOut) return STAYS;
      const made = POINTS.filter((point) => (before.pointsMade & (1 << point)) !== 0).length;
      return made < rule.fewest ? LOSES : WINS + made - rule.fewest;
    }
    case 'race':
    case 'line':
    case 'odds':
      return STAYS;
    default:
      return unreachable(rule);
  }
}
