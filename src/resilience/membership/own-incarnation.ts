// The number under which a node says that it is there: SWIM's incarnation (Das, Gupta and Motivala 2002, section 4.2), and
// what it makes of being suspected. Whoever suspects it names the last one that it heard from it itself. If that is the
// current one the suspicion is news: the node may have been slow, and trusts itself less, as Lifeguard's does (Dadgar, Phillips
// and Currey 2018, section IV-A). But anybody may say that he suspects it: only those count who are linked to it, each once in
// a while.

import type { PeerIdText } from '../../core/peer-id.ts';

/** Bits of a number below the boot epoch. */
const EPOCH_BITS = 32n;
/**
 * Twice the time in which local health falls by one: whatever one neighbour says, for as long as it likes, makes it one worse
 * and no more, and two make it two worse; local health bounds what more of them can do. One is what every node grants
 * itself: its detector is no slower for it.
 */
export const SUSPECTED_APART_MS = 20_000;
/** Neighbours that are told apart; the one that counted longest ago is forgotten first. */
const NEIGHBOURS_MAX = 256;

export class OwnIncarnation {
  readonly #epoch: bigint;
  /** The boot epoch, and how often this node was suspected since. */
  #current: bigint;
  /** When a neighbour last counted, the one that did so longest ago first. */
  readonly #countedAtMs = new Map<PeerIdText, number>();

  /** `bootEpoch` grows with each start. */
  constructor(bootEpoch: number) {
    this.#epoch = BigInt(bootEpoch);
    this.#current = this.#epoch << EPOCH_BITS;
  }

  get current(): bigint {
    return this.#current;
  }

  /** A neighbour suspects this node, and last heard of it under this number: whether that counts against its own health. */
  suspected(by: PeerIdText, incarnation: bigint, nowMs: number): boolean {
    // An older one was answered already. A later one this node has told to nobody.
    if (incarnation !== this.#current) return false;
    if ((incarnation + 1n) >> EPOCH_BITS === this.#epoch) this.#current = incarnation + 1n;
    const lastMs = this.#countedAtMs.get(by) ?? -Infinity;
    if (nowMs - lastMs < SUSPECTED_APART_MS) return false;
    this.#countedAtMs.delete(by);
    this.#countedAtMs.set(by, nowMs);
    const [oldest] = this.#countedAtMs.keys();
    if (this.#countedAtMs.size > NEIGHBOURS_MAX && oldest !== undefined) {
      this.#countedAtMs.delete(oldest);
    }
    return true;
  }
}
