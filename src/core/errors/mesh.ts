export const meshErrors = {} as const;
