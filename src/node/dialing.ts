// Keeps a link to each configured address: dials, and redials with full-jitter backoff and out of a retry budget while the
// peer is away.

import type { Clock, Timer } from '../env/clock.ts';
import type { Dialer, Link } from '../env/link.ts';
import type { Logger } from '../env/logger.ts';
import type { Rng } from '../env/rng.ts';
import { BitcrapsError, type Result } from '../core/errors.ts';
import { parsePeerId } from '../core/peer-id.ts';
import type { AddressBook } from '../resilience/partitions/address-book.ts';
import { fullJitterMs } from '../resilience/recovery/full-jitter.ts';
import { RetryBudget } from '../resilience/recovery/retry-budget.ts';

/** First pause between attempts. Short: on a LAN a neighbour is back within a second of its restart. */
const BACKOFF_FIRST_MS = 200;
/** No pause is longer: a peer that returns is found again within this time. */
const BACKOFF_MAX_MS = 5_000;
/** A link that lived this long was no failure: the next attempt starts from the first pause. */
const STABLE_MS = 5_000;

const DHT = 'dht:';

/** Where to dial, and whom to expect there; `null`: whoever answers. */
export interface DialTarget {
  readonly address: string;
  readonly peer: Uint8Array | null;
}

/** `PEERID@host:port`, `host:port` or `dht:PEERID`. Error: `BYTES_INVALID_BASE32`. */
export function parseDialTarget(text: string): Result<DialTarget, 'BYTES_INVALID_BASE32'> {
  if (text.startsWith(DHT)) {
    const named = parsePeerId(text.slice(DHT.length));
    return named.ok ? { ok: true, value: { address: text, peer: named.value } } : named;
  }
  const at = text.indexOf('@');
  if (at < 0) return { ok: true, value: { address: text, peer: null } };
  const peer = parsePeerId(text.slice(0, at));
  return peer.ok ? { ok: true, value: { address: text.slice(at + 1), peer: peer.value } } : peer;
}

export interface DialingDeps {
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  /** Whether there is a link to this peer already, whoever dialled it. */
  readonly isConnected: (peer: Uint8Array) => boolean;
  /** Where it is remembered who answered at which address. Default: nowhere. */
  readonly book?: AddressBook;
  /** What redials are paid out of, by address. Default: one for these targets alone. */
  readonly budget?: RetryBudget;
}

export interface Dialing {
  /** Stops dialling; links that were handed over stay. */
  stop(): void;
}

/** One target's state. */
interface Attempt {
  readonly target: DialTarget;
  /** Known from the target, or learned from the first link. */
  peer: Uint8Array | null;
  failures: number;
  openedAt: number;
}

/** Dials every target, hands each link to `use`, and dials again when that link ends. */
export function createDialing(
  targets: readonly DialTarget[],
  deps: DialingDeps,
  use: (link: Link) => void,
): Dialing {
  const { clock, rng, logger } = deps;
  const budget = deps.budget ?? new RetryBudget(clock);
  const timers = new Set<Timer>();
  let stopped = false;

  const dial = async (attempt: Attempt): Promise<void> => {
    if (attempt.peer !== null && deps.isConnected(attempt.peer))
      return later(attempt, BACKOFF_MAX_MS);
    const { address } = attempt.target;
    // A first dial, and one after a link that was stable, is no retry.
    if (attempt.failures > 0 && !budget.take(address)) {
      return later(attempt, Math.max(1, budget.waitMs(address)));
    }
    try {
      const link = await deps.dialer.dial(address, attempt.target.peer);
      if (stopped) return link.close();
      attempt.peer = link.remoteKey;
      attempt.openedAt = clock.now();
      deps.book?.remember(link.remoteKey, attempt.target.address);
      budget.succeeded(address);
      use(watchClose(link, () => ended(attempt)));
    } catch (error) {
      failed(attempt, error);
    }
  };

  const failed = (attempt: Attempt, error: unknown): void => {
    attempt.failures += 1;
    const code = error instanceof BitcrapsError ? error.code : 'INTERNAL';
    const detail = error instanceof Error ? error.message : String(error);
    const level = attempt.failures === 1 ? 'warn' : 'debug';
    logger[level]('dial-failed', {
      address: attempt.target.address,
      code,
      detail,
      failures: attempt.failures,
    });
    later(attempt, backoffMs(attempt.failures));
  };

  const ended = (attempt: Attempt): void => {
    const stable = clock.now() - attempt.openedAt >= STABLE_MS;
    attempt.failures = stable ? 0 : attempt.failures + 1;
    later(attempt, backoffMs(attempt.failures));
  };

  const backoffMs = (failures: number): number =>
    fullJitterMs(rng, failures, BACKOFF_FIRST_MS, BACKOFF_MAX_MS);

  const later = (attempt: Attempt, delayMs: number): void => {
    if (stopped) return;
    const timer = clock.after(delayMs, () => {
      timers.delete(timer);
      void dial(attempt);
    });
    timers.add(timer);
  };

  for (const target of targets) void dial({ target, peer: target.peer, failures: 0, openedAt: 0 });

  return {
    stop() {
      stopped = true;
      for (const timer of timers) timer.cancel();
      timers.clear();
    },
  };
}

/** The same link, which also tells `closed` when it ends. */
function watchClose(link: Link, closed: () => void): Link {
  return {
    transport: link.transport,
    role: link.role,
    remoteKey: link.remoteKey,
    remoteAddress: link.remoteAddress,
    channelBinding: link.channelBinding,
    reliable: link.reliable,
    frameBytesMax: link.frameBytesMax,
    queueBytesMax: link.queueBytesMax,
    get bufferedBytes() {
      return link.bufferedBytes;
    },
    attach: (handlers) =>
      link.attach({
        frame: (bytes, nowMs) => handlers.frame(bytes, nowMs),
        drain: () => handlers.drain(),
        close: (reason) => {
          handlers.close(reason);
          closed();
        },
      }),
    send: (frame, given) => link.send(frame, given),
    ...(link.lastSent === undefined ? {} : { lastSent: link.lastSent }),
    close: () => link.close(),
    destroy: (reason) => link.destroy(reason),
  };
}
