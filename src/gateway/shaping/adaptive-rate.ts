// Sends less over a path that fills up, so that packets wait here, in order of urgency, and not in somebody's modem. A
// delay-based control after TCP Vegas (Brakmo 1994) and LEDBAT (RFC 6817): what a round trip takes beyond the least of late
// is queueing; past a target the rate falls below what the path was seen to carry, in proportion to how far; else it
// recovers, fast up to there and slowly beyond, and after a quiet time the link is not held at all. The send window below
// (`mesh/send-window.ts`) bounds what is under way; this bounds how fast it leaves.
//
// Answers are late for other reasons too: others' traffic, a busy processor at either end. So each cut is a trial: where the
// queue does not shrink although less is sent, it is not this link's doing, and the link is let go for a while.

/** Queueing that is worth a busy path; below the send window's own target, so that this comes first. */
const QUEUE_MS_TARGET = 12;
/** Of the least round trip, where that is more. */
const TARGET_OF_LEAST: number = 1 / 8;
/** The least round trip is that of this and the last period (RFC 6817's base history), since routes below change. */
const PERIOD_MS = 60_000;
/** The median of so many answers counts: a late one or two are a busy processor (RFC 6817's current filter). */
const ANSWERS = 5;
/** A nearer end is on this machine or this LAN: there answers are late because processors are busy. */
const LEAST_MS_MIN = 2;
/** By then a queue of this link's making must have shrunk to so much of itself: a fifth less sent drains 100 ms in 500. */
const TRIAL_MS = 2_000;
const TRIAL_QUEUE_MAX = 0.7;
/** Sent at less than this of the rate, it is the path that holds the link and not the rate. */
const SLOWED = 0.9;
/** How low one trial takes the rate, of what was sent when it began. */
const TRIAL_RATE_MIN = 0.6;
/** After a trial in vain no queue is taken for this link's doing for so long, then twice as long each time, up to the most. */
const DISTRUST_MS_MIN = 10_000;
const DISTRUST_MS_MAX = 300_000;
/** How far below what the path carried the rate falls. */
const CUT_MIN = 0.05;
const CUT_MAX = 0.2;
/** By how much it recovers in each step that shows no queue: up to near what the path carried, and beyond. */
const GROWTH = 0.03;
const NEAR: number = 1 - CUT_MIN;
const GROWTH_BEYOND = 0.005;
/** Beyond, it grows faster by so much again for each second without a queue: the path may carry more by now (CUBIC). */
const GROWTH_SPEEDUP_MS = 1_000;
/** The rate is changed at most so often, or once a round trip where that is longer: an answer has to show the change. */
const STEP_MS = 100;
/** What is sent comes in bursts, as acknowledgements do: its rate is averaged over about so long. */
const AVERAGE_MS = 500;
/** A link that could have sent twice what it did for so long, and showed no queue, is not held any more. */
const RELEASE_MS = 10_000;
const RELEASE_FACTOR = 2;
/** Who has nothing waiting and sends less than so much of what the path carried did not fill it: others did. */
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
  /** Bytes per millisecond of late. */
  #sentPerMs = 0;
  #stepAtMs: number | null = null;
  /** What the path was seen to carry when it filled up. */
  #carriedPerMs = 0;
  #quietSinceMs: number | null = null;
  #trial: { readonly sinceMs: number; readonly queueMs: number; readonly perMs: number } | null =
    null;
  #distrustMs = DISTRUST_MS_MIN;
  #trustsAtMs = -Infinity;

  sent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  /** A round trip was measured while packets waited for the link, or none did. `true` if the rate changed. */
  measured(roundTripMs: number, isBacklogged: boolean, nowMs: number): boolean {
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
    const part = 1 - Math.exp(-elapsedMs / AVERAGE_MS);
    const stepPerMs = this.#sentBytes / elapsedMs;
    this.#sentPerMs += part * (stepPerMs - this.#sentPerMs);
    this.#stepAtMs = nowMs;
    this.#sentBytes = 0;
    const before = this.perMs;
    const isOwn =
      isBacklogged || stepPerMs >= OWN_SHARE_MIN * Math.min(this.perMs, this.#carriedPerMs);
    this.#step(isOwn, nowMs);
    return this.perMs !== before;
  }

  /** `isOwn`: a queue may be this link's. */
  #step(isOwn: boolean, nowMs: number): void {
    const leastMs = Math.min(this.#leastMs, this.#leastBeforeMs);
    if (leastMs < LEAST_MS_MIN || this.#answers.length < ANSWERS) {
      this.perMs = Infinity;
      return;
    }
    const targetMs = Math.max(QUEUE_MS_TARGET, leastMs * TARGET_OF_LEAST);
    const queueMs = median(this.#answers) - leastMs;
    if (queueMs <= targetMs) this.#recover(nowMs);
    else if (isOwn && nowMs >= this.#trustsAtMs) this.#cut(queueMs, targetMs, nowMs);
    else this.#quietSinceMs = null;
  }

  #cut(queueMs: number, targetMs: number, nowMs: number): void {
    this.#quietSinceMs = null;
    const trial = this.#trial;
    if (trial !== null && this.#sentPerMs < SLOWED * Math.min(this.perMs, trial.perMs)) {
      // The path itself holds the link below that: it carries less by now, and the trial is not yet one.
      this.#trial = { sinceMs: nowMs, queueMs, perMs: this.#sentPerMs };
    } else if (trial === null || nowMs - trial.sinceMs >= TRIAL_MS) {
      if (trial !== null && queueMs > TRIAL_QUEUE_MAX * trial.queueMs) {
        this.#letGo(nowMs);
        return;
      }
      this.#trial = { sinceMs: nowMs, queueMs, perMs: this.#sentPerMs };
    }
    this.#carriedPerMs = this.#sentPerMs;
    const cut = Math.min(CUT_MAX, (CUT_MIN * queueMs) / targetMs);
    const leastPerMs = Math.max(
      ADAPTIVE_BYTES_PER_MS_MIN,
      TRIAL_RATE_MIN * (this.#trial?.perMs ?? 0),
    );
    const perMs = Math.min(this.perMs, this.#sentPerMs) * (1 - cut);
    this.perMs = Math.min(this.perMs, Math.max(leastPerMs, perMs));
  }

  /** Sending less did not help: round trips are what they are now. */
  #letGo(nowMs: number): void {
    this.perMs = Infinity;
    this.#trial = null;
    this.#leastMs = median(this.#answers);
    this.#leastBeforeMs = Infinity;
    this.#trustsAtMs = nowMs + this.#distrustMs;
    this.#distrustMs = Math.min(DISTRUST_MS_MAX, 2 * this.#distrustMs);
  }

  /** No queue. */
  #recover(nowMs: number): void {
    if (this.perMs === Infinity) return;
    if (this.#trial !== null) {
      // It was this link's.
      this.#trial = null;
      this.#distrustMs = DISTRUST_MS_MIN;
    }
    this.#quietSinceMs ??= nowMs;
    const isAmple = this.perMs > RELEASE_FACTOR * this.#sentPerMs;
    if (!isAmple) {
      const beyond = GROWTH_BEYOND * (1 + (nowMs - this.#quietSinceMs) / GROWTH_SPEEDUP_MS);
      const isNear = this.perMs >= NEAR * this.#carriedPerMs;
      this.perMs *= 1 + (isNear ? Math.min(GROWTH / 2, beyond) : GROWTH);
    } else if (nowMs - this.#quietSinceMs >= RELEASE_MS) {
      this.perMs = Infinity;
      this.#quietSinceMs = null;
    }
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
