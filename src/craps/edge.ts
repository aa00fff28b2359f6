// The exact odds of a bet, derived from the rules alone: `placeBet` makes it, `settle` runs it through all 36 rolls of
// every state it can reach, and the Markov chain thus found is solved in fractions. Nothing is sampled or typed in.

import { assert, unreachable } from '../core/assert.ts';
import { unwrap } from '../core/errors.ts';
import type { BetTable } from './bets.ts';
import { BETS } from './bets.ts';
import type { BetDefinition } from './definition.ts';
import { exactStake } from './definition.ts';
import { ROLL_COUNT, ROLLS } from './dice.ts';
import { add, divide, fraction, lcm, multiply, ONE, subtract, ZERO } from './fraction.ts';
import type { Fraction } from './fraction.ts';
import { solveChain } from './markov.ts';
import type { ChainState } from './markov.ts';
import type { Rule } from './rule.ts';
import { isOpen, placeBet, settle } from './settle.ts';
import type { LiveBet } from './settle.ts';
import { advance, DEFAULT_OPTIONS, newTable, NO_HITS } from './table.ts';
import type { TableState } from './table.ts';

/** Of a bet made and left alone; a push counts as a bet made. All per unit staked. */
export interface ExactOdds {
  /** The expected loss. */
  readonly edge: Fraction;
  readonly winProbability: Fraction;
  readonly pushProbability: Fraction;
  /** Of the amount returned. */
  readonly variance: Fraction;
}

/** A live bet and as much of the table as it depends on. */
export interface Position {
  readonly state: TableState;
  readonly bet: LiveBet;
}

/** The positions a bet can reach, and the chain that rolls induce on them. Rewards: returned, its square, win, push. */
export interface BetChain {
  readonly positions: readonly Position[];
  readonly chain: readonly ChainState[];
  /** Indexes of the equally likely positions in which the bet is made. */
  readonly starts: readonly number[];
}

/** Far above the some 1 000 that the `all` bet reaches. */
const POSITIONS_MAX = 10_000;

/**
 * The odds of the bet `kind`, which must be in `table`. For odds bets: averaged over the points of their base bet as the
 * dice set them, without the base bet itself.
 */
export function exactOdds(kind: string, table: BetTable = BETS): ExactOdds {
  const { chain, starts } = betChain(kind, table);
  const solved = solveChain(chain, BigInt(ROLL_COUNT));
  const [returned = ZERO, squared = ZERO, win = ZERO, push = ZERO] = [0, 1, 2, 3].map((reward) => {
    const sum = starts.reduce(
      (partial, start) => add(partial, solved[start]?.[reward] ?? ZERO),
      ZERO,
    );
    return divide(sum, fraction(BigInt(starts.length)));
  });
  return {
    edge: subtract(ONE, returned),
    winProbability: win,
    pushProbability: push,
    variance: subtract(squared, multiply(returned, returned)),
  };
}

/** Explores what can become of the bet `kind`. */
export function betChain(kind: string, table: BetTable = BETS): BetChain {
  const definition = table.get(kind);
  assert(definition !== undefined, `the table has the bet ${kind}`);
  const positions: Position[] = [];
  const indexes = new Map<string, number>();
  const indexOf = (position: Position): number => {
    const visible = { state: visibleState(definition.rule, position.state), bet: position.bet };
    const key = positionKey(visible);
    const known = indexes.get(key);
    if (known !== undefined) return known;
    assert(positions.length < POSITIONS_MAX, 'a bet reaches few positions');
    indexes.set(key, positions.length);
    return positions.push(visible) - 1;
  };
  const starts = startPositions(definition, table).map(indexOf);
  const chain: ChainState[] = [];
  // The list grows while it is walked, until no roll leads anywhere new.
  for (const position of positions) chain.push(explore(position, indexOf, table));
  return { positions, chain, starts };
}

function explore(
  { state, bet }: Position,
  indexOf: (position: Position) => number,
  table: BetTable,
): ChainState {
  const next = new Map<number, bigint>();
  let gains: readonly Fraction[] = [ZERO, ZERO, ZERO, ZERO];
  for (const dice of ROLLS) {
    const settlement = settle(state, [bet], dice, table);
    const [remaining] = settlement.remaining;
    const [resolved] = settlement.resolved;
    if (remaining !== undefined) {
      const index = indexOf({ state: settlement.state, bet: remaining });
      next.set(index, (next.get(index) ?? 0n) + 1n);
    } else {
      assert(resolved !== undefined, 'a bet is either resolved or remains');
      const returned = fraction(resolved.payout, resolved.stake);
      const win = resolved.outcome === 'win' ? ONE : ZERO;
      const push = resolved.outcome === 'push' ? ONE : ZERO;
      const ending = [returned, multiply(returned, returned), win, push];
      gains = gains.map((gain, reward) => add(gain, ending[reward] ?? ZERO));
    }
  }
  return { next, gains };
}

/** The positions just after the bet is made, each as likely as the others. */
function startPositions(definition: BetDefinition, table: BetTable): readonly Position[] {
  const { id: kind, base } = definition;
  const options = { ...DEFAULT_OPTIONS, ...definition.offered };
  if (base === null) {
    const comeOut = newTable(options);
    const state = isOpen(comeOut, definition) ? comeOut : advance(comeOut, [2, 2]).state;
    const stake = exactStake(definition);
    return [{ state, bet: unwrap(placeBet(state, [], { id: 0, kind, stake }, table)) }];
  }
  const baseDefinition = table.get(base.kind);
  assert(baseDefinition !== undefined, 'the bet that odds stand behind is in the table');
  const stake = lcm(exactStake(definition), baseDefinition.stakeStep);
  return startPositions(baseDefinition, table).flatMap(({ state, bet }) =>
    ROLLS.flatMap((dice) => {
      const after = settle(state, [{ ...bet, stake }], dice, table);
      if (after.remaining.length === 0) return [];
      const odds = placeBet(after.state, after.remaining, { id: 1, kind, stake }, table);
      return [{ state: after.state, bet: unwrap(odds) }];
    }),
  );
}

/**
 * The table with all reset that a bet under this rule cannot see, so that positions which differ only in that count as one.
 * (A unit test settles every bet on both and compares.)
 */
export function visibleState(rule: Rule, state: TableState): TableState {
  const blank = newTable(state.options);
  switch (rule.kind) {
    case 'race':
    case 'line':
    case 'odds':
      return blank;
    case 'collect':
      return {
        ...blank,
        hits: state.hits.map((count, sum) => (rule.totals.includes(sum) ? Math.min(count, 1) : 0)),
      };
    case 'repeat':
      return { ...blank, hits: state.hits.map((count, sum) => (sum === rule.total ? count : 0)) };
    case 'points':
      return { ...state, hits: NO_HITS, shooterRolls: 0 };
    default:
      return unreachable(rule);
  }
}

function positionKey({ state, bet }: Position): string {
  return `${bet.point}/${state.point}/${state.pointsMade}/${state.hits.join(',')}`;
}
