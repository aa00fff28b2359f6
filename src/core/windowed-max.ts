// The largest of the values of late, in constant memory: two periods, the older forgotten when a third begins.

export interface WindowedMax {
  /** Of the last one to two periods, `null` if none came. */
  value(nowMs: number): number | null;
  add(value: number, nowMs: number): void;
}

export function createWindowedMax(periodMs: number): WindowedMax {
  let now: number | null = null;
  let before: number | null = null;
  let sinceMs = 0;

  const turn = (nowMs: number): void => {
    if (nowMs - sinceMs < periodMs) return;
    before = nowMs - sinceMs < 2 * periodMs ? now : null;
    now = null;
    sinceMs = nowMs - ((nowMs - sinceMs) % periodMs);
  };

  return {
    value(nowMs) {
      turn(nowMs);
      return larger(now, before);
    },
    add(value, nowMs) {
      turn(nowMs);
      now = larger(now, value);
    },
  };
}

function larger(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
