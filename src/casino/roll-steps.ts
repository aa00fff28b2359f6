// One roll: the shooter closes the betting, and in a later block the operator reveals the dice, which settles every bet
// that they decide. Between the two nothing touches the table.

import { assert } from '../core/assert.ts';
import { bytesEqual } from '../core/bytes.ts';
import { fail, type Result, ok } from '../core/errors.ts';
import { BETS } from '../craps/bets.ts';
import { settle, type Settlement } from '../craps/settle.ts';
import type { RevealDice, Shoot } from '../wire/gen/bitcraps/v1/casino_pb.ts';
import { outcomeCode, type EffectInit } from './effects.ts';
import { betsOf, credit, tableOf, withTable, type CasinoState, type Table } from './state.ts';
import { bettingTable, done, requireOperator, type Step, type StepContext } from './step.ts';
import { nextSeat, shooterLeftMs, withShooter } from './table-steps.ts';

/** Locks the table for its next roll. */
export function shoot(
  context: StepContext,
  state: CasinoState,
  account: Uint8Array,
  { table: id, roll }: Shoot,
): Step {
  const found = bettingTable(state, id, roll);
  if (!found.ok) return found;
  const table = found.value;
  const allowed =
    table.shooter !== null && bytesEqual(table.shooter, account)
      ? requireLineBet(table, account)
      : requireAbandoned(context, table, account);
  if (!allowed.ok) return allowed;
  const locked = { ...table, lockedAt: context.height };
  const value = { table: id, roll, shooter: account };
  return done(withTable(state, locked), { case: 'tableLocked', value });
}

/** On the come-out the shooter has a Pass or Don't Pass bet. */
function requireLineBet(
  table: Table,
  shooter: Uint8Array,
): Result<void, 'CASINO_SHOOTER_NEEDS_LINE_BET'> {
  const stands =
    table.game.point !== 0 ||
    betsOf(table, shooter).some(({ live }) => BETS.get(live.kind)?.family === 'line');
  return stands ? ok(undefined) : fail('CASINO_SHOOTER_NEEDS_LINE_BET', { table: table.id });
}

/**
 * The operator rolls for bets whose players have all gone, one shooter's time after the last roll. Otherwise such bets,
 * and the bankroll behind them, would lie there for ever.
 */
function requireAbandoned(
  context: StepContext,
  table: Table,
  account: Uint8Array,
): Result<void, 'CASINO_NOT_SHOOTER' | 'CASINO_SHOOTER_IN_TIME' | 'CASINO_NO_BETS'> {
  const { id, shooter } = table;
  const operator = requireOperator(context, account).ok;
  if (!operator || shooter !== null) return fail('CASINO_NOT_SHOOTER', { table: id });
  if (table.bets.length === 0) return fail('CASINO_NO_BETS', { table: id });
  const leftMs = shooterLeftMs(context, table);
  return leftMs > 0n ? fail('CASINO_SHOOTER_IN_TIME', { table: id, leftMs }) : ok(undefined);
}

/** Rolls: the proof gives the dice, the dice settle the bets. */
export function revealDice(
  context: StepContext,
  state: CasinoState,
  account: Uint8Array,
  { table: id, roll, proof }: RevealDice,
): Step {
  const operator = requireOperator(context, account);
  if (!operator.ok) return operator;
  const found = tableOf(state, id);
  if (!found.ok) return found;
  const table = found.value;
  const { roll: expected, lockedAt } = table;
  if (roll !== expected) return fail('CASINO_ROLL_MISMATCH', { table: id, given: roll, expected });
  if (lockedAt === null) return fail('CASINO_TABLE_NOT_LOCKED', { table: id });
  if (lockedAt >= context.height) return fail('CASINO_ROLL_NOT_FINAL', { table: id });
  const dice = context.dice.verify({ table: id, roll }, proof);
  if (!dice.ok) return dice;
  const [die1, die2] = dice.value;
  const rolled: EffectInit = { case: 'diceRolled', value: { table: id, roll, die1, die2 } };
  const settlement = settle(
    table.game,
    table.bets.map(({ live }) => live),
    dice.value,
  );
  const paid = pay(state, table, settlement);
  const turned = turn(context, { ...paid.table, roll: roll + 1n, lockedAt: null }, settlement);
  return done(
    withTable(paid.state, turned.table),
    rolled,
    ...paid.effects,
    ...gameEffects(table, settlement),
    ...turned.effects,
  );
}

interface Paid {
  readonly state: CasinoState;
  readonly table: Table;
  readonly effects: readonly EffectInit[];
}

/** Moves the stakes and winnings of the decided bets; moved and untouched bets stay. */
function pay(state: CasinoState, table: Table, settlement: Settlement): Paid {
  const byId = new Map(table.bets.map((bet) => [bet.live.id, bet]));
  const effects: EffectInit[] = [];
  let { bankroll, staked, risk } = table;
  let paid = state;
  for (const { id: bet, outcome, payout } of settlement.resolved) {
    const placed = byId.get(bet);
    assert(placed !== undefined, 'only bets in play are resolved');
    byId.delete(bet);
    const { account, live } = placed;
    bankroll += live.stake - payout;
    staked -= live.stake;
    risk -= placed.risk;
    assert(payout <= live.stake + placed.risk, 'no bet wins more than was covered');
    if (payout > 0n) paid = credit(paid, account, payout);
    const value = { table: table.id, roll: table.roll, bet, account, returned: payout };
    effects.push({ case: 'betResolved', value: { ...value, outcome: outcomeCode(outcome) } });
  }
  assert(bankroll >= risk, 'the bankroll covers what is left');
  const bets = settlement.remaining.map((live) => {
    const placed = byId.get(live.id);
    assert(placed !== undefined, 'a bet that stays was in play');
    if (placed.live === live) return placed;
    const value = { table: table.id, roll: table.roll, bet: live.id, point: live.point };
    effects.push({ case: 'betMoved', value });
    return { ...placed, live };
  });
  assert(bets.length === byId.size, 'every bet is resolved or stays');
  return { state: paid, table: { ...table, bankroll, staked, risk, bets }, effects };
}

function gameEffects(table: Table, { events }: Settlement): readonly EffectInit[] {
  const { id, roll } = table;
  return events.flatMap((event): EffectInit[] => {
    switch (event.kind) {
      case 'point-set':
        return [{ case: 'pointSet', value: { table: id, roll, point: event.point } }];
      case 'point-made':
        return [{ case: 'pointMade', value: { table: id, roll, point: event.point } }];
      case 'seven-out':
        return [{ case: 'sevenOut', value: { table: id, roll } }];
      case 'natural':
      case 'craps':
        return [];
      default:
        return event satisfies never;
    }
  });
}

/** After a seven-out the dice go on; in any case the shooter's time begins anew. */
function turn(
  context: StepContext,
  table: Table,
  { state: game, events }: Settlement,
): { readonly table: Table; readonly effects: readonly EffectInit[] } {
  const next: Table = { ...table, game, shooterSinceMs: context.timeMs };
  const sevenOut = events.some((event) => event.kind === 'seven-out');
  const after = sevenOut && next.shooter !== null ? nextSeat(next, next.shooter) : null;
  if (after === null) return { table: next, effects: [] };
  const passed = withShooter(context, next, after);
  return { table: passed.table, effects: [passed.effect] };
}
