// Sends less over a path that fills up, so that packets wait here, in order of urgency, and not in somebody's modem. A
// delay-based control after TCP Vegas (Brakmo 1994) and LEDBAT (RFC 6817): what a round trip takes beyond the least of late
// is queueing; past a target the rate falls below what the path was seen to carry, in proportion to how far; else it
// recovers, and after a quiet time the link is not held at all. The send window below (`mesh/send-window.ts`) bounds
// what is under way; this bounds how fast it leaves.

/** Queueing that is worth a busy path; below the send window's own target, so that this comes first. */
const QUEUE_MS_TARGET = 15;
/** Of the least round trip, where that is more. */
const TARGET_OF_LEAST: number = 1 / 8;
/** The least round trip is that of this and the last period (RFC 6817's base history), since routes below change. */
const PERIOD_MS = 60_000;
/** The least of so many answers counts: one late answer is a busy processor (RFC 6817's current filter). */
const ANSWERS = 3;
/** How far below what the path carried the rate falls at most, and at the least. */
const CUT_MAX = 0.3;
const CUT_MIN = 0.05;
/** How fast it recovers, for each answer that shows no queue. */
const GROWTH = 1.03;
/** The rate is changed at most so often, or once a round trip where that is longer: an answer has to show the change. */
const STEP_MS = 100;
/** A link that could have sent twice what it did for so long, and showed no queue, is not held any more. */
const RELEASE_MS = 10_000;
const RELEASE_FACTOR = 2;
/** Who sends less than so much of what he may did not fill the path: its queue is somebody else's. */
const OWN_SHARE_MIN = 0.5;
/** 1 Mbit/s: a game goes on, whatever the path shows. */
export const ADAPTIVE_BYTES_PER_MS_MIN = 125;

export class AdaptiveRate {
  /** Bytes per millisecond; `Infinity`: the link is not held. */
  perMs: number = Infinity;
  #leastMs = Infinity;
  #leastBeforeMs = Infinity;
  #periodAtMs: number | null = null;
  #answers: readonly number[] = [];
  #sentBytes = 0;
  #stepAtMs: number | null = null;
  /** The largest rate seen of late; falls slowly. */
  #usedPerMs = 0;
  #quietSinceMs: number | null = null;

  sent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  /** A round trip was measured. `true` if the rate changed. */
  measured(roundTripMs: number, nowMs: number): boolean {
    this.#periodAtMs ??= nowMs;
    if (nowMs - this.#periodAtMs >= PERIOD_MS) {
      this.#periodAtMs = nowMs;
      this.#leastBeforeMs = this.#leastMs;
      this.#leastMs = Infinity;
    }
    this.#leastMs = Math.min(this.#leastMs, roundTripMs);
    this.#answers = [...this.#answers.slice(1 - ANSWERS), roundTripMs];
    this.#stepAtMs ??= nowMs;
    const elapsedMs = nowMs - this.#stepAtMs;
    if (elapsedMs < Math.max(STEP_MS, roundTripMs)) return false;
    const sentPerMs = this.#sentBytes / elapsedMs;
    this.#stepAtMs = nowMs;
    this.#sentBytes = 0;
    this.#usedPerMs = Math.max(sentPerMs, this.#usedPerMs * 0.95);
    const before = this.perMs;
    this.#step(sentPerMs, nowMs);
    return this.perMs !== before;
  }

  #step(sentPerMs: number, nowMs: number): void {
    const leastMs = Math.min(this.#leastMs, this.#leastBeforeMs);
    const targetMs = Math.max(QUEUE_MS_TARGET, leastMs * TARGET_OF_LEAST);
    const queueMs = Math.min(...this.#answers) - leastMs;
    if (this.#answers.length === ANSWERS && queueMs > targetMs) {
      this.#quietSinceMs = null;
      if (sentPerMs < OWN_SHARE_MIN * Math.min(this.perMs, this.#usedPerMs)) return;
      const cut = Math.min(CUT_MAX, Math.max(CUT_MIN, (queueMs - targetMs) / (8 * targetMs)));
      const perMs = Math.min(this.perMs, sentPerMs) * (1 - cut);
      this.perMs = Math.min(this.perMs, Math.max(ADAPTIVE_BYTES_PER_MS_MIN, perMs));
      return;
    }
    if (this.perMs === Infinity) return;
    this.#quietSinceMs ??= nowMs;
    const isAmple = this.perMs > RELEASE_FACTOR * this.#usedPerMs;
    if (isAmple && nowMs - this.#quietSinceMs >= RELEASE_MS) {
      this.perMs = Infinity;
      this.#quietSinceMs = null;
    } else if (!isAmple) {
      this.perMs *= GROWTH;
    }
  }
}
