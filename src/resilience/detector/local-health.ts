// How far a node trusts its own judgement: Lifeguard's local health multiplier (Dadgar, Phillips and Currey 2018, section
// IV-A), from 0 for a node that keeps up to 8 for one that does not. A node that is slow itself takes others for slow, so
// whoever waits for an answer waits as many times longer as the multiplier says.
//
// Lifeguard counts probes alone. Here a timer that fires late counts, too: it tells of a pause of this process (a collected
// heap, a stopped process, a machine with too much to do) before any neighbour is blamed for it. While what waits to be
// read is read, nobody is convicted.

/** A timer that is later than this was held up by this node itself. */
export const LOCAL_PAUSE_MS = 100;
/** Lifeguard's S: nine times as long is the longest that anybody waits. */
export const LOCAL_HEALTH_MAX = 8;
/** A pause counts for one, and for another with each of these that it lasts. */
const PAUSE_STEP_MS = 500;
/**
 * As far as others' suspicions alone raise the score: they may be mistaken or lie, however many they are. It is less than
 * what alerts take for a machine that does not keep up.
 */
export const SUSPECTED_SCORE_MAX = 3;
/** Without any news the score falls by one in this time: a node without neighbours recovers, too. */
const DECAY_MS = 10_000;
/** After a pause nobody is convicted for as long as it lasted, within these bounds. */
const QUIET_MS_MIN = 100;
const QUIET_MS_MAX = 1_000;

/** Fields of `ResilienceStatistics`. */
export interface LocalHealthSnapshot {
  readonly localHealth: number;
  readonly localPauses: number;
  readonly localPausedMs: number;
}

/** One for each node. Times are of its monotonic clock. */
export class LocalHealth {
  #score = 0;
  /** Each `DECAY_MS` after this it falls by one. */
  #fallsFromMs = 0;
  #pauses = 0;
  #pausedMs = 0;
  #pauseEndMs = -Infinity;
  #quietUntilMs = -Infinity;

  /** 0 … `LOCAL_HEALTH_MAX`; 0 is healthy. */
  score(nowMs: number): number {
    const steps = Math.floor((nowMs - this.#fallsFromMs) / DECAY_MS);
    if (steps > 0) {
      this.#score = Math.max(0, this.#score - steps);
      this.#fallsFromMs += steps * DECAY_MS;
    }
    return this.#score;
  }

  /** By what to multiply the time that others get to answer: 1 … 9. */
  multiplier(nowMs: number): number {
    return 1 + this.score(nowMs);
  }

  /** Until then nobody is to be convicted; in the past where this node was not held up. */
  get quietUntilMs(): number {
    return this.#quietUntilMs;
  }

  /** A timer fired `lateMs` too late. Several that were due within one pause count once. */
  timerFired(lateMs: number, nowMs: number): void {
    if (lateMs <= LOCAL_PAUSE_MS) return;
    const beganAtMs = nowMs - lateMs;
    const isNew = beganAtMs > this.#pauseEndMs;
    const addedMs = Math.max(0, nowMs - Math.max(beganAtMs, this.#pauseEndMs));
    this.#pauseEndMs = Math.max(this.#pauseEndMs, nowMs);
    this.#pausedMs += addedMs;
    const quietMs = Math.min(QUIET_MS_MAX, Math.max(QUIET_MS_MIN, lateMs));
    this.#quietUntilMs = Math.max(this.#quietUntilMs, nowMs + quietMs);
    if (isNew) this.#pauses += 1;
    this.#change((isNew ? 1 : 0) + Math.floor(addedMs / PAUSE_STEP_MS), nowMs);
  }

  /** A probe of this node went unanswered, or a proxy did not even decline. */
  failed(nowMs: number): void {
    this.#change(1, nowMs);
  }

  /** A neighbour suspects this node: it may have been slow. That is no reason for the score to fall later. */
  suspected(nowMs: number): void {
    const score = this.score(nowMs);
    if (score >= SUSPECTED_SCORE_MAX) return;
    // Only then: neighbours that take turns would keep the score from falling at all.
    if (score === 0) this.#fallsFromMs = nowMs;
    this.#score = score + 1;
  }

  /** A probe of this node was answered in time. */
  succeeded(nowMs: number): void {
    this.#change(-1, nowMs);
  }

  snapshot(nowMs: number): LocalHealthSnapshot {
    return {
      localHealth: this.score(nowMs),
      localPauses: this.#pauses,
      localPausedMs: this.#pausedMs,
    };
  }

  #change(by: number, nowMs: number): void {
    const score = this.score(nowMs) + by;
    if (by === 0) return;
    this.#score = Math.min(LOCAL_HEALTH_MAX, Math.max(0, score));
    this.#fallsFromMs = nowMs;
  }
}
