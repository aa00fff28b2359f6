// Numbers for links: packets under way name links by port, so a freed number rests before another neighbour
// gets it. The same neighbour has it back at once, since it means the same, and so uses up one number at most.

import type { Clock } from '../env/clock.ts';
import { PORT_MAX } from '../wire/ports.ts';
import type { ByteKey } from './byte-key.ts';

/** Longer than any packet can still be under way, queues and retransmissions included. */
export const PORT_REST_MS: number = 5 * 60_000;
/** 0 stays free, for a node's log to mean itself. */
export const PORT_MIN = 1;

export interface PortAllocator {
  /**
   * A port for a link to `neighbour`: the one that rests since its last link, else the lowest that is neither taken nor
   * resting, since low ports take one byte; `null` if there is none.
   */
  take(neighbour: ByteKey): number | null;
  /** Frees a port that `take` gave. */
  release(port: number): void;
}

interface Resting {
  readonly neighbour: ByteKey;
  readonly untilMs: number;
}

export function createPortAllocator(clock: Clock): PortAllocator {
  const taken = new Map<number, ByteKey>();
  /** Insertion order is time order. */
  const resting = new Map<number, Resting>();
  /** Neighbour → its port that rests. */
  const restingOf = new Map<ByteKey, number>();

  const wakeOne = (port: number, neighbour: ByteKey): void => {
    resting.delete(port);
    if (restingOf.get(neighbour) === port) restingOf.delete(neighbour);
  };
  const wake = (): void => {
    for (const [port, { neighbour, untilMs }] of resting) {
      if (untilMs > clock.now()) return;
      wakeOne(port, neighbour);
    }
  };
  const lowest = (): number | null => {
    for (let port = PORT_MIN; port <= PORT_MAX; port += 1) {
      if (!taken.has(port) && !resting.has(port)) return port;
    }
    return null;
  };

  return {
    take(neighbour) {
      wake();
      const port = restingOf.get(neighbour) ?? lowest();
      if (port === null) return null;
      wakeOne(port, neighbour);
      taken.set(port, neighbour);
      return port;
    },
    release(port) {
      const neighbour = taken.get(port);
      if (neighbour === undefined) return;
      taken.delete(port);
      resting.set(port, { neighbour, untilMs: clock.now() + PORT_REST_MS });
      restingOf.set(neighbour, port);
    },
  };
}
