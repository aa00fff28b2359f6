// Do long runs of dice through the settlement engine agree with the exact odds? Every bet of the table is made whenever
// it is open and not already running; what came back is compared with the exact mean in units of its standard error.

import { unwrap } from '../../src/core/errors.ts';
import { BETS } from '../../src/craps/bets.ts';
import type { BetDefinition } from '../../src/craps/definition.ts';
import { exactStake } from '../../src/craps/definition.ts';
import type { Dice } from '../../src/craps/dice.ts';
import { ROLL_COUNT, ROLLS } from '../../src/craps/dice.ts';
import { exactOdds } from '../../src/craps/edge.ts';
import { lcm, toNumber } from '../../src/craps/fraction.ts';
import { isOpen, placeBet, settle } from '../../src/craps/settle.ts';
import type { LiveBet } from '../../src/craps/settle.ts';
import type { TableState } from '../../src/craps/table.ts';
import { newTable } from '../../src/craps/table.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { createSeededRng } from '../../src/sim/seeded-rng.ts';

export interface BetAgreement {
  readonly kind: string;
  /** How many of these bets were resolved. */
  readonly resolved: number;
  /** The edge found, per unit staked. */
  readonly sampledEdge: number;
  readonly exactEdge: number;
  /** (sampled − exact) in standard errors from the exact variance. */
  readonly sigmas: number;
}

interface Tally {
  readonly definition: BetDefinition;
  /** The first bet of this kind. */
  made: LiveBet | null;
  running: boolean;
  resolved: number;
  returned: number;
}

/** A bet's id is `roll · IDS_PER_ROLL + index of its tally`: unique, and ascending as bets are made. */
const IDS_PER_ROLL = 128;

/** One account that plays everything on one table for `rolls` rolls. Fields of both options run side by side. */
export function agreement(rolls: number, seed: number): readonly BetAgreement[] {
  const stake = [...BETS.values()].reduce((units, bet) => lcm(units, exactStake(bet)), 1n);
  const tallies = [...BETS.values()].map((definition): Tally => {
    return { definition, made: null, running: false, resolved: 0, returned: 0 };
  });
  const nextRoll = fairDice(seed);
  let state = newTable();
  let live: LiveBet[] = [];
  for (let roll = 0; roll < rolls; roll += 1) {
    let id = roll * IDS_PER_ROLL - 1;
    for (const tally of tallies) {
      id += 1;
      if (tally.running) continue;
      const bet = make(tally, state, live, id, stake);
      if (bet === null) continue;
      live.push(bet);
      tally.running = true;
    }
    const settlement = settle(state, live, nextRoll());
    for (const { id, kind, outcome, payout } of settlement.resolved) {
      const tally = tallies[id % IDS_PER_ROLL];
      if (tally?.definition.id !== kind || !tally.running)
        throw new Error(`${kind} was not running`);
      tally.running = false;
      tally.resolved += 1;
      if (outcome !== 'lose') tally.returned += Number(payout);
    }
    state = settlement.state;
    live = [...settlement.remaining];
  }
  return tallies.map((tally) => compare(tally, Number(stake)));
}

/** The bet, if it is open. `placeBet` accepts the first of each kind; the next ones equal it but for the id. */
function make(
  tally: Tally,
  state: TableState,
  live: readonly LiveBet[],
  id: number,
  stake: bigint,
): LiveBet | null {
  const { id: kind, base, offered } = tally.definition;
  if (!isOpen(state, tally.definition)) return null;
  if (base !== null) {
    const ready = live.some(({ kind, point }) => kind === base.kind && point !== 0);
    return ready ? unwrap(placeBet(state, live, { id, kind, stake })) : null;
  }
  if (tally.made !== null) return { id, kind, stake, point: tally.made.point };
  const options = { ...state.options, ...offered };
  tally.made = unwrap(placeBet({ ...state, options }, live, { id, kind, stake }));
  return tally.made;
}

function compare({ definition, resolved, returned }: Tally, stake: number): BetAgreement {
  const { edge, variance } = exactOdds(definition.id);
  const sampledEdge = 1 - returned / stake / resolved;
  const exactEdge = toNumber(edge);
  const standardError = Math.sqrt(toNumber(variance) / resolved);
  return {
    kind: definition.id,
    resolved,
    sampledEdge,
    exactEdge,
    sigmas: (sampledEdge - exactEdge) / standardError,
  };
}

/** The worst bet of a run. */
export function worstOf(results: readonly BetAgreement[]): BetAgreement {
  const [worst] = results.toSorted((a, b) => Math.abs(b.sigmas) - Math.abs(a.sigmas));
  if (worst === undefined) throw new Error('no bets');
  return worst;
}

/** Seeded rolls, by rejection so that all 36 are equally likely. */
function fairDice(seed: number): () => Dice {
  const limit = 2 ** 32 - (2 ** 32 % ROLL_COUNT);
  const rng = createSeededRng(primitives, seed, 'craps');
  return () => {
    let value = rng.uint32();
    while (value >= limit) value = rng.uint32();
    const dice = ROLLS[value % ROLL_COUNT];
    if (dice === undefined) throw new Error('a roll index is below 36');
    return dice;
  };
}
