// Gets links back: to a neighbour whose link ended, at the addresses where it was linked before, and to anybody of the other
// side while a partition lasts. Each call is one attempt of a recovery, which says when, and how often.

import { bytesEqual } from '../core/bytes.ts';
import { BitcrapsError } from '../core/errors.ts';
import type { Clock } from '../env/clock.ts';
import type { Dialer, Link } from '../env/link.ts';
import type { Logger } from '../env/logger.ts';
import type { Rng } from '../env/rng.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { AddressBook } from '../resilience/partitions/address-book.ts';
import {
  BridgeSearch,
  type BridgeCandidate,
  type BridgeKnowledge,
} from '../resilience/partitions/bridge-search.ts';
import type { AttemptSignal } from '../resilience/recovery/attempt-signal.ts';

/** Dials of one attempt, one after the other: with the longest time-outs they still end before the attempt does. */
const DIALS_PER_ATTEMPT = 3;
/** From a link to the mesh going over it: handshake, and records of what is behind it. */
const JOINED_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 100;

export interface BridgeFinderDeps {
  readonly mesh: Pick<Mesh, 'addLink' | 'neighbours' | 'reach'>;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly book: AddressBook;
  readonly knowledge: Omit<BridgeKnowledge, 'isReached'>;
}

export class BridgeFinder {
  readonly #deps: BridgeFinderDeps;
  readonly #search: BridgeSearch;

  constructor(deps: BridgeFinderDeps) {
    this.#deps = deps;
    const isReached = (peer: Uint8Array): boolean => this.#isReached(peer);
    this.#search = new BridgeSearch(deps.book, { ...deps.knowledge, isReached }, deps.rng);
  }

  /** Looks for somebody who is out of reach. `wide`: anything that is known. Whether one was found, and links lead there. */
  async bridge(wide: boolean, signal: AttemptSignal): Promise<boolean> {
    const isThere = (peer: Uint8Array): boolean => this.#isReached(peer);
    for (let dials = 0; dials < DIALS_PER_ATTEMPT; dials += 1) {
      const candidate = this.#search.next(wide, this.#deps.clock.now());
      if (candidate === null || signal.cancelled) return false;
      if (await this.#link(candidate, isThere, signal)) return true;
    }
    return false;
  }

  /**
   * Dials one of these peers at addresses where it was linked. If one peer is all, the most recent address first; then any
   * of all that there are, so that in the end each has its turn.
   */
  async reconnect(peers: readonly Uint8Array[], signal: AttemptSignal): Promise<boolean> {
    const { book, rng } = this.#deps;
    if (peers.some((peer) => this.#isNeighbour(peer))) return true;
    const candidates = peers.flatMap((peer) =>
      book.addressesOf(peer).map((address) => ({ peer, address })),
    );
    const isThere = (peer: Uint8Array): boolean => this.#isNeighbour(peer);
    for (let dials = 0; dials < DIALS_PER_ATTEMPT; dials += 1) {
      const isFirst = dials === 0 && peers.length === 1;
      const at = isFirst ? 0 : rng.uint32() % Math.max(1, candidates.length);
      const [candidate] = candidates.splice(at, 1);
      if (candidate === undefined || signal.cancelled) return false;
      if (await this.#link(candidate, isThere, signal)) return true;
    }
    return false;
  }

  #isReached(peer: Uint8Array): boolean {
    return this.#deps.mesh.reach(peer) === 'good';
  }

  #isNeighbour(peer: Uint8Array): boolean {
    return this.#deps.mesh.neighbours().some((one) => bytesEqual(one.peer, peer) && !one.suspect);
  }

  /** Dials, and waits until who answered is there by way of the link. */
  async #link(
    { peer, address }: BridgeCandidate,
    isThere: (peer: Uint8Array) => boolean,
    signal: AttemptSignal,
  ): Promise<boolean> {
    const { dialer, mesh, book, logger } = this.#deps;
    let link: Link;
    try {
      link = await dialer.dial(address, peer);
    } catch (error) {
      const code = error instanceof BitcrapsError ? error.code : 'INTERNAL';
      logger.debug('bridge-not-dialled', { address, code });
      signal.note(code);
      return false;
    }
    const { remoteKey } = link;
    // Who answered unasked may be somebody of this side, or this node itself.
    if (signal.cancelled || isThere(remoteKey)) {
      link.close();
      return false;
    }
    book.remember(remoteKey, address);
    signal.acted();
    mesh.addLink(link);
    return this.#isJoined(() => isThere(remoteKey), signal);
  }

  /** Waits as long as a handshake, and records of what is behind it, may take. */
  #isJoined(isThere: () => boolean, signal: AttemptSignal): Promise<boolean> {
    const { clock } = this.#deps;
    const untilMs = clock.now() + JOINED_WITHIN_MS;
    return new Promise((resolve) => {
      const look = (): void => {
        if (isThere()) resolve(true);
        else if (signal.cancelled || clock.now() >= untilMs) resolve(false);
        else clock.after(LOOK_EVERY_MS, look);
      };
      look();
    });
  }
}
