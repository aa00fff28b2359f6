export const cryptoErrors = {} as const;
