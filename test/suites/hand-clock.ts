// A clock that the test moves, for code on real sockets: timers go off when it says so, however slow the machine is.

import type { Clock, Timer } from '../../src/env/clock.ts';

interface Pending {
  readonly atMs: number;
  readonly run: () => void;
}

export class HandClock implements Clock {
  #nowMs = 0;
  readonly #pending = new Set<Pending>();

  readonly now = (): number => this.#nowMs;
  readonly wallMs = (): number => this.#nowMs;

  readonly after = (delayMs: number, run: () => void): Timer => {
    const pending = { atMs: this.#nowMs + delayMs, run };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  };

  /** Moves on by `ms` and runs what is due, in order, at the time at which it is due. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#pending]
        .filter(({ atMs }) => atMs <= untilMs)
        .sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#pending.delete(due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.run();
    }
    this.#nowMs = untilMs;
  }
}
