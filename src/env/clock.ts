// Time as an argument. Production reads the operating system's clocks, the simulator a virtual one.

/** A pending timer. `cancel` is idempotent and safe after the timer has fired. */
export interface Timer {
  cancel(): void;
}

/** The only source of time below `platform/`. */
export interface Clock {
  /** Milliseconds on a monotonic clock with an arbitrary origin; fractional. */
  now(): number;
  /** Milliseconds since the Unix epoch by this machine's wall clock; it may jump. */
  wallMs(): number;
  /** Calls `run` once, `delayMs` (≥ 0) from now, never synchronously. */
  after(delayMs: number, run: () => void): Timer;
}
