// A sum that forgets: what was added counts half after each half-life. Constant memory, whatever comes.

export interface DecayingSum {
  add(amount: number, nowMs: number): void;
  value(nowMs: number): number;
}

export function createDecayingSum(halfLifeMs: number): DecayingSum {
  let sum = 0;
  let atMs = 0;
  const value = (nowMs: number): number => {
    if (nowMs > atMs) {
      sum *= 0.5 ** ((nowMs - atMs) / halfLifeMs);
      atMs = nowMs;
    }
    return sum;
  };
  return {
    value,
    add(amount, nowMs) {
      sum = value(nowMs) + amount;
    },
  };
}
