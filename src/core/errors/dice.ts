export const diceErrors = {} as const;
