// Marks by load, before a queue stands: a link that is nearly full marks a share of its packets by the price of its load
// (`routing/congestion-marking.ts`), so that sources learn who is how full and not only who overflows. The draw comes from
// the packet's id, which is random, and from the link, so that relays draw independently and a simulation repeats itself.

import { markProbability } from '../routing/congestion-marking.ts';

/** Load is averaged over about this time: longer than a burst, shorter than policies take to move. */
const AVERAGE_MS = 1_000;
/** Within this time the average does not move. */
const FRESH_MS = 1;
/** Capacity shows only while a link is full. It is remembered for so long after. */
const CAPACITY_MS_MAX: number = 10 * 60_000;

export interface LoadMark {
  /**
   * A packet of `bytes` leaves: whether it is to be marked. `packetId`: 32 of its bits. `bytesPerSecond`: what the link
   * takes at most, `null` where it has not been seen of late.
   */
  leaves(bytes: number, packetId: number, bytesPerSecond: number | null, nowMs: number): boolean;
}

/** `salt`: 32 bits that differ from link to link. */
export function createLoadMark(salt: number): LoadMark {
  let capacity: number | null = null;
  let capacityAtMs = 0;
  /** Bytes per second, a discounted average. */
  let rate = 0;
  let leftAtMs: number | null = null;
  let probability = 0;
  let probabilityAtMs = -Infinity;

  return {
    leaves(bytes, packetId, bytesPerSecond, nowMs) {
      if (bytesPerSecond !== null) [capacity, capacityAtMs] = [bytesPerSecond, nowMs];
      else if (nowMs - capacityAtMs > CAPACITY_MS_MAX) capacity = null;
      if (leftAtMs !== null) rate *= Math.exp((leftAtMs - nowMs) / AVERAGE_MS);
      rate += (bytes * 1000) / AVERAGE_MS;
      leftAtMs = nowMs;
      if (capacity === null) return false;
      if (nowMs - probabilityAtMs >= FRESH_MS) {
        probabilityAtMs = nowMs;
        probability = markProbability(rate / capacity);
      }
      return draw(packetId ^ salt) < probability;
    },
  };
}

/** 0 to below 1: the finaliser of MurmurHash3, which spreads 32 bits evenly. */
function draw(word: number): number {
  let hash = word ^ (word >>> 16);
  hash = Math.imul(hash, 0x85eb_ca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2_ae35);
  hash ^= hash >>> 16;
  return (hash >>> 0) / 2 ** 32;
}
