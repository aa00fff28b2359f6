// What the steps of the state machine share: what they are told, and what they give back.

import { bytesEqual } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/errors.ts';
import type { DiceVerifier } from '../dice/dice-source.ts';
import type { EffectInit } from './effects.ts';
import type { Genesis } from './genesis.ts';
import { tableOf, type CasinoState, type Table } from './state.ts';

export interface StepContext {
  readonly genesis: Genesis;
  readonly dice: DiceVerifier;
  /** Of the block that the operation stands in. */
  readonly height: bigint;
  readonly timeMs: bigint;
}

/** A new state and what changed, or a coded refusal. */
export type Step = Result<{
  readonly state: CasinoState;
  readonly effects: readonly EffectInit[];
}>;

export function done(state: CasinoState, ...effects: readonly EffectInit[]): Step {
  return ok({ state, effects });
}

export function requireOperator(
  context: StepContext,
  account: Uint8Array,
): Result<void, 'CASINO_NOT_OPERATOR'> {
  if (bytesEqual(account, context.genesis.operator)) return ok(undefined);
  return fail('CASINO_NOT_OPERATOR', {});
}

/** The table while it takes bets, if `roll` is the one that comes next. */
export function bettingTable(
  state: CasinoState,
  id: number,
  roll: bigint,
): Result<Table, 'CASINO_TABLE_UNKNOWN' | 'CASINO_ROLL_MISMATCH' | 'CASINO_TABLE_LOCKED'> {
  const table = tableOf(state, id);
  if (!table.ok) return table;
  const { roll: expected, lockedAt } = table.value;
  if (roll !== expected) {
    return fail('CASINO_ROLL_MISMATCH', { table: id, given: roll, expected });
  }
  if (lockedAt !== null) return fail('CASINO_TABLE_LOCKED', { table: id, roll });
  return table;
}
