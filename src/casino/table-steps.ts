// Opening and closing tables, seats, and who holds the dice: seats in the order of their first bet.

import { formatAmount } from '../core/amount.ts';
import { bytesEqual } from '../core/bytes.ts';
import { fail } from '../core/errors.ts';
import { newTable } from '../craps/table.ts';
import type {
  CloseTable,
  LeaveTable,
  OpenTable,
  PassDice,
} from '../wire/gen/bitcraps/v1/casino_pb.ts';
import type { EffectInit } from './effects.ts';
import { SHOOTER_TIMEOUT_MS_MAX, SHOOTER_TIMEOUT_MS_MIN } from './limits.ts';
import { isSeated, tableOf, withTable, type CasinoState, type Table } from './state.ts';
import { bettingTable, done, requireOperator, type Step, type StepContext } from './step.ts';

/** Opens a table whose bankroll is escrowed out of the treasury. */
export function openTable(
  context: StepContext,
  state: CasinoState,
  account: Uint8Array,
  options: OpenTable,
): Step {
  const operator = requireOperator(context, account);
  if (!operator.ok) return operator;
  const { tablesMax } = context.genesis.limits;
  const { bankroll, stakeMin, shooterTimeoutMs, rules } = options;
  if (state.tables.length >= tablesMax) return fail('CASINO_TABLES_MAX', { tablesMax });
  const reason = brokenOption(options);
  if (reason !== null) return fail('CASINO_TABLE_OPTIONS', { reason });
  const { treasury } = state;
  if (bankroll > treasury) {
    return fail('CASINO_TREASURY', {
      needed: formatAmount(bankroll),
      treasury: formatAmount(treasury),
    });
  }
  const table: Table = {
    id: state.nextTable,
    stakeMin,
    shooterTimeoutMs,
    bankroll,
    staked: 0n,
    risk: 0n,
    roll: 1n,
    lockedAt: null,
    game: newTable({ field12x3: rules?.field12x3 ?? false }),
    seats: [],
    shooter: null,
    shooterSinceMs: context.timeMs,
    bets: [],
    nextBet: 1,
  };
  const opened: CasinoState = {
    ...state,
    treasury: treasury - bankroll,
    tables: [...state.tables, table],
    nextTable: state.nextTable + 1,
  };
  const value = {
    table: table.id,
    bankroll,
    stakeMin,
    shooterTimeoutMs,
    rules: table.game.options,
  };
  return done(opened, { case: 'tableOpened', value });
}

function brokenOption({ bankroll, stakeMin, shooterTimeoutMs }: OpenTable): string | null {
  if (bankroll === 0n) return 'the bankroll is zero';
  if (stakeMin === 0n) return 'the smallest stake is zero';
  if (shooterTimeoutMs < SHOOTER_TIMEOUT_MS_MIN || shooterTimeoutMs > SHOOTER_TIMEOUT_MS_MAX) {
    return `the shooter’s time is not between ${SHOOTER_TIMEOUT_MS_MIN} and ${SHOOTER_TIMEOUT_MS_MAX} ms`;
  }
  return null;
}

/** Closes a table without unresolved bets; its bankroll goes back to the treasury. */
export function closeTable(
  context: StepContext,
  state: CasinoState,
  account: Uint8Array,
  { table: id }: CloseTable,
): Step {
  const operator = requireOperator(context, account);
  if (!operator.ok) return operator;
  const found = tableOf(state, id);
  if (!found.ok) return found;
  const { lockedAt, roll, bets, bankroll } = found.value;
  if (lockedAt !== null) return fail('CASINO_TABLE_LOCKED', { table: id, roll });
  if (bets.length > 0) return fail('CASINO_BETS_OPEN', { table: id, bets: bets.length });
  const closed: CasinoState = {
    ...state,
    treasury: state.treasury + bankroll,
    tables: state.tables.filter((table) => table.id !== id),
  };
  return done(closed, { case: 'tableClosed', value: { table: id, bankroll } });
}

/** The seat after `account`'s, round the table; `null` if there is no other. */
export function nextSeat(table: Table, account: Uint8Array): Uint8Array | null {
  const at = table.seats.findIndex((seat) => bytesEqual(seat, account));
  const next = table.seats[(at + 1) % table.seats.length];
  return next === undefined || bytesEqual(next, account) ? null : next;
}

/** Gives the dice to `shooter`, whose time begins now. */
export function withShooter(
  context: StepContext,
  table: Table,
  shooter: Uint8Array | null,
): { readonly table: Table; readonly effect: EffectInit } {
  const account = shooter ?? new Uint8Array(0);
  return {
    table: { ...table, shooter, shooterSinceMs: context.timeMs },
    effect: { case: 'shooterChanged', value: { table: table.id, account } },
  };
}

/** Milliseconds of block time until the operator may act for the shooter, or for nobody's bets; 0 once it may. */
export function shooterLeftMs(context: StepContext, table: Table): bigint {
  const left = table.shooterSinceMs + table.shooterTimeoutMs - context.timeMs;
  return left > 0n ? left : 0n;
}

/** The seat is given up; unresolved bets stay and are paid to the account. */
function vacate(
  context: StepContext,
  table: Table,
  account: Uint8Array,
): { readonly table: Table; readonly effects: readonly EffectInit[] } {
  const left: EffectInit = { case: 'seatLeft', value: { table: table.id, account } };
  const seats = table.seats.filter((seat) => !bytesEqual(seat, account));
  if (table.shooter === null || !bytesEqual(table.shooter, account)) {
    return { table: { ...table, seats }, effects: [left] };
  }
  const passed = withShooter(context, { ...table, seats }, nextSeat(table, account));
  return { table: passed.table, effects: [left, passed.effect] };
}

/** The account leaves its seat, and its signature stands by the chain up to the operation's anchor. */
export function leaveTable(
  context: StepContext,
  state: CasinoState,
  account: Uint8Array,
  { table: id, roll }: LeaveTable,
): Step {
  const table = bettingTable(state, id, roll);
  if (!table.ok) return table;
  if (!isSeated(table.value, account)) return fail('CASINO_NOT_SEATED', { table: id });
  const left = vacate(context, table.value, account);
  return done(withTable(state, left.table), ...left.effects);
}

/**
 * The dice go to the next seat: by the shooter at any time between rolls, by the operator once the shooter's time is
 * out. An idle shooter loses the seat too, so that seats and dice cannot be held by being away; the bets stay.
 */
export function passDice(
  context: StepContext,
  state: CasinoState,
  account: Uint8Array,
  { table: id, roll }: PassDice,
): Step {
  const found = bettingTable(state, id, roll);
  if (!found.ok) return found;
  const table = found.value;
  const { shooter } = table;
  if (shooter === null) return fail('CASINO_NO_OTHER_SEAT', { table: id });
  if (bytesEqual(shooter, account)) {
    const next = nextSeat(table, shooter);
    if (next === null) return fail('CASINO_NO_OTHER_SEAT', { table: id });
    const passed = withShooter(context, table, next);
    return done(withTable(state, passed.table), passed.effect);
  }
  if (!requireOperator(context, account).ok) return fail('CASINO_NOT_SHOOTER', { table: id });
  const leftMs = shooterLeftMs(context, table);
  if (leftMs > 0n) return fail('CASINO_SHOOTER_IN_TIME', { table: id, leftMs });
  const left = vacate(context, table, shooter);
  return done(withTable(state, left.table), ...left.effects);
}
