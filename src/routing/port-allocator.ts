// Numbers for links: packets under way name links by port, so a freed number rests before another neighbour
// gets it. The same neighbour has it back at once, since it means the same, and so uses up one number at most. A node that
// starts again does not know what its numbers meant: it begins to count elsewhere, so that routes made for its former life
// name no link, and packets take a detour instead of a wrong turn.

import type { Clock } from '../env/clock.ts';
import { PORT_MAX } from '../wire/ports.ts';
import type { ByteKey } from './byte-key.ts';

/** Longer than any packet can still be under way, queues and retransmissions included. */
export const PORT_REST_MS: number = 5 * 60_000;
/** 0 stays free, for a node's log to mean itself. */
export const PORT_MIN = 1;
/** Ports that take one byte. A prime number: steps of any other size visit all of them before one comes again. */
const SHORT_PORTS = 127;
/** So far from the last start's first port begins the next: a node with fewer links than that reuses none of the last's. */
const PORTS_PER_BOOT = 47;

export interface PortAllocator {
  /**
   * A port for a link to `neighbour`: the one that rests since its last link, else the next that is neither taken nor
   * resting, first of those that take one byte, from this start's first one on; `null` if there is none.
   */
  take(neighbour: ByteKey): number | null;
  /** Frees a port that `take` gave. */
  release(port: number): void;
}

interface Resting {
  readonly neighbour: ByteKey;
  readonly untilMs: number;
}

/** `bootEpoch` grows at each start of the node. */
export function createPortAllocator(clock: Clock, bootEpoch: number): PortAllocator {
  const first = (bootEpoch * PORTS_PER_BOOT) % SHORT_PORTS;
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
  const isFree = (port: number): boolean => !taken.has(port) && !resting.has(port);
  const next = (): number | null => {
    for (let i = 0; i < SHORT_PORTS; i += 1) {
      const port = PORT_MIN + ((first + i) % SHORT_PORTS);
      if (isFree(port)) return port;
    }
    for (let port = PORT_MIN + SHORT_PORTS; port <= PORT_MAX; port += 1) {
      if (isFree(port)) return port;
    }
    return null;
  };

  return {
    take(neighbour) {
      wake();
      const port = restingOf.get(neighbour) ?? next();
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
