export const versioningErrors = {} as const;
