// Keeps a link to each configured address: dials, and redials with full-jitter backoff and out of a retry budget while the
// peer is away. A configured neighbour that is away is a recovery like others: attempts and outcome are recorded.

import type { Clock, Timer } from '../env/clock.ts';
import type { Dialer, Link, LinkClose } from '../env/link.ts';
import type { Logger } from '../env/logger.ts';
import type { Rng } from '../env/rng.ts';
import { BitcrapsError, type Result } from '../core/errors.ts';
import { bytesEqual } from '../core/bytes.ts';
import { parsePeerId, peerIdText } from '../core/peer-id.ts';
import type { AddressBook } from '../resilience/partitions/address-book.ts';
import { fullJitterMs } from '../resilience/recovery/full-jitter.ts';
import type { AttemptOutcome } from '../resilience/recovery/recovery-log.ts';
import type { FollowedRecovery } from '../resilience/recovery/recovery-contract.ts';
import type { Recoveries } from '../resilience/recovery/recovery.ts';
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
  /** Where it is recorded what is done about those who are away. Default: nowhere. */
  readonly recoveries?: Pick<Recoveries, 'follow'>;
}

export interface Dialing {
  /** This peer is connected now, whoever dialled it. */
  connected(peer: Uint8Array): void;
  /** A link to this peer ended before it was connected, and why: the code of an error. */
  refused(peer: Uint8Array, code: string): void;
  /** Stops dialling; links that were handed over stay. */
  stop(): void;
}

/** One target's state. */
interface Kept {
  readonly target: DialTarget;
  /** Who is expected, or answered last. */
  peer: Uint8Array | null;
  /** Known from the target, or by having been connected. */
  knownPeer: Uint8Array | null;
  /** Why the link that was dialled is not wanted. */
  code: string | null;
  /** In a row: dials, and links that ended soon. */
  failures: number;
  /** Until it was dialled once, or was there without that: what is not there then is no loss yet. */
  isNew: boolean;
  /** For the budget to fill. */
  isWaiting: boolean;
  /** Of the last dial. */
  dialledAtMs: number;
  openedAtMs: number;
  /** Of the link that was dialled: it is open, and its peer counts as connected by it. */
  isOpen: boolean;
  isJoined: boolean;
  /** While the peer is away. */
  recovery: FollowedRecovery | null;
}

/** Dials every target, hands each link to `use`, and dials again when that link ends. */
export function createDialing(
  targets: readonly DialTarget[],
  deps: DialingDeps,
  use: (link: Link) => void,
): Dialing {
  return new KeptLinks(targets, deps, use);
}

class KeptLinks implements Dialing {
  readonly #deps: DialingDeps;
  readonly #use: (link: Link) => void;
  readonly #budget: RetryBudget;
  readonly #timers = new Set<Timer>();
  readonly #all: readonly Kept[];
  #stopped = false;

  constructor(targets: readonly DialTarget[], deps: DialingDeps, use: (link: Link) => void) {
    this.#deps = deps;
    this.#use = use;
    this.#budget = deps.budget ?? new RetryBudget(deps.clock);
    this.#all = targets.map(newlyKept);
    for (const kept of this.#all) void this.#dial(kept);
  }

  connected(peer: Uint8Array): void {
    for (const kept of this.#all) {
      const isIt = kept.peer !== null && bytesEqual(kept.peer, peer);
      if (isIt && this.#isConnected(kept)) this.#back(kept);
    }
  }

  refused(peer: Uint8Array, code: string): void {
    for (const kept of this.#all) {
      const isIt = kept.peer !== null && bytesEqual(kept.peer, peer);
      if (isIt && kept.isOpen && !kept.isJoined) kept.code = code;
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    for (const { recovery } of this.#all) recovery?.ended('cancelled', null);
  }

  async #dial(kept: Kept): Promise<void> {
    const { address, peer } = kept.target;
    if (this.#isConnected(kept)) {
      this.#back(kept);
      return this.#later(kept, BACKOFF_MAX_MS);
    }
    if (!kept.isNew) {
      this.#away(kept);
      if (!this.#budget.take(address, kept.isWaiting)) {
        kept.isWaiting = true;
        return this.#later(kept, Math.max(1, this.#budget.waitMs(address)));
      }
    }
    kept.isWaiting = false;
    kept.isNew = false;
    kept.dialledAtMs = this.#deps.clock.now();
    try {
      const link = await this.#deps.dialer.dial(address, peer);
      if (this.#stopped) return link.close();
      this.#opened(kept, link);
    } catch (error) {
      this.#failed(kept, error);
    }
  }

  #opened(kept: Kept, link: Link): void {
    const { clock, book } = this.#deps;
    kept.peer = link.remoteKey;
    kept.openedAtMs = clock.now();
    kept.isOpen = true;
    kept.code = null;
    book?.remember(link.remoteKey, kept.target.address);
    this.#use(watchClose(link, (reason) => this.#ended(kept, reason)));
  }

  #failed(kept: Kept, error: unknown): void {
    if (this.#stopped) return;
    kept.failures += 1;
    const code = error instanceof BitcrapsError ? error.code : 'INTERNAL';
    const detail = error instanceof Error ? error.message : String(error);
    const level = kept.failures === 1 ? 'warn' : 'debug';
    const { address } = kept.target;
    this.#deps.logger[level]('dial-failed', { address, code, detail, failures: kept.failures });
    // It may have come another way meanwhile.
    if (this.#isConnected(kept)) this.#back(kept);
    else {
      this.#away(kept);
      this.#tried(kept, 'failed', code);
    }
    this.#afterBackoff(kept);
  }

  #ended(kept: Kept, { code }: LinkClose): void {
    if (this.#stopped) return;
    const wasJoined = kept.isJoined;
    kept.isOpen = false;
    kept.isJoined = false;
    const isStable = this.#deps.clock.now() - kept.openedAtMs >= STABLE_MS;
    kept.failures = isStable ? 0 : kept.failures + 1;
    // Another link may have taken its place.
    if (this.#isConnected(kept)) this.#back(kept);
    else {
      // Who answered and did not join is perhaps not who is meant.
      if (!wasJoined) kept.peer = kept.knownPeer;
      this.#away(kept);
      if (!wasJoined) this.#tried(kept, 'failed', kept.code ?? code);
    }
    this.#afterBackoff(kept);
  }

  #isConnected({ peer }: Kept): boolean {
    return peer !== null && this.#deps.isConnected(peer);
  }

  #away(kept: Kept): void {
    if (kept.recovery?.isActive === true) return;
    const failure = { kind: 'link', subject: subjectOf(kept) } as const;
    kept.recovery = this.#deps.recoveries?.follow(failure) ?? null;
  }

  #tried(kept: Kept, outcome: AttemptOutcome, code: string | null): void {
    const atMs = kept.dialledAtMs;
    const tookMs = this.#deps.clock.now() - atMs;
    kept.recovery?.attempted({ plan: 'reconnect', atMs, tookMs, outcome, code });
  }

  /** It is connected: by the link that was dialled, or in another way. */
  #back(kept: Kept): void {
    kept.isNew = false;
    kept.knownPeer = kept.peer;
    if (kept.isOpen && !kept.isJoined) {
      kept.isJoined = true;
      this.#budget.succeeded(kept.target.address);
      this.#tried(kept, 'succeeded', null);
      kept.recovery?.ended('succeeded', 'reconnect');
    }
    kept.recovery?.ended('went-away', null);
    kept.recovery = null;
  }

  #afterBackoff(kept: Kept): void {
    const { rng } = this.#deps;
    this.#later(kept, fullJitterMs(rng, kept.failures, BACKOFF_FIRST_MS, BACKOFF_MAX_MS));
  }

  #later(kept: Kept, delayMs: number): void {
    if (this.#stopped) return;
    const timer = this.#deps.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      void this.#dial(kept);
    });
    this.#timers.add(timer);
  }
}

function newlyKept(target: DialTarget): Kept {
  const times = { isNew: true, isWaiting: false, failures: 0, dialledAtMs: 0, openedAtMs: 0 };
  const { peer } = target;
  const link = { code: null, isOpen: false, isJoined: false };
  return { target, peer, knownPeer: peer, ...times, ...link, recovery: null };
}

/** Who it is, as far as that is known, else where. */
function subjectOf({ peer, target }: Kept): string {
  return peer === null ? target.address : peerIdText(peer);
}

/** The same link, which also tells `closed` when it ends. */
function watchClose(link: Link, closed: (reason: LinkClose) => void): Link {
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
          closed(reason);
        },
      }),
    send: (frame, given) => link.send(frame, given),
    ...(link.lastSent === undefined ? {} : { lastSent: link.lastSent }),
    close: () => link.close(),
    destroy: (reason) => link.destroy(reason),
  };
}
