// What share of the whole a part was of late, in constant memory: two periods, the older forgotten when a third begins.

export interface WindowedShare {
  add(part: number, whole: number, nowMs: number): void;
  /** 0–1 over the last one to two periods; `null` where the whole is nothing. */
  share(nowMs: number): number | null;
  /** The whole over the same time. */
  whole(nowMs: number): number;
}

export function createWindowedShare(periodMs: number): WindowedShare {
  let now = { part: 0, whole: 0 };
  let before = { part: 0, whole: 0 };
  let sinceMs: number | null = null;

  const turn = (nowMs: number): void => {
    sinceMs ??= nowMs;
    const elapsedMs = nowMs - sinceMs;
    if (elapsedMs < periodMs) return;
    before = elapsedMs < 2 * periodMs ? now : { part: 0, whole: 0 };
    now = { part: 0, whole: 0 };
    sinceMs = nowMs - (elapsedMs % periodMs);
  };

  return {
    add(part, whole, nowMs) {
      turn(nowMs);
      now.part += part;
      now.whole += whole;
    },
    share(nowMs) {
      turn(nowMs);
      const whole = now.whole + before.whole;
      return whole === 0 ? null : (now.part + before.part) / whole;
    },
    whole(nowMs) {
      turn(nowMs);
      return now.whole + before.whole;
    },
  };
}
