// Where dice come from: a secret that fixes each roll beforehand, and a proof that anyone checks afterwards.

import type { Result } from '../core/errors.ts';
import type { Dice } from './dice-from-bytes.ts';

/** Which roll. Its dice depend on the chain, the table and the number alone. */
export interface RollInput {
  readonly table: number;
  /** Counts the table's rolls, from 1, and never repeats. */
  readonly roll: bigint;
}

export interface DiceVerifier {
  /** The dice that `proof` proves for this roll and no other. */
  verify(input: RollInput, proof: Uint8Array): Result<Dice, 'DICE_PROOF_INVALID'>;
}

export interface DiceSource extends DiceVerifier {
  /** Releases the proof of a roll. To be called only once the block that closed the betting is final. */
  release(input: RollInput): Promise<Uint8Array>;
}
