// Whom to dial while a partition lasts: somebody who is lost, at an address where it may be. Those who announce themselves
// nearby come first, since they are there now; then addresses at which lost members were linked before, of all their
// transports; then their keys, where a distributed table finds addresses. After a while anything that is known is tried: any
// key that is announced, and whoever answers at an address that a lost member once had.

import type { Rng } from '../../env/rng.ts';
import type { AddressBook } from './address-book.ts';

/** Candidates whose last try is remembered; the one tried longest ago is forgotten first. */
export const TRIED_MAX = 4_096;
/** One candidate is not tried again before. */
export const RETRY_MS = 2_000;

export interface BridgeCandidate {
  /** Who has to answer there; `null`: anybody. */
  readonly peer: Uint8Array | null;
  readonly address: string;
}

/** What the node knows, at the time of asking. */
export interface BridgeKnowledge {
  readonly isReached: (peer: Uint8Array) => boolean;
  /** Lost members, as far as they are named. */
  readonly lost: () => readonly Uint8Array[];
  /** Nodes that announce themselves nearby, whoever they are. */
  readonly nearby: () => readonly {
    readonly publicKey: Uint8Array;
    readonly addresses: readonly string[];
  }[];
  /** The address under which a peer is looked up by its key; `null` where there is no table. */
  readonly byKey: (peer: Uint8Array) => string | null;
  /** Addresses that the node was told to dial, and nobody knows whose they are. */
  readonly unnamed: () => readonly string[];
}

interface Ranked extends BridgeCandidate {
  /** Lower ones first. */
  readonly rank: number;
}

export class BridgeSearch {
  readonly #book: AddressBook;
  readonly #knowledge: BridgeKnowledge;
  readonly #rng: Rng;
  /** By candidate: when it was last tried. The one tried longest ago first. */
  readonly #triedAtMs = new Map<string, number>();

  constructor(book: AddressBook, knowledge: BridgeKnowledge, rng: Rng) {
    this.#book = book;
    this.#knowledge = knowledge;
    this.#rng = rng;
  }

  /**
   * The next one to dial, `null` if there is none for now: of those tried longest ago the likeliest, of equal ones any.
   * `wide`: anything that is known.
   */
  next(wide: boolean, nowMs: number): BridgeCandidate | null {
    let best: readonly Ranked[] = [];
    let bestMs = Infinity;
    for (const candidate of this.#candidates(wide)) {
      const triedMs = this.#triedAtMs.get(keyOf(candidate)) ?? -Infinity;
      if (nowMs - triedMs < RETRY_MS) continue;
      const [first] = best;
      const isBetter =
        first === undefined ||
        triedMs < bestMs ||
        (triedMs === bestMs && candidate.rank < first.rank);
      if (isBetter) {
        best = [candidate];
        bestMs = triedMs;
      } else if (triedMs === bestMs && candidate.rank === first.rank) best = [...best, candidate];
    }
    const chosen = best[this.#rng.uint32() % Math.max(1, best.length)];
    if (chosen === undefined) return null;
    this.#tried(keyOf(chosen), nowMs);
    return { peer: chosen.peer, address: chosen.address };
  }

  #candidates(wide: boolean): readonly Ranked[] {
    const { isReached, lost, nearby, byKey, unnamed } = this.#knowledge;
    const found: Ranked[] = [];
    const lostPeers = lost();
    const isLost = new Set(lostPeers.map(String));
    for (const { publicKey, addresses } of nearby()) {
      if (isReached(publicKey)) continue;
      if (!wide && !isLost.has(String(publicKey)) && this.#book.addressesOf(publicKey).length === 0)
        continue;
      for (const address of addresses) found.push({ peer: publicKey, address, rank: 0 });
    }
    for (const { peer, addresses } of this.#book.peers()) {
      if (isReached(peer)) continue;
      for (const address of addresses) {
        found.push({ peer, address, rank: 1 });
        if (wide) found.push({ peer: null, address, rank: 3 });
      }
    }
    for (const peer of lostPeers) {
      const address = isReached(peer) ? null : byKey(peer);
      if (address !== null) found.push({ peer, address, rank: 2 });
    }
    if (wide) for (const address of unnamed()) found.push({ peer: null, address, rank: 3 });
    return found;
  }

  #tried(key: string, nowMs: number): void {
    this.#triedAtMs.delete(key);
    this.#triedAtMs.set(key, nowMs);
    const [oldest] = this.#triedAtMs.keys();
    if (this.#triedAtMs.size > TRIED_MAX && oldest !== undefined) this.#triedAtMs.delete(oldest);
  }
}

function keyOf({ peer, address }: BridgeCandidate): string {
  return `${peer === null ? '' : String.fromCharCode(...peer)} ${address}`;
}
