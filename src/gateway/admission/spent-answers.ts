// Answers that were used already: one answer opens one connection. Two generations, each as long as a cookie holds at
// most, so an answer is forgotten only once its cookie is too old. At its bound a generation ends early; to get there
// somebody must have solved that many puzzles, and gains that the oldest of them open a connection again.

import { byteKey } from '../../routing/byte-key.ts';
import { COOKIE_SLOT_MS } from './cookie.ts';

const GENERATION_MS: number = 2 * COOKIE_SLOT_MS;

export interface SpentAnswers {
  /** Whether it is the first use of the cookie with this authenticator. */
  spend(tag: Uint8Array, nowMs: number): boolean;
}

/** `answersMax`: of one generation. */
export function createSpentAnswers(answersMax: number): SpentAnswers {
  let young = new Set<string>();
  let old = new Set<string>();
  let bornAtMs = Number.NEGATIVE_INFINITY;
  return {
    spend(tag, nowMs) {
      if (nowMs - bornAtMs >= GENERATION_MS || young.size >= answersMax) {
        old = nowMs - bornAtMs >= 2 * GENERATION_MS ? new Set() : young;
        young = new Set();
        bornAtMs = nowMs;
      }
      const key = byteKey(tag);
      if (young.has(key) || old.has(key)) return false;
      young.add(key);
      return true;
    },
  };
}
