// Links to nodes that discovery found. They are candidates and no more: anybody nearby can announce any key at its own
// address. So they are tried in random order, one after the other, with full-jitter backoff for each key and out of a
// budget of their own, and a few links are enough: each node picks its own, and the mesh hangs together.

import { BitcrapsError } from '../core/errors.ts';
import { bytesEqual, compareBytes } from '../core/bytes.ts';
import { peerIdShort, peerIdText, type PeerIdText } from '../core/peer-id.ts';
import type { Clock, Timer } from '../env/clock.ts';
import type { Discover, FoundNode } from '../env/discovery.ts';
import type { Dialer, Link } from '../env/link.ts';
import type { Logger } from '../env/logger.ts';
import type { Rng } from '../env/rng.ts';
import type { AddressBook } from '../resilience/partitions/address-book.ts';
import { fullJitterMs } from '../resilience/recovery/full-jitter.ts';
import { RetryBudget, STRANGERS_BUDGET_LIMITS } from '../resilience/recovery/retry-budget.ts';

/** With so many neighbours, whoever they are, a node looks for no more. */
export const NEARBY_LINKS_ENOUGH = 8;
/** Between two tries. */
const TRY_MS = 250;
/** Of two nodes that find each other the one with the lower key dials; the other does if nothing came of it. */
const YIELD_MS = 2_000;
/** Pauses before a key is tried again, at most: after one that worked, and after many in vain. */
const PAUSE_FIRST_MS = 1_000;
const PAUSE_MAX_MS = 120_000;

export interface NearbyDeps {
  readonly self: Uint8Array;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  /** Whether there is a link to this peer already, whoever dialled it. */
  readonly isConnected: (peer: Uint8Array) => boolean;
  /** Neighbours, however they were found. */
  readonly links: () => number;
  /** Where the addresses of those are remembered who proved their key. Default: nowhere. */
  readonly book?: AddressBook;
  /** Called with each key that is announced for the first time, or anew. */
  readonly found?: (peer: Uint8Array) => void;
}

export interface Nearby {
  /** Those who announce themselves now, whoever they are. */
  readonly nodes: readonly FoundNode[];
  /** Falls silent and dials no more; links that were handed over stay. */
  stop(): Promise<void>;
}

/** What is remembered of a key while it is announced. */
interface Candidate {
  failures: number;
  /** Not to be dialled before. */
  nextMs: number;
}

/**
 * Announces `addresses`, and hands links to nodes nearby to `use` while there are fewer than enough.
 * Rejects as `discover` does.
 */
export async function joinNearby(
  discover: Discover,
  addresses: readonly string[],
  deps: NearbyDeps,
  use: (link: Link) => void,
): Promise<Nearby> {
  const { clock, rng, logger, self } = deps;
  // Bounds the tries at keys that come and go, too; somebody's own bridges and neighbours are got back out of another one.
  const budget = new RetryBudget(clock, STRANGERS_BUDGET_LIMITS);
  const candidates = new Map<PeerIdText, Candidate>();
  let timer: Timer | null = null;
  let stopped = false;
  const discovery = await discover(addresses, {
    found({ publicKey }) {
      const key = peerIdText(publicKey);
      if (candidates.has(key)) return;
      const yields = compareBytes(self, publicKey) > 0;
      candidates.set(key, { failures: 0, nextMs: clock.now() + (yields ? YIELD_MS : 0) });
      logger.debug('found-nearby', { peer: peerIdShort(publicKey) });
      deps.found?.(publicKey);
    },
    lost({ publicKey }) {
      const isStillThere = discovery.nodes.some((node) => bytesEqual(node.publicKey, publicKey));
      if (!isStillThere) candidates.delete(peerIdText(publicKey));
    },
  });

  function due(): FoundNode | null {
    const ready = discovery.nodes.filter(({ publicKey }) => {
      const candidate = candidates.get(peerIdText(publicKey));
      const isDue = candidate !== undefined && candidate.nextMs <= clock.now();
      return isDue && !deps.isConnected(publicKey) && budget.waitMs(peerIdText(publicKey)) === 0;
    });
    return ready[rng.uint32() % Math.max(1, ready.length)] ?? null;
  }

  async function dial(node: FoundNode, address: string): Promise<boolean> {
    try {
      const link = await deps.dialer.dial(address, node.publicKey);
      // All that it announced, the one that worked last: it is the most recent one then.
      for (const known of [...node.addresses, address]) deps.book?.remember(node.publicKey, known);
      if (stopped) link.close();
      else use(link);
      return true;
    } catch (error) {
      const code = error instanceof BitcrapsError ? error.code : 'INTERNAL';
      logger.debug('nearby-not-dialled', { address, code });
      return false;
    }
  }

  async function tryOne(): Promise<void> {
    const node = deps.links() < NEARBY_LINKS_ENOUGH ? due() : null;
    if (node === null || !budget.take(peerIdText(node.publicKey))) return;
    const candidate = candidates.get(peerIdText(node.publicKey));
    let linked = false;
    for (const address of node.addresses) {
      linked = !stopped && (await dial(node, address));
      if (linked || stopped) break;
    }
    if (candidate === undefined) return;
    if (linked) budget.succeeded(peerIdText(node.publicKey));
    candidate.failures = linked ? 0 : candidate.failures + 1;
    const pauseMs = fullJitterMs(rng, candidate.failures, PAUSE_FIRST_MS, PAUSE_MAX_MS);
    candidate.nextMs = clock.now() + pauseMs;
  }

  function plan(): void {
    timer = clock.after(TRY_MS, () => {
      void tryOne().then(() => {
        if (!stopped) plan();
      });
    });
  }

  plan();
  return {
    get nodes() {
      return discovery.nodes;
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      await discovery.close();
    },
  };
}
