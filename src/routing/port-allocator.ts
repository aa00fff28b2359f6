// Numbers for links: packets under way name links by port, so a freed number rests before another link gets it.

import type { Clock } from '../env/clock.ts';
import { PORT_MAX } from '../wire/ports.ts';

/** Longer than any packet can still be under way, queues and retransmissions included. */
export const PORT_REST_MS: number = 5 * 60_000;
/** 0 stays free, for a node's log to mean itself. */
export const PORT_MIN = 1;

export interface PortAllocator {
  /** The lowest port that is neither taken nor resting, since low ports take one byte; `null` if there is none. */
  take(): number | null;
  /** Frees a port that `take` gave. */
  release(port: number): void;
}

export function createPortAllocator(clock: Clock): PortAllocator {
  const taken = new Set<number>();
  /** Port → when it may be used again. Insertion order is time order. */
  const resting = new Map<number, number>();

  const wake = (): void => {
    for (const [port, untilMs] of resting) {
      if (untilMs > clock.now()) return;
      resting.delete(port);
    }
  };

  return {
    take() {
      wake();
      for (let port = PORT_MIN; port <= PORT_MAX; port += 1) {
        if (taken.has(port) || resting.has(port)) continue;
        taken.add(port);
        return port;
      }
      return null;
    },
    release(port) {
      if (!taken.delete(port)) return;
      resting.set(port, clock.now() + PORT_REST_MS);
    },
  };
}
