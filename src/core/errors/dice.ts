export const diceErrors = {
  DICE_PROOF_INVALID: {
    message: 'the proof does not belong to roll {roll} of table {table}',
    cause: 'The proof was made for another roll, for another table, or with another key.',
    cure: 'The dice of this roll cannot be trusted; keep the transcript as evidence.',
  },
} as const;
