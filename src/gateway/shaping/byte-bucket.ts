// A token bucket in bytes (Turner 1986) that may be overdrawn by what is under way: whoever finds tokens sends a whole
// packet, and the next one waits until the debt is paid. Over any time T so leave at most rate · T + burst + one packet.
// A busy machine serves its timers late: while packets wait, tokens beyond the burst are kept for them, up to a tenth of a
// second's, or the rate would not be reached.
// The rate may change at any time; tokens and debts of before stay.

/** A burst lasts so long at the rate. */
const BURST_MS = 10;
/** A few small packets, where the rate is low. */
export const BURST_BYTES_MIN: number = 4 * 1024;
/** Where the rate is high, timers of a millisecond must not leave the link idle. */
export const BURST_BYTES_MAX: number = 1024 * 1024;
/** What is kept where packets wait. */
const LATE_MS_MAX = 100;
/** Frames that wait for nobody may overdraw it by what the rate carries in this time, not more. */
const DEBT_MS_MAX = 1_000;
/** Sums of fractional times need not be exact: a wait is longer by so much. */
const ROUNDING_MS = 0.01;

/** Starts full. */
export class ByteBucket {
  /** `Infinity`: no limit. */
  perMs: number = Infinity;
  burst: number = BURST_BYTES_MAX;
  /** Packets wait for tokens. */
  isAwaited = false;
  #tokens: number = BURST_BYTES_MAX;
  #filledAtMs = 0;

  /** Bytes per millisecond; `Infinity` for no limit. */
  setRate(perMs: number, nowMs: number): void {
    this.level(nowMs);
    this.#filledAtMs = nowMs;
    this.perMs = perMs;
    const burst = Math.min(BURST_BYTES_MAX, Math.max(BURST_BYTES_MIN, perMs * BURST_MS));
    this.burst = burst;
    this.#tokens = Math.min(burst, this.#tokens);
  }

  /** The most tokens that packets find which had to wait. */
  get lateBurst(): number {
    return Math.max(this.burst, this.perMs * LATE_MS_MAX);
  }

  /** Tokens, negative for a debt, `Infinity` without a limit. */
  level(nowMs: number): number {
    if (this.perMs === Infinity) return Infinity;
    const tokens = this.#tokens + Math.max(0, nowMs - this.#filledAtMs) * this.perMs;
    const most = this.isAwaited ? this.lateBurst : this.burst;
    this.#tokens = tokens < most ? tokens : most;
    this.#filledAtMs = nowMs;
    return this.#tokens;
  }

  /** `level` has been asked at this time. */
  take(bytes: number): void {
    if (this.perMs !== Infinity) this.#tokens -= bytes;
  }

  /** What goes without asking. */
  charge(bytes: number): void {
    if (this.perMs === Infinity) return;
    const least = Math.min(this.#tokens, -this.perMs * DEBT_MS_MAX);
    this.#tokens = Math.max(least, this.#tokens - bytes);
  }

  /** Milliseconds until the level has passed `bytes`, which is less than the burst. */
  waitMs(bytes: number, nowMs: number): number {
    const level = this.level(nowMs);
    return level > bytes ? 0 : (bytes - level) / this.perMs + ROUNDING_MS;
  }
}
