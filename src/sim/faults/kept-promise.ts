// One promise of a run with faults, and what became of it.

export interface KeptPromise {
  /** `time`: it holds where processes get processor time; `always`: on any machine. */
  readonly holds: 'always' | 'time';
  readonly promise: string;
  /** What was counted or measured, for people. */
  readonly measured: string;
  readonly kept: boolean;
}

/** Rows of a table for people. */
export function promiseRows(promises: readonly KeptPromise[]): readonly (readonly string[])[] {
  const rows = promises.map(({ promise, measured, kept }) => [
    kept ? 'kept' : 'BROKEN',
    promise,
    measured,
  ]);
  return [['', 'promised', 'measured'], ...rows];
}
