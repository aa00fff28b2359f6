// Lets link state do what is due, in time, offers what it has to say to the links, and tells when something has changed.

import type { Clock, Timer } from '../env/clock.ts';
import type { LinkState } from '../routing/link-state.ts';

export interface LinkStateDriverDeps {
  readonly clock: Clock;
  readonly linkState: LinkState;
  /** Lets every link ask for frames. */
  readonly wakeLinks: () => void;
  /** Grows with each change. */
  readonly version: () => number;
}

export class LinkStateDriver {
  readonly #deps: LinkStateDriverDeps;
  readonly #listeners: (() => void)[] = [];
  #wake: { readonly atMs: number; readonly timer: Timer } | null = null;
  #told: number;
  #stopped = false;

  constructor(deps: LinkStateDriverDeps) {
    this.#deps = deps;
    this.#told = deps.version();
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** After whatever may have changed link state, or given it something to say. */
  spread(): void {
    const { clock, linkState, wakeLinks } = this.#deps;
    const dueAtMs = linkState.wakeAtMs;
    if (dueAtMs !== null && dueAtMs <= clock.now()) linkState.wake();
    if (linkState.hasFrames) wakeLinks();
    this.#tell();
    const atMs = linkState.wakeAtMs;
    if (this.#stopped || atMs === null || (this.#wake !== null && this.#wake.atMs <= atMs)) return;
    this.#wake?.timer.cancel();
    // At least a millisecond: sums of fractional times need not be exact.
    const timer = clock.after(Math.max(1, atMs - clock.now()), () => {
      this.#wake = null;
      this.spread();
    });
    this.#wake = { atMs, timer };
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.timer.cancel();
  }

  #tell(): void {
    const version = this.#deps.version();
    if (version === this.#told) return;
    this.#told = version;
    for (const listener of this.#listeners) listener();
  }
}
