// Sessions that peers began and have not used yet. A first message may be a replay, so none of them is worth anything
// before a packet opened on it: several of one peer stand side by side, and the oldest goes first. Nothing else makes room
// for them.

import type { Clock, Timer } from '../env/clock.ts';
import { byteKey, type ByteKey } from '../routing/byte-key.ts';
import type { Session } from './session.ts';

/** A handshake that its peer does not confirm is dropped after so long. */
export const UNCONFIRMED_MS_MAX = 10_000;
/** Of one peer: more than a peer begins within a round trip, so that replays do not push out a genuine one. */
export const UNCONFIRMED_PER_PEER_MAX = 8;

/** Of all peers: what handshakes at their highest rate begin in 2.5 s, longer than a peer takes to confirm. */
export const UNCONFIRMED_MAX = 256;

interface Unconfirmed {
  readonly session: Session;
  /** What began it, and the answer: the peer repeats its message if the answer got lost. */
  readonly message: ByteKey;
  readonly answer: Uint8Array;
  readonly timer: Timer;
}

export class UnconfirmedSessions {
  readonly #clock: Clock;
  readonly #drop: (session: Session) => void;
  /** The peer's PeerId → its sessions, oldest first. */
  readonly #byPeer = new Map<ByteKey, Unconfirmed[]>();
  /** Oldest first. */
  readonly #all = new Set<Session>();

  /** `drop` takes the sessions that were not confirmed. */
  constructor(clock: Clock, drop: (session: Session) => void) {
    this.#clock = clock;
    this.#drop = drop;
  }

  get size(): number {
    return this.#all.size;
  }

  /** The answer to a first message of `peer`, if it was answered already. */
  answerTo(peer: Uint8Array, message: Uint8Array): Uint8Array | null {
    const key = byteKey(message);
    const found = this.#byPeer.get(byteKey(peer))?.find((each) => each.message === key);
    return found?.answer ?? null;
  }

  add(session: Session, message: Uint8Array, answer: Uint8Array): void {
    const key = byteKey(session.peer);
    const ofPeer = this.#byPeer.get(key) ?? [];
    const [oldestOfPeer] = ofPeer;
    if (oldestOfPeer !== undefined && ofPeer.length >= UNCONFIRMED_PER_PEER_MAX) {
      this.#forget(oldestOfPeer.session);
    }
    const oldest = this.#all.size >= UNCONFIRMED_MAX ? this.#all.values().next().value : undefined;
    if (oldest !== undefined) this.#forget(oldest);
    const timer = this.#clock.after(UNCONFIRMED_MS_MAX, () => this.#forget(session));
    const list = this.#byPeer.get(key) ?? [];
    list.push({ session, message: byteKey(message), answer, timer });
    this.#byPeer.set(key, list);
    this.#all.add(session);
  }

  /** Takes a session out because its peer used it; `false` if it is none of these. */
  confirm(session: Session): boolean {
    const key = byteKey(session.peer);
    const list = this.#byPeer.get(key) ?? [];
    const found = list.find((each) => each.session === session);
    if (found === undefined) return false;
    found.timer.cancel();
    this.#all.delete(session);
    const rest = list.filter((each) => each !== found);
    if (rest.length > 0) this.#byPeer.set(key, rest);
    else this.#byPeer.delete(key);
    return true;
  }

  /** Drops all. */
  clear(): void {
    for (const session of this.#all) this.#forget(session);
  }

  #forget(session: Session): void {
    if (this.confirm(session)) this.#drop(session);
  }
}
