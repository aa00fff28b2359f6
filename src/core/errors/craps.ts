export const crapsErrors = {} as const;
