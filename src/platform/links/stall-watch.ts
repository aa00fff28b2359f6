// Whether what a link has to send moves: the one rule of all transports. What begins to wait now has not waited before,
// however long the link was idle; what waits and does not move for the time allowed has stalled. One timer, which runs on
// while the link is in use, so that nothing is set and cancelled for each frame.

import type { Clock, Timer } from '../../env/clock.ts';

export interface StallWatchConfig {
  readonly clock: Clock;
  /** Without any movement for so long while bytes wait, the link has stalled. */
  readonly timeoutMs: number;
  /** Whether bytes wait for the other end. */
  readonly isWaiting: () => boolean;
  /** A number that differs once the other end was heard: a sign of life where waiting bytes do not show their going. */
  readonly signs?: () => number;
  /** Called once. */
  readonly stalled: (detail: string) => void;
  /** Nothing waits, some time after something did. */
  readonly idle?: () => void;
}

export class StallWatch {
  readonly #config: StallWatchConfig;
  #movedAtMs = 0;
  #signsThen = 0;
  #timer: Timer | null = null;
  #over = false;

  constructor(config: StallWatchConfig) {
    this.#config = config;
  }

  /** Something is to be sent. Call before it counts as waiting. */
  adds(): void {
    if (this.#over) return;
    if (!this.#config.isWaiting()) this.#moved();
    this.#timer ??= this.#config.clock.after(this.#config.timeoutMs, () => this.#check());
  }

  /** Some of what waits was taken. */
  moved(): void {
    this.#movedAtMs = this.#config.clock.now();
  }

  cancel(): void {
    this.#over = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #moved(): void {
    this.moved();
    this.#signsThen = this.#config.signs?.() ?? 0;
  }

  #check(): void {
    const { clock, timeoutMs, isWaiting, signs, stalled, idle } = this.#config;
    this.#timer = null;
    if (!isWaiting()) {
      idle?.();
      return;
    }
    if (signs !== undefined && signs() !== this.#signsThen) this.#moved();
    const stillMs = clock.now() - this.#movedAtMs;
    if (stillMs >= timeoutMs) {
      this.#over = true;
      stalled(`no progress for ${timeoutMs} ms`);
      return;
    }
    this.#timer = clock.after(timeoutMs - stillMs, () => this.#check());
  }
}
