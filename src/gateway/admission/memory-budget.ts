// The bytes that wait on all links together stay within a bound: past it the slowest link is ended, the one that would
// take longest to take what waits for it, then the next, until a tenth of the bound is free.

import type { Held } from '../../env/admission.ts';

/** A link that waits for less is never ended for it. */
const BACKLOG_BYTES_MIN = 16 * 1024;
const FREE_SHARE = 0.1;
/** How much of the measured rate is the newest look's: the memory is about four looks. */
const NEW_SHARE = 0.25;

interface Watched {
  readonly held: Held;
  writtenBytes: number;
  /** Bytes per second of late, `null` before the second look. */
  rate: number | null;
}

export interface MemoryBudget {
  /** As last looked at. */
  readonly bufferedBytes: number;
  add(held: Held): void;
  remove(held: Held): void;
  /** Adds up, and gives those to end, the slowest first. Call some times a second. */
  look(bytesMax: number, nowMs: number): readonly Held[];
}

export function createMemoryBudget(): MemoryBudget {
  const watched = new Map<Held, Watched>();
  let bufferedBytes = 0;
  let lookedAtMs: number | null = null;

  function measure(nowMs: number): void {
    const seconds = lookedAtMs === null ? 0 : (nowMs - lookedAtMs) / 1000;
    bufferedBytes = 0;
    for (const one of watched.values()) {
      bufferedBytes += one.held.bufferedBytes;
      const { writtenBytes } = one.held;
      if (seconds > 0) {
        const rate = (writtenBytes - one.writtenBytes) / seconds;
        one.rate = one.rate === null ? rate : one.rate + NEW_SHARE * (rate - one.rate);
      }
      one.writtenBytes = writtenBytes;
    }
    lookedAtMs = nowMs;
  }

  return {
    get bufferedBytes() {
      return bufferedBytes;
    },
    add(held) {
      watched.set(held, { held, writtenBytes: held.writtenBytes, rate: null });
    },
    remove(held) {
      watched.delete(held);
    },
    look(bytesMax, nowMs) {
      measure(nowMs);
      if (bufferedBytes <= bytesMax) return [];
      const slowest = [...watched.values()]
        .filter(({ held }) => held.bufferedBytes >= BACKLOG_BYTES_MIN)
        .sort((a, b) => secondsToDrain(b) - secondsToDrain(a));
      const shed: Held[] = [];
      for (const { held } of slowest) {
        if (bufferedBytes <= (1 - FREE_SHARE) * bytesMax) break;
        bufferedBytes -= held.bufferedBytes;
        watched.delete(held);
        shed.push(held);
      }
      return shed;
    },
  };
}

/** By the rate of late; who took nothing at all comes first, the one with more before the one with less. */
function secondsToDrain({ held, rate }: Watched): number {
  return held.bufferedBytes / Math.max(rate ?? 0, 1);
}
