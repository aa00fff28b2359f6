// What a block did, as data: everything that a player, a display or a checker needs to follow the game.

import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { fail, ok, type Result } from '../core/errors.ts';
import { decodeCanonical, encodeBody } from '../wire/body.ts';
import {
  BetOutcome,
  EffectSchema,
  EffectsSchema,
  type Effect as EffectMessage,
} from '../wire/gen/bitcraps/v1/casino_pb.ts';

/** `{ case: 'diceRolled', value: { table, roll, die1, die2 } }` and so on, as in `casino.proto`. */
export type Effect = Exclude<EffectMessage['effect'], { case: undefined }>;

/** An effect as the casino writes it: plain values. */
export type EffectInit = Exclude<
  NonNullable<MessageInitShape<typeof EffectSchema>['effect']>,
  { case: undefined }
>;

export type Outcome = 'win' | 'lose' | 'push';

const OUTCOME_CODES: Readonly<Record<Outcome, BetOutcome>> = {
  win: BetOutcome.WIN,
  lose: BetOutcome.LOSE,
  push: BetOutcome.PUSH,
};

export function outcomeCode(outcome: Outcome): BetOutcome {
  return OUTCOME_CODES[outcome];
}

export function outcomeName(code: BetOutcome): Outcome | 'unknown' {
  switch (code) {
    case BetOutcome.WIN:
      return 'win';
    case BetOutcome.LOSE:
      return 'lose';
    case BetOutcome.PUSH:
      return 'push';
    case BetOutcome.UNSPECIFIED:
      return 'unknown';
    default:
      return 'unknown';
  }
}

export function encodeEffects(effects: readonly EffectInit[]): Uint8Array {
  const list = effects.map((effect) => create(EffectSchema, { effect }));
  return encodeBody(EffectsSchema, create(EffectsSchema, { effects: list }));
}

export function decodeEffects(
  bytes: Uint8Array,
): Result<readonly Effect[], 'CONSENSUS_BLOCK_MALFORMED'> {
  const decoded = decodeCanonical(EffectsSchema, bytes);
  if (!decoded.ok) return fail('CONSENSUS_BLOCK_MALFORMED', { reason: decoded.error.message });
  const effects: Effect[] = [];
  for (const { effect } of decoded.value.effects) {
    if (effect.case === undefined) {
      return fail('CONSENSUS_BLOCK_MALFORMED', { reason: 'an empty effect' });
    }
    effects.push(effect);
  }
  return ok(effects);
}
