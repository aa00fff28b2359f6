// A process that can be made to stand still: while it is paused its timers and what its links bring wait, and its kernel
// goes on to take bytes. Afterwards late timers fire first, then comes what had arrived, as an event loop does it.

import type { Link, LinkHandlers } from '../../env/link.ts';
import type { SimClock } from '../world.ts';

export class ProcessGate {
  #isPaused = false;
  #timers: (() => void)[] = [];
  #arrived: (() => void)[] = [];

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    const waiting = [...this.#timers, ...this.#arrived];
    this.#timers = [];
    this.#arrived = [];
    for (const run of waiting) run();
  }

  /** The process is gone: nothing that waits happens any more. */
  drop(): void {
    this.#timers = [];
    this.#arrived = [];
  }

  /** The process's clock: wall and monotonic time go on while it stands still. */
  clock(inner: SimClock): SimClock {
    return {
      now: () => inner.now(),
      wallMs: () => inner.wallMs(),
      after: (delayMs, run) => {
        let isCancelled = false;
        const timer = inner.after(delayMs, () => {
          if (!this.#isPaused) return run();
          this.#timers.push(() => {
            if (!isCancelled) run();
          });
        });
        return {
          cancel: () => {
            isCancelled = true;
            timer.cancel();
          },
        };
      },
      jumpWall: (byMs) => inner.jumpWall(byMs),
      kill: () => {
        this.drop();
        inner.kill();
      },
    };
  }

  /** A link of the process. */
  link(inner: Link): Link {
    const gated = (handlers: LinkHandlers): LinkHandlers => ({
      frame: (bytes) => {
        if (!this.#isPaused) return handlers.frame(bytes);
        // The network may use the memory of a frame again once its handler is done.
        const kept = bytes.slice();
        this.#arrived.push(() => handlers.frame(kept));
      },
      drain: () => this.#pass(() => handlers.drain()),
      close: (reason) => this.#pass(() => handlers.close(reason)),
    });
    return {
      transport: inner.transport,
      role: inner.role,
      remoteKey: inner.remoteKey,
      remoteAddress: inner.remoteAddress,
      channelBinding: inner.channelBinding,
      reliable: inner.reliable,
      frameBytesMax: inner.frameBytesMax,
      queueBytesMax: inner.queueBytesMax,
      get bufferedBytes() {
        return inner.bufferedBytes;
      },
      attach: (handlers) => inner.attach(gated(handlers)),
      send: (frame, given) => inner.send(frame, given),
      close: () => inner.close(),
      destroy: (reason) => inner.destroy(reason),
    };
  }

  #pass(run: () => void): void {
    if (this.#isPaused) this.#arrived.push(run);
    else run();
  }
}
