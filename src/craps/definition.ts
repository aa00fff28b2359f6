// What one bet is: when it may be made, what decides it, what it pays. The rows themselves stand in `bets.ts`.
//
// Rounding, everywhere toward the house: a win is floored to whole units, a commission is rounded up. A stake is a
// multiple of `STAKE_STEP`, so that only pay-outs with a 3 in their denominator (7:6, 2:3, 5:6) round at all, and
// then by less than 2 units in at least 10 000. Stakes that are multiples of `exactStake` never round.

import { gcd, lcm } from './fraction.ts';
import { compileOutcomes } from './outcomes.ts';
import type { Rule } from './rule.ts';
import type { TableOptions } from './table.ts';

/** The smallest chip in units: 0.01 CRAP. Every stake is a multiple. */
export const STAKE_STEP = 10_000n;

/** `win` units of profit for each `per` units staked ("to one"), on `on` where a bet pays in several ways. */
export interface Pay {
  readonly on: string;
  readonly win: bigint;
  readonly per: bigint;
}

/** Taken out of a winning bet's profit: `percent` of the stake or of the win. */
export interface Commission {
  readonly percent: bigint;
  readonly of: 'stake' | 'win';
}

/** When a bet may be made. `base`: behind a base bet whose point is set. `new-shooter`: before a shooter's first roll. */
export type Phase = 'any' | 'come-out' | 'point' | 'new-shooter' | 'base';

/**
 * When a bet may be taken down for its stake. Where the dice can make a bet worth less than at its start, it may not be;
 * line bets are a contract once their point is set, on both sides, since odds stand behind them.
 */
export type Removable = 'always' | 'before-point' | 'before-first-roll';

/** What odds stand behind. */
export interface BaseRequirement {
  /** The id of the base bet. */
  readonly kind: string;
  /** At most this many times the base bet's stake, for each of `POINTS`: 3-4-5 odds. */
  readonly multiples: readonly number[];
}

export type Family =
  | 'line'
  | 'come'
  | 'odds'
  | 'field'
  | 'place'
  | 'buy'
  | 'lay'
  | 'big'
  | 'hardway'
  | 'one-roll'
  | 'hop'
  | 'yes'
  | 'no'
  | 'next'
  | 'fire'
  | 'bonus'
  | 'repeater';

/** A row of the table: plain data. */
export interface BetRow {
  readonly id: string;
  readonly family: Family;
  readonly title: string;
  /** One sentence for people; what it pays is not in it, see `payText`. */
  readonly sentence: string;
  readonly phase: Phase;
  readonly removable: Removable;
  readonly rule: Rule;
  readonly pays: readonly Pay[];
  readonly commission: Commission | null;
  readonly base: BaseRequirement | null;
  /** Offered only where the table's options say the same. */
  readonly offered: Partial<TableOptions>;
}

export interface BetDefinition extends BetRow {
  /** Units; a stake is a positive multiple. */
  readonly stakeStep: bigint;
  /** The largest profit in units that a stake can ever bring: what a bankroll must hold beside the stake. */
  maxWin(stake: bigint): bigint;
  /** What each roll does, see `outcomes.ts`; `null` for a bet on the shooter's trackers. */
  readonly outcomes: Uint8Array | null;
}

/** Completes a row. */
export function defineBet(row: BetRow): BetDefinition {
  return {
    ...row,
    stakeStep: STAKE_STEP,
    outcomes: compileOutcomes(row.rule),
    maxWin(stake: bigint): bigint {
      let most = 0n;
      for (const pay of row.pays) {
        const win = profit(pay, row.commission, stake);
        if (win > most) most = win;
      }
      return most;
    },
  };
}

/** The profit in units of a winning stake, after commission. */
export function profit(pay: Pay, commission: Commission | null, stake: bigint): bigint {
  const win = (stake * pay.win) / pay.per;
  if (commission === null) return win;
  const charged = commission.of === 'stake' ? stake : win;
  return win - (charged * commission.percent + 99n) / 100n;
}

/** The smallest legal stake at which no pay-out of this bet rounds; nor does it at any multiple. */
export function exactStake(row: BetRow): bigint {
  const percent = row.commission === null ? 1n : 100n / gcd(100n, row.commission.percent);
  return row.pays.reduce((stake, pay) => lcm(stake, pay.per * percent), STAKE_STEP);
}

/** `9:5`, `5.88:1`, `2:1 less 5% of the stake`, `1:1; 2:1 on 2, 12`. */
export function payText(row: BetRow): string {
  const parts = new Map<string, string[]>();
  for (const pay of row.pays) {
    const on = parts.get(payRatio(pay)) ?? [];
    if (pay.on !== '') on.push(pay.on);
    parts.set(payRatio(pay), on);
  }
  const pays = [...parts].map(([ratio, on]) =>
    on.length === 0 ? ratio : `${ratio} on ${on.join(', ')}`,
  );
  const less =
    row.commission === null ? '' : ` less ${row.commission.percent}% of the ${row.commission.of}`;
  return `${pays.join('; ')}${less}`;
}

function payRatio(pay: Pay): string {
  return pay.per === 100n ? `${Number(pay.win) / 100}:1` : `${pay.win}:${pay.per}`;
}
