export const wireErrors = {} as const;
