export const routingErrors = {} as const;
