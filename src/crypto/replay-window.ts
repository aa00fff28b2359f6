// A sliding window that accepts each counter once (RFC 6479): a ring of bit words in which advancing clears whole
// words instead of shifting bits.

import { COUNTER_END } from './transport-cipher.ts';

const WORD_BITS = 32;
const WORDS = 64;
const WORD_SHIFT = 5n;
const WORD_MASK = BigInt(WORDS - 1);
const BIT_MASK = BigInt(WORD_BITS - 1);

/**
 * How far, in packets, a counter may lag behind the highest one accepted. One word of the ring is always being filled
 * and remembers less than a whole word, hence not 64 · 32.
 */
export const REPLAY_WINDOW_PACKETS: number = (WORDS - 1) * WORD_BITS;

export interface ReplayWindow {
  /**
   * Whether `counter` is new and not too old; records it if so. Call it only once the packet has been authenticated,
   * else a forged counter moves the window.
   */
  accept(counter: bigint): boolean;
}

/** An empty window: 256 bytes, whatever it sees. */
export function createReplayWindow(): ReplayWindow {
  const words = new Uint32Array(WORDS);
  const lagMax = BigInt(REPLAY_WINDOW_PACKETS);
  let highest = -1n;

  function advanceTo(counter: bigint): void {
    const word = highest >> WORD_SHIFT;
    const ahead = (counter >> WORD_SHIFT) - word;
    const cleared = ahead < BigInt(WORDS) ? ahead : BigInt(WORDS);
    for (let i = 1n; i <= cleared; i += 1n) words[Number((word + i) & WORD_MASK)] = 0;
    highest = counter;
  }

  return {
    accept(counter) {
      if (counter < 0n || counter >= COUNTER_END || highest - counter >= lagMax) return false;
      if (counter > highest) advanceTo(counter);
      const index = Number((counter >> WORD_SHIFT) & WORD_MASK);
      const bit = 1 << Number(counter & BIT_MASK);
      const word = words[index] ?? 0;
      if ((word & bit) !== 0) return false;
      words[index] = word | bit;
      return true;
    },
  };
}
