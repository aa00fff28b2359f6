// How many bytes of packets a link may have under way: enough to keep it busy, little enough that what waits does so in
// this node's queue, where it can be marked, overtaken and sent another way. Delay-based, after TCP Vegas (Brakmo 1994)
// and LEDBAT (RFC 6817); fairness is the transport's business below.

/** Room for a packet or two on the slowest link: 200 ms at 20 kB/s. */
const WINDOW_BYTES_MIN = 4 * 1024;
/** Before anything is known. */
const WINDOW_BYTES_START = 16 * 1024;
/** 100 ms at 10 MB/s; also what one link holds of packets that may have to go another way. */
export const WINDOW_BYTES_MAX: number = 1024 * 1024;
/** Standing delay in the transport that is worth a busy link. */
const QUEUE_MS_TARGET = 20;
/** Answers of a machine that has other work come late by so much: that is no queue, and a window below it only starves. */
const SCHEDULING_MS = 5;
/** The least round trip is measured anew in each period, since routes below change. */
const PERIOD_MS = 15_000;
/** A queue that stands would pass for the round trip: it drains for as many answers when a period begins (BBR does). */
const DRAINING_ANSWERS = 3;

export interface SendWindow {
  /** Bytes that may be under way; one packet always may. */
  readonly bytes: number;
  /** The least round trip of this and the last period; `null` before the first. */
  readonly leastMs: number | null;
  /**
   * An acknowledgement of `ackedBytes` after `roundTripMs`. `limited`: packets waited for the window.
   * `bytesPerSecond`: the best rate known, or `null`.
   */
  acknowledged(
    roundTripMs: number,
    ackedBytes: number,
    limited: boolean,
    bytesPerSecond: number | null,
    nowMs: number,
  ): void;
}

export function createSendWindow(): SendWindow {
  let bytes = WINDOW_BYTES_START;
  let starting = true;
  let leastMs = Infinity;
  let leastBeforeMs = Infinity;
  let periodAtMs = -Infinity;
  let draining = 0;

  const least = (): number => Math.min(leastMs, leastBeforeMs);

  return {
    get bytes() {
      return bytes;
    },
    get leastMs() {
      return least() === Infinity ? null : least();
    },
    acknowledged(roundTripMs, ackedBytes, limited, bytesPerSecond, nowMs) {
      if (periodAtMs === -Infinity) periodAtMs = nowMs;
      if (nowMs - periodAtMs >= PERIOD_MS) {
        periodAtMs = nowMs;
        leastBeforeMs = leastMs;
        leastMs = Infinity;
        if (bytesPerSecond !== null) draining = DRAINING_ANSWERS;
      }
      leastMs = Math.min(leastMs, roundTripMs);
      const bestMs = Math.max(least(), SCHEDULING_MS);
      const floor = bytesPerSecond === null ? 0 : (bytesPerSecond * bestMs) / 1000;
      if (draining > 0) {
        draining -= 1;
        bytes = clamp(draining > 0 ? floor / 2 : floor, 0);
        return;
      }
      const queueMs = roundTripMs - least();
      const targetMs = Math.max(QUEUE_MS_TARGET, least() / 4);
      if (queueMs > targetMs) {
        starting = false;
        bytes = clamp(bytes * Math.max(1 / 2, targetMs / queueMs), floor);
      } else if (limited) {
        // Doubles in each round trip at first, grows by a quarter once it has met the limit.
        bytes = clamp(bytes + (starting ? ackedBytes : ackedBytes / 4), floor);
      }
    },
  };
}

function clamp(value: number, floor: number): number {
  return Math.min(WINDOW_BYTES_MAX, Math.max(WINDOW_BYTES_MIN, floor, value));
}
