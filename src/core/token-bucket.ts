// A token bucket (Turner 1986): at most `burst` at once, `perSecond` in the long run. Time comes in with each call.

export interface TokenBucket {
  /** Takes tokens, one unless told, if there are so many. */
  take(nowMs: number, count?: number): boolean;
  /** Milliseconds until a token is there, 0 if one is. */
  waitMs(nowMs: number): number;
}

/** Starts full. */
export function createTokenBucket(burst: number, perSecond: number): TokenBucket {
  let tokens = burst;
  let filledAtMs: number | null = null;

  const fill = (nowMs: number): void => {
    if (filledAtMs !== null) {
      tokens = Math.min(burst, tokens + (Math.max(0, nowMs - filledAtMs) * perSecond) / 1000);
    }
    filledAtMs = nowMs;
  };

  return {
    take(nowMs, count = 1) {
      fill(nowMs);
      if (tokens < count) return false;
      tokens -= count;
      return true;
    },
    waitMs(nowMs) {
      fill(nowMs);
      return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 1000) / perSecond);
    },
  };
}
