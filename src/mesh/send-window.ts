// How many bytes of packets a link may have under way: enough to keep it busy, little enough that what waits does so in
// this node's queue, where it can be marked, overtaken and sent another way. Delay-based, after TCP Vegas (Brakmo 1994)
// and LEDBAT (RFC 6817); fairness is the transport's business below.
//
// Answers are late for other reasons too: others' traffic, radios, a busy processor at either end. A window that kept shrinking
// for those would end at a packet or two for each of their delays. So each decrease is a trial, as in
// `gateway/shaping/adaptive-rate.ts`: where the delay does not shrink with the window, it is not this link's doing, and the
// window goes back to what it was.

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
/** The median of so many answers counts: a late one or two are no queue (RFC 6817's current filter). */
const ANSWERS = 5;
/** A trial lasts so many round trips at least, and so long, and until the window is this part of what it was. */
const TRIAL_ROUND_TRIPS = 4;
const TRIAL_MS_MIN = 500;
const TRIAL_PART = 1 / 4;
/** By then a queue of this link's making has shrunk to so much of itself. */
const TRIAL_QUEUE_MAX = 0.7;
/** After a trial in vain delays say nothing for so long, then twice as long each time, up to the most. */
const DISTRUST_MS_MIN = 10_000;
const DISTRUST_MS_MAX = 300_000;
/** The smallest window cannot shrink: it is tried larger after so long, then after twice as long each time. */
const RETRY_MS_MIN = 2_000;
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
  let answers: readonly number[] = [];
  let trial: { readonly atMs: number; readonly queueMs: number; readonly bytes: number } | null =
    null;
  let distrustMs = DISTRUST_MS_MIN;
  let trustsAtMs = -Infinity;
  let retryMs = RETRY_MS_MIN;

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
      answers = [...answers.slice(1 - ANSWERS), roundTripMs];
      const medianMs = median(answers);
      const queueMs = medianMs - least();
      const targetMs = Math.max(QUEUE_MS_TARGET, least() / 4);
      if (queueMs > targetMs && nowMs >= trustsAtMs) {
        starting = false;
        trial ??= { atMs: nowMs, queueMs, bytes };
        trial = { ...trial, queueMs: Math.max(trial.queueMs, queueMs) };
        const least = clamp(0, floor);
        const isLongEnough =
          nowMs - trial.atMs >= Math.max(TRIAL_MS_MIN, TRIAL_ROUND_TRIPS * medianMs);
        const hasShrunk = bytes <= TRIAL_PART * trial.bytes;
        if (isLongEnough && hasShrunk) {
          if (queueMs > TRIAL_QUEUE_MAX * trial.queueMs) {
            ({ bytes } = trial);
            trustsAtMs = nowMs + distrustMs;
            distrustMs = Math.min(DISTRUST_MS_MAX, 2 * distrustMs);
            trial = null;
            return;
          }
          retryMs = Math.min(DISTRUST_MS_MAX, 2 * retryMs);
          trial = { atMs: nowMs, queueMs, bytes };
        } else if (bytes <= least && nowMs - trial.atMs >= retryMs) {
          // Too small to tell: once larger, and down again.
          bytes = clamp(bytes / TRIAL_PART, 0);
          trial = { atMs: nowMs, queueMs, bytes };
          return;
        }
        bytes = clamp(bytes * Math.max(1 / 2, targetMs / queueMs), floor);
        return;
      }
      if (queueMs <= targetMs) {
        // The queue was this link's, and is gone.
        if (trial !== null) distrustMs = DISTRUST_MS_MIN;
        trial = null;
        retryMs = RETRY_MS_MIN;
      }
      if (limited) {
        // Doubles in each round trip at first, grows by a quarter once it has met the limit.
        bytes = clamp(bytes + (starting ? ackedBytes : ackedBytes / 4), floor);
      }
    },
  };
}

function clamp(value: number, floor: number): number {
  return Math.min(WINDOW_BYTES_MAX, Math.max(WINDOW_BYTES_MIN, floor, value));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
