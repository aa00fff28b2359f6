// A bet's life: made, taken down, or decided by a roll. Every accepted bet is resolved exactly once.

import { assert, unreachable } from '../core/assert.ts';
import { fail, ok } from '../core/errors.ts';
import type { Result } from '../core/errors.ts';
import type { BetTable } from './bets.ts';
import { BETS, isOffered } from './bets.ts';
import type { BaseRequirement, BetDefinition, Phase } from './definition.ts';
import { profit } from './definition.ts';
import type { Dice } from './dice.ts';
import { ROLL_COUNT, rollIndex, total } from './dice.ts';
import { LOSES, PUSHES, STAYS, trackerOutcome, TRAVELS, WINS } from './outcomes.ts';
import { advance, POINTS } from './table.ts';
import type { TableEvent, TableState } from './table.ts';

/** A bet that the dice have not decided yet. */
export interface LiveBet {
  /** The caller's, unique at its table. */
  readonly id: number;
  /** Its row in `BETS`. */
  readonly kind: string;
  /** Units, > 0. */
  readonly stake: bigint;
  /** The bet's own point: 0 for none. Line bets take it from their first roll, odds from their base. */
  readonly point: number;
  /** The bet that odds stand behind. */
  readonly base?: number;
}

export interface BetRequest {
  readonly id: number;
  readonly kind: string;
  readonly stake: bigint;
  /** For odds: the base bet. May be left out where only one qualifies. */
  readonly base?: number;
}

/** How a bet ended. */
export interface Resolution {
  readonly id: number;
  readonly kind: string;
  readonly stake: bigint;
  readonly outcome: 'win' | 'lose' | 'push';
  /** Units returned to the account, the stake included; 0 for a loss. */
  readonly payout: bigint;
}

export interface Settlement {
  readonly state: TableState;
  readonly events: readonly TableEvent[];
  /** By ascending bet id. */
  readonly resolved: readonly Resolution[];
  /** In the order given. */
  readonly remaining: readonly LiveBet[];
}

export type PlaceError =
  | 'CRAPS_BET_UNKNOWN'
  | 'CRAPS_BET_NOT_OFFERED'
  | 'CRAPS_STAKE_NOT_POSITIVE'
  | 'CRAPS_STAKE_STEP'
  | 'CRAPS_WRONG_PHASE'
  | 'CRAPS_BASE_MISSING'
  | 'CRAPS_BASE_AMBIGUOUS'
  | 'CRAPS_ODDS_OVER_MAXIMUM';

const PHASE_TEXT: Readonly<Record<Phase, string>> = {
  any: 'at any time',
  'come-out': 'on a come-out roll',
  point: 'while a point is on',
  'new-shooter': "before a shooter's first roll",
  base: 'behind a bet whose point is set',
};

/** Whether the table's phase allows the bet; what odds need of their base bet is checked by `placeBet`. */
export function isOpen(state: TableState, bet: BetDefinition): boolean {
  switch (bet.phase) {
    case 'come-out':
      return state.point === 0;
    case 'point':
      return state.point !== 0;
    case 'new-shooter':
      return state.shooterRolls === 0;
    case 'any':
    case 'base':
      return true;
    default:
      return unreachable(bet.phase);
  }
}

/** Accepts or refuses a bet; `live` are the bets of the same account at this table. The stake itself is the caller's care. */
export function placeBet(
  state: TableState,
  live: readonly LiveBet[],
  request: BetRequest,
  table: BetTable = BETS,
): Result<LiveBet, PlaceError> {
  const { id, kind, stake } = request;
  const bet = table.get(kind);
  if (bet === undefined) return fail('CRAPS_BET_UNKNOWN', { bet: kind });
  if (!isOffered(bet, state.options)) return fail('CRAPS_BET_NOT_OFFERED', { bet: kind });
  if (stake <= 0n) return fail('CRAPS_STAKE_NOT_POSITIVE', { bet: kind, stake });
  if (stake % bet.stakeStep !== 0n) {
    return fail('CRAPS_STAKE_STEP', { bet: kind, stake, step: bet.stakeStep });
  }
  if (!isOpen(state, bet))
    return fail('CRAPS_WRONG_PHASE', { bet: kind, when: PHASE_TEXT[bet.phase] });
  if (bet.base !== null) return placeOdds(bet.base, live, request);
  return ok({ id, kind, stake, point: 0 });
}

function placeOdds(
  requirement: BaseRequirement,
  live: readonly LiveBet[],
  { id, kind, stake, base: wanted }: BetRequest,
): Result<LiveBet, PlaceError> {
  const candidates = live.filter(
    (bet) =>
      bet.kind === requirement.kind &&
      bet.point !== 0 &&
      (wanted === undefined || bet.id === wanted),
  );
  const [base, another] = candidates;
  if (base === undefined) return fail('CRAPS_BASE_MISSING', { bet: kind, base: requirement.kind });
  if (another !== undefined) {
    return fail('CRAPS_BASE_AMBIGUOUS', {
      bet: kind,
      base: requirement.kind,
      count: candidates.length,
    });
  }
  const multiple = requirement.multiples[POINTS.indexOf(base.point)] ?? 0;
  const max = base.stake * BigInt(multiple);
  let odds = stake;
  for (const bet of live) if (bet.base === base.id) odds += bet.stake;
  if (odds > max) {
    return fail('CRAPS_ODDS_OVER_MAXIMUM', { bet: kind, point: base.point, stake: odds, max });
  }
  return ok({ id, kind, stake, point: base.point, base: base.id });
}

/** Takes a bet down for its stake, if its row allows that now: the resolution is a push. */
export function takeDown(
  state: TableState,
  bet: LiveBet,
  table: BetTable = BETS,
): Result<Resolution, 'CRAPS_BET_UNKNOWN' | 'CRAPS_NOT_REMOVABLE'> {
  const definition = table.get(bet.kind);
  if (definition === undefined) return fail('CRAPS_BET_UNKNOWN', { bet: bet.kind });
  const allowed =
    definition.removable === 'always' ||
    (definition.removable === 'before-point' && bet.point === 0) ||
    (definition.removable === 'before-first-roll' && state.shooterRolls === 0);
  if (!allowed) return fail('CRAPS_NOT_REMOVABLE', { bet: bet.kind });
  return ok({ id: bet.id, kind: bet.kind, stake: bet.stake, outcome: 'push', payout: bet.stake });
}

/**
 * Applies one roll to the table and to any accounts' bets. Bets that the roll leaves alone are kept as the same objects,
 * and odds, having their base's point and rule, are decided by the roll that decides their base.
 */
export function settle(
  state: TableState,
  bets: readonly LiveBet[],
  dice: Dice,
  table: BetTable = BETS,
): Settlement {
  const { state: after, events } = advance(state, dice);
  const roll = rollIndex(dice);
  const resolved: Resolution[] = [];
  const remaining: LiveBet[] = [];
  let lastId = -Infinity;
  let sorted = true;
  for (const bet of bets) {
    const definition = table.get(bet.kind);
    assert(definition !== undefined, 'an accepted bet has a row in the table');
    const outcome =
      definition.outcomes === null
        ? trackerOutcome(definition.rule, state, after, dice)
        : (definition.outcomes[bet.point * ROLL_COUNT + roll] ?? STAYS);
    if (outcome === STAYS) {
      remaining.push(bet);
    } else if (outcome === TRAVELS) {
      remaining.push({ ...bet, point: total(dice) });
    } else {
      resolved.push(resolution(bet, definition, outcome));
      sorted &&= bet.id > lastId;
      lastId = bet.id;
    }
  }
  if (!sorted) resolved.sort((a, b) => a.id - b.id);
  return { state: after, events, resolved, remaining };
}

function resolution(bet: LiveBet, definition: BetDefinition, outcome: number): Resolution {
  const { id, kind, stake } = bet;
  if (outcome === LOSES) return { id, kind, stake, outcome: 'lose', payout: 0n };
  if (outcome === PUSHES) return { id, kind, stake, outcome: 'push', payout: stake };
  const pay = definition.pays[outcome - WINS];
  assert(pay !== undefined, 'a rule names only pay-outs that its row has');
  return {
    id,
    kind,
    stake,
    outcome: 'win',
    payout: stake + profit(pay, definition.commission, stake),
  };
}
