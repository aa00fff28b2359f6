// What a node thinks of others, as far as it is not simply that they are there. Bounded: of those that are dead or gone
// the ones known longest are forgotten first, and what cannot be kept is not suspected.

import { peerIdText, type PeerIdText } from '../../core/peer-id.ts';
import type { Inquiry } from './inquiry.ts';
import type { MembershipStatistics, Verdict } from './verdict.ts';

/**
 * Members that are suspected, dead or gone: as many as a mesh has. Who is forgotten while there is a record of him would be
 * suspected anew.
 */
export const MEMBERS_KEPT_MAX = 10_000;
/** As long as link state keeps the tombstone of a member. */
export const GONE_MS_MAX: number = 24 * 3_600_000;
/** Incarnations of members that refuted a suspicion. */
const INCARNATIONS_MAX = 4_096;

export interface Suspicion {
  readonly peer: Uint8Array;
  readonly key: PeerIdText;
  by: 'link' | 'records';
  beganAtMs: number;
  /** Since when nothing was heard, or no record leads there. */
  sinceMs: number;
  /** There was a record of it. */
  wasRecorded: boolean;
  /** When to look whether it is a verdict. */
  decideAtMs: number;
  inquiry: Inquiry | null;
}

export interface Gone {
  readonly peer: Uint8Array;
  readonly sinceMs: number;
  readonly verdict: 'confirmed' | 'left';
}

export class MemberTable {
  readonly #suspicions = new Map<PeerIdText, Suspicion>();
  /** In order of time. */
  readonly #gone = new Map<PeerIdText, Gone>();
  readonly #incarnations = new Map<PeerIdText, bigint>();
  #suspected = 0;
  #refuted = 0;
  #confirmed = 0;
  #departures = 0;

  /** When the oldest of the dead and gone is forgotten. */
  get sweepAtMs(): number {
    for (const { sinceMs } of this.#gone.values()) return sinceMs + GONE_MS_MAX;
    return Infinity;
  }

  /** Suspects that are being asked about. */
  get inquiries(): number {
    let count = 0;
    for (const { inquiry } of this.#suspicions.values()) {
      if (inquiry !== null && inquiry.untilMs !== Infinity) count += 1;
    }
    return count;
  }

  verdict(key: PeerIdText): Verdict {
    return this.#suspicions.has(key) ? 'suspect' : (this.#gone.get(key)?.verdict ?? 'alive');
  }

  suspicion(key: PeerIdText): Suspicion | undefined {
    return this.#suspicions.get(key);
  }

  /** Those that end while they are gone through are left out. */
  suspicions(): Iterable<Suspicion> {
    return this.#suspicions.values();
  }

  /** The dead, and those who left. */
  gone(): readonly Gone[] {
    return [...this.#gone.values()];
  }

  incarnation(key: PeerIdText): bigint {
    return this.#incarnations.get(key) ?? 0n;
  }

  heard(key: PeerIdText, incarnation: bigint): void {
    if (this.#incarnations.size >= INCARNATIONS_MAX && !this.#incarnations.has(key)) {
      const [oldest] = this.#incarnations.keys();
      if (oldest !== undefined) this.#incarnations.delete(oldest);
    }
    this.#incarnations.set(key, incarnation);
  }

  /** The suspicion if it is news; what an own link says outweighs what records say. */
  suspect(
    peer: Uint8Array,
    by: 'link' | 'records',
    sinceMs: number,
    nowMs: number,
  ): Suspicion | null {
    const key = peerIdText(peer);
    const known = this.#suspicions.get(key);
    if (known !== undefined) {
      if (by === 'link' && known.by === 'records') {
        known.by = by;
        known.sinceMs = Math.min(known.sinceMs, sinceMs);
      }
      return null;
    }
    if (this.#gone.has(key) || !this.#hasRoom()) return null;
    const suspicion = {
      peer: peer.slice(),
      key,
      by,
      beganAtMs: nowMs,
      sinceMs,
      wasRecorded: false,
      decideAtMs: nowMs,
      inquiry: null,
    };
    this.#suspicions.set(key, suspicion);
    this.#suspected += 1;
    return suspicion;
  }

  /** It is there: what it was thought to be before. */
  isThere(key: PeerIdText, nowMs: number): Verdict {
    const before = this.verdict(key);
    if (before === 'suspect') this.#refuted += 1;
    this.#suspicions.delete(key);
    this.#gone.delete(key);
    this.sweep(nowMs);
    return before;
  }

  /** Nothing is known of it any more. */
  drop(key: PeerIdText): void {
    this.#suspicions.delete(key);
  }

  /** Whether it is news. */
  confirm(key: PeerIdText, nowMs: number): boolean {
    const suspicion = this.#suspicions.get(key);
    if (suspicion === undefined) return false;
    this.#suspicions.delete(key);
    this.#confirmed += 1;
    this.#keep(key, { peer: suspicion.peer, verdict: 'confirmed', sinceMs: nowMs });
    return true;
  }

  /** It said goodbye: no failure, whatever was thought before. Whether it is news. */
  departed(peer: Uint8Array, nowMs: number): boolean {
    const key = peerIdText(peer);
    if (this.#gone.get(key)?.verdict === 'left') return false;
    this.#suspicions.delete(key);
    this.#gone.delete(key);
    this.#departures += 1;
    this.#keep(key, { peer: peer.slice(), verdict: 'left', sinceMs: nowMs });
    return true;
  }

  sweep(nowMs: number): void {
    for (const [key, { sinceMs }] of this.#gone) {
      if (sinceMs + GONE_MS_MAX > nowMs) return;
      this.#gone.delete(key);
    }
  }

  statistics(): Omit<MembershipStatistics, 'indirectProbes'> {
    let confirmedFailures = 0;
    for (const { verdict } of this.#gone.values())
      if (verdict === 'confirmed') confirmedFailures += 1;
    return {
      suspectedFailures: this.#suspicions.size,
      confirmedFailures,
      suspicions: this.#suspected,
      refutations: this.#refuted,
      confirmations: this.#confirmed,
      departures: this.#departures,
    };
  }

  #keep(key: PeerIdText, gone: Gone): void {
    this.#hasRoom();
    this.#gone.set(key, gone);
  }

  #hasRoom(): boolean {
    if (this.#suspicions.size + this.#gone.size < MEMBERS_KEPT_MAX) return true;
    const [oldest] = this.#gone.keys();
    if (oldest === undefined) return false;
    this.#gone.delete(oldest);
    return true;
  }
}
