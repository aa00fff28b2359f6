// Names what is wrong with a block that does not hold: which operation, which roll, which bet, and which kind of lie.

import type { BlockCheckCode } from '../consensus/block.ts';
import { bytesEqual } from '../core/bytes.ts';
import { fail, type BitcrapsError, type Result } from '../core/errors.ts';
import type { DiceVerifier, RollInput } from '../dice/dice-source.ts';
import { decodeEffects, encodeEffects, outcomeName, type Effect } from './effects.ts';
import { decodeOperation, type Action } from './operation.ts';
import { findTable, type CasinoState } from './state.ts';
import type { ChainCode } from './transcript-code.ts';
import { formatAmount } from '../core/amount.ts';

type Failure = Result<never, ChainCode>;

/** Rolls that a proof which does not fit is tried against, all tables together: a hostile file may not keep a checker busy. */
export const PROOF_TRIALS_MAX = 512;
/** Of these, rolls before and after its own at its own table; the other tables share the rest. */
const OWN_ROLLS_AROUND = 128n;

/** Where a failure is, as far as it has a place. */
interface Place {
  readonly height: bigint;
  readonly table: number | string;
  readonly roll: bigint | string;
  readonly bet: number | string;
}

const NOWHERE = '–';

/** Refusals of operations that their account did not sign, here or at all. */
const FORGED: ReadonlySet<string> = new Set([
  'CASINO_SIGNATURE_INVALID',
  'CASINO_OTHER_CHAIN',
  'CASINO_NONCE_REPLAYED',
]);

function placeOf(height: bigint, value: object | undefined): Place {
  const fields: { readonly [field: string]: unknown } = { ...value };
  const { table, roll, bet } = fields;
  return {
    height,
    table: typeof table === 'number' ? table : NOWHERE,
    roll: typeof roll === 'bigint' ? roll : NOWHERE,
    bet: typeof bet === 'number' ? bet : NOWHERE,
  };
}

/** A block that does not follow the chain or is not signed. */
export function diagnoseBlock(height: bigint, error: BitcrapsError<BlockCheckCode>): Failure {
  const reason = error.message;
  if (error.code === 'CONSENSUS_BLOCK_HEIGHT') {
    return fail('TRANSCRIPT_ROUND_DROPPED', { height, table: NOWHERE, roll: NOWHERE, reason });
  }
  return fail('TRANSCRIPT_CHAIN_BROKEN', { height, reason });
}

/** An operation in a block that the rules refuse. `before` is the state before the block. */
export function diagnoseOperation(
  height: bigint,
  bytes: Uint8Array,
  error: BitcrapsError,
  before: CasinoState,
  dice: DiceVerifier,
): Failure {
  const decoded = decodeOperation(bytes);
  const action = decoded.ok ? decoded.value.operation.action : undefined;
  const place = placeOf(height, action?.value);
  const { table, roll } = place;
  const reason = error.message;
  const { code } = error;
  if (FORGED.has(code)) {
    return action?.case === 'placeBet'
      ? fail('TRANSCRIPT_BET_INVENTED', { ...place, reason })
      : fail('TRANSCRIPT_OPERATION_FORGED', { height, table, roll, reason });
  }
  if (code === 'CASINO_NONCE_GAP' || code === 'CASINO_ROLL_MISMATCH') {
    return fail('TRANSCRIPT_ROUND_DROPPED', { height, table, roll, reason });
  }
  if (code === 'CASINO_ANCHOR_UNKNOWN') {
    return fail('TRANSCRIPT_HISTORY_REWRITTEN', { height, table, roll, reason });
  }
  if (code === 'DICE_PROOF_INVALID' && action?.case === 'revealDice') {
    return diagnoseProof(height, action, before, dice);
  }
  return fail('TRANSCRIPT_OPERATION_REFUSED', { ...place, reason: `${code}: ${reason}` });
}

/** Which roll a proof belongs to, if not to its own. */
function diagnoseProof(
  height: bigint,
  { value }: Action & { readonly case: 'revealDice' },
  before: CasinoState,
  dice: DiceVerifier,
): Failure {
  const { table, roll, proof } = value;
  for (const other of rollsToTry({ table, roll }, before).take(PROOF_TRIALS_MAX)) {
    if (!dice.verify(other, proof).ok) continue;
    return other.table === table
      ? fail('TRANSCRIPT_PROOF_SWAPPED', { height, table, roll, other: other.roll })
      : fail('TRANSCRIPT_ROLL_OTHER_TABLE', {
          height,
          table,
          roll,
          otherTable: other.table,
          other: other.roll,
        });
  }
  return fail('TRANSCRIPT_PROOF_INVALID', { height, table, roll });
}

/** The likeliest first: near it at its own table, then round the other tables, farther and farther from their next roll. */
function* rollsToTry({ table, roll }: RollInput, before: CasinoState): Generator<RollInput> {
  for (let distance = 1n; distance <= OWN_ROLLS_AROUND; distance += 1n) {
    yield* rollsAt(table, roll, distance);
  }
  const others = before.tables.filter(({ id }) => id !== table);
  if (others.length === 0) return;
  for (let distance = 0n; distance < PROOF_TRIALS_MAX; distance += 1n) {
    for (const other of others) yield* rollsAt(other.id, other.roll, distance);
  }
}

function* rollsAt(table: number, roll: bigint, distance: bigint): Generator<RollInput> {
  if (roll > distance) yield { table, roll: roll - distance };
  if (distance > 0n) yield { table, roll: roll + distance };
}

/** Announced effects that are not those that are due. `before` is the state before the block. */
export function diagnoseEffects(
  height: bigint,
  claimedBytes: Uint8Array,
  dueBytes: Uint8Array,
  before: CasinoState,
): Failure {
  const claimed = decodeEffects(claimedBytes);
  const due = decodeEffects(dueBytes);
  if (!claimed.ok || !due.ok) {
    return fail('TRANSCRIPT_CHAIN_BROKEN', { height, reason: 'the effects cannot be read' });
  }
  const count = Math.max(claimed.value.length, due.value.length);
  for (let at = 0; at < count; at += 1) {
    const said = claimed.value[at];
    const owed = due.value[at];
    if (!sameEffect(said, owed)) return diagnoseEffect(height, said, owed, before);
  }
  return fail('TRANSCRIPT_CHAIN_BROKEN', { height, reason: 'the effects are spelt otherwise' });
}

function sameEffect(a: Effect | undefined, b: Effect | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return bytesEqual(encodeEffects([a]), encodeEffects([b]));
}

/** The first announced effect (`said`) that is not the one that is due (`owed`). */
function diagnoseEffect(
  height: bigint,
  said: Effect | undefined,
  owed: Effect | undefined,
  before: CasinoState,
): Failure {
  const place = placeOf(height, (owed ?? said)?.value);
  const { table, roll, bet } = place;
  const claimed = describe(said);
  const due = describe(owed);
  if (said?.case === 'diceRolled' && owed?.case === 'diceRolled') {
    return fail('TRANSCRIPT_DICE_CHANGED', { height, table, roll, claimed, due });
  }
  if (said?.case === 'betPlaced') {
    const reason = `the transcript says ${claimed} where ${due} is due`;
    return fail('TRANSCRIPT_BET_INVENTED', { ...placeOf(height, said.value), reason });
  }
  if (said?.case === 'betResolved' && !isInPlay(before, said.value.table, said.value.bet)) {
    const reason = `the transcript says ${claimed} where ${due} is due`;
    return fail('TRANSCRIPT_BET_INVENTED', { ...placeOf(height, said.value), reason });
  }
  if (owed?.case === 'betResolved') {
    return fail('TRANSCRIPT_PAYOUT_WRONG', { height, table, roll, bet, claimed, due });
  }
  return fail('TRANSCRIPT_EFFECTS_WRONG', { ...place, claimed, due });
}

function isInPlay(state: CasinoState, tableId: number, bet: number): boolean {
  return findTable(state, tableId)?.bets.some(({ live }) => live.id === bet) ?? false;
}

function describe(effect: Effect | undefined): string {
  if (effect === undefined) return 'nothing';
  if (effect.case === 'diceRolled') return `${effect.value.die1} and ${effect.value.die2}`;
  if (effect.case === 'betPlaced') {
    const { bet, stake, kind } = effect.value;
    return `bet ${bet} of ${formatAmount(stake)} on ${kind}`;
  }
  if (effect.case === 'betResolved') {
    const { bet, outcome, returned } = effect.value;
    return `${outcomeName(outcome)} of bet ${bet} returning ${formatAmount(returned)}`;
  }
  return effect.case;
}
