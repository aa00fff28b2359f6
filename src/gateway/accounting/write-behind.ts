// Writes changes to the store some time after they happened, many in one batch and one batch at a time. What a crash can
// lose is what changed since the last batch was begun: `flushMs` and the time of a write.

import { BitcrapsError } from '../../core/errors.ts';
import type { Clock, Timer } from '../../env/clock.ts';
import type { Logger } from '../../env/logger.ts';
import type { Store, StoreWrite } from '../../env/store.ts';

/** Batches are this far apart, however much changes. */
export const FLUSH_MS_MIN = 100;

export interface WriteBehindConfig {
  readonly clock: Clock;
  readonly logger: Logger;
  /** `null`: nothing is kept. */
  readonly store: Store | null;
  readonly flushMs: number;
  /** The changes so far, which count as being written from now on. */
  collect(): readonly StoreWrite[];
  /** They are durable, or `false`: not written at all. */
  settled(isDurable: boolean): void;
}

export class WriteBehind {
  /** When the last batch became durable, on the monotonic clock; `null` before the first. */
  durableAtMs: number | null = null;
  failures = 0;
  readonly #config: WriteBehindConfig;
  #timer: Timer | null = null;
  #isSoon = false;
  #begunAtMs = -Infinity;
  #writing: Promise<void> | null = null;
  #stopped = false;

  constructor(config: WriteBehindConfig) {
    this.#config = config;
  }

  /** Something changed. */
  changed(): void {
    if (this.#timer === null && !this.#stopped) this.#arm(this.#config.flushMs);
  }

  /** Much changed. */
  hurry(): void {
    if (this.#isSoon || this.#stopped) return;
    this.#timer?.cancel();
    this.#arm(Math.max(0, this.#begunAtMs + FLUSH_MS_MIN - this.#config.clock.now()));
    this.#isSoon = true;
  }

  /** Writes what changed so far; resolves when it is durable, or could not be written and waits for the next time. */
  async flush(): Promise<void> {
    if (this.#writing !== null) await this.#writing;
    this.#timer?.cancel();
    this.#timer = null;
    this.#isSoon = false;
    await this.#begin();
  }

  /** Nothing is written by itself any more. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(delayMs: number): void {
    this.#timer = this.#config.clock.after(delayMs, () => {
      this.#timer = null;
      this.#isSoon = false;
      // A batch under way is followed by the next one.
      if (this.#writing === null) void this.#begin();
      else this.#arm(FLUSH_MS_MIN);
    });
  }

  #begin(): Promise<void> {
    if (this.#writing !== null) return this.#writing;
    const batch = this.#config.collect();
    if (batch.length === 0) return Promise.resolve();
    this.#begunAtMs = this.#config.clock.now();
    this.#writing = this.#write(batch);
    return this.#writing;
  }

  async #write(batch: readonly StoreWrite[]): Promise<void> {
    const { store, clock, logger } = this.#config;
    let isDurable = true;
    try {
      await store?.write(batch);
      this.durableAtMs = clock.now();
    } catch (error) {
      isDurable = false;
      this.failures += 1;
      const code = error instanceof BitcrapsError ? error.code : String(error);
      logger.error('accounting-not-written', { code, changes: batch.length });
    }
    this.#writing = null;
    this.#config.settled(isDurable);
    if (!isDurable) this.changed();
  }
}
