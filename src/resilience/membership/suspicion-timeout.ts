// How long a suspicion stands before it is a verdict: Lifeguard's local-health-aware suspicion (Dadgar, Phillips and
// Currey 2018, arXiv 1707.00788, section IV-B). Nobody else's word: the longest time, since it may well be this node that is
// slow. With each independent word to the same effect it shrinks, logarithmically, to the shortest one.

import { assert } from '../../core/assert.ts';

/** Lifeguard's K: words of so many others make the time the shortest. */
export const CONFIRMATIONS_MAX = 3;

/**
 * max(min, max − (max − min) · ln(C + 1) / ln(K + 1)) in milliseconds. `expected` is K, at most `CONFIRMATIONS_MAX`: where
 * there is nobody to confirm it is 0, and the time the shortest one.
 */
export function suspicionTimeoutMs(
  confirmations: number,
  expected: number,
  minMs: number,
  maxMs: number,
): number {
  assert(minMs <= maxMs, 'the shortest time is not above the longest');
  if (expected <= 0) return minMs;
  const share = Math.log(confirmations + 1) / Math.log(expected + 1);
  return Math.max(minMs, maxMs - (maxMs - minMs) * share);
}
