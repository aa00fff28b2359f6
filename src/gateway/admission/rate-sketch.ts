// How fast connections come from each origin, in memory of one fixed size: a count-min sketch (Cormode and Muthukrishnan
// 2005, with the conservative update of Estan and Varghese 2002) whose cells are not counts but the times at which a
// token bucket is full again (the generic cell rate algorithm of ITU-T I.371). Nothing is ever evicted, so nobody resets
// a bucket of his own by filling the table with others'; cells are chosen by a keyed hash, so nobody aims at another's.
// Where two origins meet in all their cells, the slower one is held to the faster one's rate: never the reverse.

import { utf8 } from '../../core/bytes.ts';
import { randomBytes } from '../../crypto/random-bytes.ts';
import type { Primitives } from '../../env/primitives.ts';
import type { Rng } from '../../env/rng.ts';
import { readU32 } from '../../wire/big-endian.ts';

/** Independent places of each origin: all of them must meet for two origins to be taken for one. */
const ROWS = 4;
/** Cells of each row: with 1000 origins active at once, 1 in 280 000 meets another in all rows. 128 KiB in all. */
const CELLS_PER_ROW = 4096;
const HASH_BYTES = 16;
const KEY_BYTES = 32;

export interface Rate {
  readonly perSecond: number;
  /** So many at once. */
  readonly burst: number;
}

export interface RateSketch {
  /** What of `origin`'s burst is used up now, 0 to 1. */
  owed(origin: string, rate: Rate, nowMs: number): number;
  /** Whether `count` more of `origin` conform to `rate` now. Charges nothing. */
  allows(origin: string, rate: Rate, nowMs: number): boolean;
  /** Charges `count` of them, conforming or not; no origin owes more than its burst. */
  charge(origin: string, rate: Rate, nowMs: number, count: number): void;
}

export function createRateSketch(primitives: Primitives, rng: Rng): RateSketch {
  const key = randomBytes(rng, KEY_BYTES);
  /** When the bucket of a cell is full again, on the monotonic clock; −∞ of one that was never used. */
  const fullAtMs = new Float64Array(ROWS * CELLS_PER_ROW).fill(Number.NEGATIVE_INFINITY);

  function placesOf(origin: string): readonly number[] {
    const hash = primitives.blake2b(utf8(origin), HASH_BYTES, key);
    const places: number[] = [];
    for (let row = 0; row < ROWS; row += 1) {
      places.push(row * CELLS_PER_ROW + (readU32(hash, 4 * row) % CELLS_PER_ROW));
    }
    return places;
  }

  /** The least of the cells: every other one has met somebody faster. */
  function fullAt(places: readonly number[], nowMs: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const place of places) least = Math.min(least, fullAtMs[place] ?? 0);
    return Math.max(least, nowMs);
  }

  return {
    owed(origin, rate, nowMs) {
      const owedMs = fullAt(placesOf(origin), nowMs) - nowMs;
      return Math.min(1, (owedMs * rate.perSecond) / (1000 * rate.burst));
    },
    allows(origin, rate, nowMs) {
      const intervalMs = 1000 / rate.perSecond;
      const owedMs = fullAt(placesOf(origin), nowMs) - nowMs;
      return owedMs + intervalMs <= rate.burst * intervalMs;
    },
    charge(origin, rate, nowMs, count) {
      const places = placesOf(origin);
      const intervalMs = 1000 / rate.perSecond;
      const latest = nowMs + rate.burst * intervalMs;
      const full = Math.min(latest, fullAt(places, nowMs) + count * intervalMs);
      for (const place of places) {
        if ((fullAtMs[place] ?? 0) < full) fullAtMs[place] = full;
      }
    },
  };
}
