export const casinoErrors = {} as const;
