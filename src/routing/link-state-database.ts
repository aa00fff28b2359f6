// The records that a node holds: the newest of each originator, in one log by which they are passed on, and tombstones of
// those that left. Typed arrays by the pool's numbers: about 22 bytes for each record besides what the pool has once.
// Bounded, and the same on all nodes of a mesh once the exchange has ended.

import { byteKey, type ByteKey } from './byte-key.ts';
import { LinkStateLog } from './link-state-log.ts';
import { PeerTable } from './peer-table.ts';
import type { PooledRecord, RecordPool } from './record-pool.ts';

/** Originators of one link-state area. */
export const RECORDS_MAX = 10_000;
/** A record is dropped when its originator has been unreachable for so long. */
export const UNREACHABLE_MS_MAX: number = 10 * 60_000;
/** A record that comes back from the dead has this long to become reachable. */
export const REVIVED_MS_MAX = 60_000;
/** A tombstone refuses older records of its originator for so long. */
export const TOMBSTONE_MS: number = 24 * 3_600_000;
export const TOMBSTONES_MAX = 10_000;
/**
 * Records of originators that never were reachable, after this time: anybody can sign for keys that he made up. Before,
 * they have the room that is left: the other half of a mesh may come before the link that leads to it.
 */
export const STRANGER_MS = 10_000;
export const STRANGERS_MAX = 1_024;
export const STRANGERS_PER_NEIGHBOUR_MAX = 256;
/** An originator that signed two contents under one number is refused for so long. */
export const QUARANTINE_MS: number = 10 * 60_000;
export const QUARANTINED_MAX = 1_024;
/** New records of one originator: so many within `ORIGINATOR_WINDOW_MS`. Its own bound is lower (`link-state.ts`). */
export const ORIGINATOR_CHANGES_MAX = 24;
export const ORIGINATOR_WINDOW_MS = 8_000;
/** All links are looked at no sooner again: within a minute in the largest mesh, which takes some milliseconds. */
const REATTACH_MS_PER_RECORD = 6;
/** Changes that a reader may be behind before it has to look at everything. */
const CHANGES_KEPT = 1_024;
const ATTACHED = 1;
const ESTABLISHED = 2;

/**
 * How a record relates to what is held. `conflict`: another content under the same sequence. `buried`: its originator
 * left after it was made. `quarantined`: its originator lied.
 */
export type Relation = 'newer' | 'same' | 'older' | 'conflict' | 'buried' | 'quarantined';

interface Tombstone {
  readonly sequence: bigint;
  readonly untilMs: number;
}

interface Detached {
  readonly slot: number;
  sinceMs: number;
}

/** Numbers are the pool's, of peers. `self` is never dropped. */
export class LinkStateDatabase {
  readonly pool: RecordPool;
  readonly log: LinkStateLog;
  /** Grows with each change. */
  version = 0;
  /** How many records. */
  size = 0;
  /** Bytes of their payloads. */
  recordBytes = 0;
  readonly #recordsMax: number;
  #self = -1;
  readonly #table = new PeerTable();
  #windowAtMs = 0;
  /** By peer: changes of its record since then. */
  readonly #changes = new Map<number, number>();
  /** Those that are held and not attached, roughly in order of time. */
  readonly #detached = new Map<number, Detached>();
  /** Insertion order is time order, as for `#quarantined`. */
  readonly #tombstones = new Map<ByteKey, Tombstone>();
  readonly #quarantined = new Map<ByteKey, Tombstone>();
  /** Up to which number lies of an originator are dealt with: one proof counts once. */
  readonly #pardoned = new Map<ByteKey, Tombstone>();
  readonly #recent = new Int32Array(CHANGES_KEPT);
  /** A link that somebody reported is reported no more: who was attached by it may not be now. */
  #hasLostLinks = false;
  #reattachedAtMs = -Infinity;
  readonly #stack: number[] = [];

  constructor(pool: RecordPool, recordsMax: number = RECORDS_MAX) {
    this.pool = pool;
    this.log = new LinkStateLog(this.#table);
    this.#recordsMax = recordsMax;
  }

  /** How many originators a chain of mutual links leads to, this node included, when last looked at. */
  get attached(): number {
    return this.size - this.#detached.size;
  }

  /** Bytes of the tables and of the payloads held. */
  get stateBytes(): number {
    const bytes = this.recordBytes + this.log.bytes + this.#table.bytes + this.#recent.byteLength;
    return bytes + 64 * (this.#detached.size + this.#tombstones.size + this.#quarantined.size);
  }

  /** The record of a peer by its number. */
  record(peer: number): PooledRecord | undefined {
    const handle = this.#table.held(peer) - 1;
    return handle < 0 ? undefined : this.pool.record(handle);
  }

  /** The record of a peer. */
  get(peer: Uint8Array): PooledRecord | undefined {
    return this.record(this.pool.peerIndex(peer));
  }

  /** Numbers of all originators with a record. */
  *originators(): Iterable<number> {
    for (let peer = 0; peer < this.#table.length; peer += 1) {
      if (this.#table.held(peer) !== 0) yield peer;
    }
  }

  /** All records, ascending by PeerId. For snapshots: it sorts. */
  sorted(): readonly PooledRecord[] {
    const all = [...this.originators()].flatMap((peer) => this.record(peer) ?? []);
    return all
      .map((record) => ({ record, key: byteKey(record.signed.record.originator) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ record }) => record);
  }

  /**
   * Numbers of the originators whose record came, changed or went after `version`, repeats included; `null` if that is
   * too long ago: look at all. A number whose last record went may come to mean another peer.
   */
  changedSince(version: number): readonly number[] | null {
    if (this.version - version > CHANGES_KEPT) return null;
    const changed: number[] = [];
    for (let at = version; at < this.version; at += 1) {
      changed.push(this.#recent[at % CHANGES_KEPT] ?? 0);
    }
    return changed;
  }

  /** Whether a chain of links that both ends report led to it from here, when last looked at. */
  isAttached(peer: number): boolean {
    return (this.#table.flags(peer) & ATTACHED) !== 0;
  }

  /**
   * When a chain of links last led to it, as far as this was looked at (`age`): now while it is attached. `null` if it never was.
   */
  seenAtMs(peer: number, nowMs: number): number | null {
    if (this.isAttached(peer)) return nowMs;
    return this.isEstablished(peer) ? (this.#detached.get(peer)?.sinceMs ?? null) : null;
  }

  /** Whether it ever was attached: only then others hear of it. */
  isEstablished(peer: number): boolean {
    return (this.#table.flags(peer) & ESTABLISHED) !== 0;
  }

  relate(originator: Uint8Array, sequence: bigint, hash: Uint8Array): Relation {
    const held = this.get(originator);
    if (this.#quarantined.size > 0 && this.#quarantined.has(byteKey(originator))) {
      return 'quarantined';
    }
    if (held === undefined) {
      if (this.#tombstones.size === 0) return 'newer';
      const tombstone = this.#tombstones.get(byteKey(originator));
      return tombstone !== undefined && sequence < tombstone.sequence ? 'buried' : 'newer';
    }
    const heldSequence = held.signed.record.sequence;
    if (sequence !== heldSequence) return sequence > heldSequence ? 'newer' : 'older';
    for (let i = 0; i < hash.length; i += 1) {
      if (hash[i] !== held.signed.hash[i]) return 'conflict';
    }
    return 'same';
  }

  /** `relate` for a record of the pool; hot. */
  relatePooled(record: PooledRecord): Relation {
    if (this.#table.held(record.originator) === record.handle + 1) return 'same';
    const { originator, sequence } = record.signed.record;
    if (this.#tombstones.size > 0 || this.#quarantined.size > 0) {
      return this.relate(originator, sequence, record.signed.hash);
    }
    const held = this.record(record.originator);
    if (held === undefined || sequence > held.signed.record.sequence) return 'newer';
    if (sequence < held.signed.record.sequence) return 'older';
    return this.relate(originator, sequence, record.signed.hash);
  }

  /** Whether the originator may change its record now; counts it. */
  mayChange(peer: number, nowMs: number, counted = true): boolean {
    if (nowMs >= this.#windowAtMs + ORIGINATOR_WINDOW_MS) {
      this.#changes.clear();
      this.#windowAtMs = nowMs;
    }
    const count = this.#changes.get(peer) ?? 0;
    if (count >= ORIGINATOR_CHANGES_MAX) return false;
    if (counted) this.#changes.set(peer, count + 1);
    return true;
  }

  /**
   * Puts a `newer` record in; what it replaces goes. It enters the log once it is attached. `false` if there is no room.
   * `slot`: of the link that it came by, −1 for none; `path`: the largest label on its way.
   */
  store(record: PooledRecord, slot: number, path: number, nowMs: number): boolean {
    const peer = record.originator;
    const before = this.record(peer);
    const isNew = before === undefined;
    if (before !== undefined) this.pool.prepareDelta(record, before);
    if (!this.#place(record, slot, nowMs)) return false;
    this.#table.setPath(peer, path);
    if (this.isAttached(peer)) {
      this.log.append(peer);
      this.#attachAround(peer);
    } else if (this.#hasAttachedNeighbour(record)) {
      this.#detached.delete(peer);
      this.#table.setFlags(peer, ATTACHED | ESTABLISHED);
      this.log.append(peer);
      this.#attachAround(peer);
    } else {
      if (isNew) this.#detached.set(peer, { slot, sinceMs: this.#exhume(record, nowMs) });
      if (this.isEstablished(peer)) this.log.append(peer);
    }
    return true;
  }

  /** A record of this node itself: attached, and told once it is put into the log. */
  storeOwn(record: PooledRecord, nowMs: number): void {
    this.#self = record.originator;
    this.#place(record, -1, nowMs);
    this.#table.setFlags(record.originator, ATTACHED | ESTABLISHED);
    this.#attachAround(record.originator);
  }

  /** Drops a record, and with a tombstone what is older. */
  remove(peer: number, nowMs: number, bury: boolean): void {
    const record = this.record(peer);
    if (record === undefined) return;
    if (bury) {
      const { originator, sequence } = record.signed.record;
      const tombstone = { sequence, untilMs: nowMs + TOMBSTONE_MS };
      put(this.#tombstones, byteKey(originator), tombstone, TOMBSTONES_MAX);
    }
    this.#hasLostLinks = true;
    this.#table.setHeld(peer, 0);
    this.#table.setFlags(peer, 0);
    this.log.remove(peer);
    this.#detached.delete(peer);
    this.size -= 1;
    this.recordBytes -= record.payload.length;
    this.#noteChange(peer);
    this.pool.release(record);
  }

  /** Refuses an originator for a time, and drops its record. `false` if it is refused already. */
  quarantine(originator: Uint8Array, sequence: bigint, nowMs: number): boolean {
    const key = byteKey(originator);
    if (this.#quarantined.has(key)) return false;
    if (sequence <= (this.#pardoned.get(key)?.sequence ?? -1n)) return false;
    put(this.#quarantined, key, { sequence, untilMs: nowMs + QUARANTINE_MS }, QUARANTINED_MAX);
    this.remove(this.pool.peerIndex(originator), nowMs, false);
    return true;
  }

  isQuarantined(originator: Uint8Array): boolean {
    return this.#quarantined.size > 0 && this.#quarantined.has(byteKey(originator));
  }

  /**
   * Drops what has been unreachable for too long and the strangers that are too many, and forgets what lies long enough
   * behind. Cheap while no link goes: only then it looks at all that are left, in large meshes not at once.
   */
  age(nowMs: number): void {
    const isTime = nowMs >= this.#reattachedAtMs + REATTACH_MS_PER_RECORD * this.size;
    if (this.#hasLostLinks && isTime) {
      this.#reattach(nowMs);
      this.#reattachedAtMs = nowMs;
      this.#hasLostLinks = false;
    }
    const bySlot = new Map<number, number>();
    let strangers = 0;
    // The newest first: the oldest strangers are those that are too many.
    for (const [peer, { slot, sinceMs }] of [...this.#detached].toReversed()) {
      const ageMs = nowMs - sinceMs;
      if (ageMs >= UNREACHABLE_MS_MAX) {
        this.remove(peer, nowMs, this.isEstablished(peer));
        continue;
      }
      if (this.isEstablished(peer)) continue;
      const same = (bySlot.get(slot) ?? 0) + 1;
      bySlot.set(slot, same);
      strangers += 1;
      const tooMany = strangers > STRANGERS_MAX || same > STRANGERS_PER_NEIGHBOUR_MAX;
      if (tooMany && ageMs >= STRANGER_MS) this.remove(peer, nowMs, false);
    }
    for (const table of [this.#tombstones, this.#quarantined, this.#pardoned]) {
      for (const [key, { sequence, untilMs }] of table) {
        if (untilMs > nowMs) break;
        table.delete(key);
        if (table === this.#quarantined) {
          const pardoned = { sequence, untilMs: nowMs + TOMBSTONE_MS };
          put(this.#pardoned, key, pardoned, TOMBSTONES_MAX);
        }
      }
    }
  }

  /** The largest label of the links that the record crossed as a broadcast. */
  path(peer: number): number {
    return this.#table.path(peer);
  }

  #noteChange(peer: number): void {
    this.#recent[this.version % CHANGES_KEPT] = peer;
    this.version += 1;
  }

  #place(record: PooledRecord, slot: number, nowMs: number): boolean {
    const peer = record.originator;
    if (peer >= this.#table.length) this.#grow(this.pool.peersEnd);
    const before = this.record(peer);
    if (before === undefined) {
      if (this.size >= this.#recordsMax && peer !== this.#self && !this.#makeRoom(nowMs)) {
        return false;
      }
      this.size += 1;
    } else {
      this.recordBytes -= before.payload.length;
      if (!hasAll(record.neighbours, before.neighbours)) this.#hasLostLinks = true;
      this.pool.release(before);
    }
    this.pool.hold(record);
    this.recordBytes += record.payload.length;
    this.#table.setHeld(peer, record.handle + 1);
    this.log.renew(peer, slot);
    this.#noteChange(peer);
    return true;
  }

  /** Since when a new record counts as detached. One whose tombstone stands here was reachable once. */
  #exhume(record: PooledRecord, nowMs: number): number {
    if (this.#tombstones.size === 0) return nowMs;
    const { originator, sequence } = record.signed.record;
    const key = byteKey(originator);
    const tombstone = this.#tombstones.get(key);
    if (tombstone === undefined) return nowMs;
    this.#tombstones.delete(key);
    this.#table.setFlags(record.originator, ESTABLISHED);
    return tombstone.sequence === sequence ? nowMs - UNREACHABLE_MS_MAX + REVIVED_MS_MAX : nowMs;
  }

  #grow(peers: number): void {
    const { length } = this.#table;
    this.#table.grow(Math.max(16, peers, Math.min(length * 2, length + 4_096)));
  }

  /** Whether the record of one peer names the other. */
  reports(from: number, to: number): boolean {
    const record = this.record(from);
    return record !== undefined && record.neighbours.indexOf(to) >= 0;
  }

  #hasAttachedNeighbour({ originator, neighbours }: PooledRecord): boolean {
    for (let i = 0; i < neighbours.length; i += 1) {
      const neighbour = neighbours[i] ?? 0;
      if (this.isAttached(neighbour) && this.reports(neighbour, originator)) return true;
    }
    return false;
  }

  /** Attaches what a chain of links leads to from an attached peer. */
  #attachAround(first: number): void {
    const stack = this.#stack;
    stack.push(first);
    for (let peer = stack.pop(); peer !== undefined; peer = stack.pop()) {
      const neighbours = this.record(peer)?.neighbours;
      if (neighbours === undefined) continue;
      for (let i = 0; i < neighbours.length; i += 1) {
        const neighbour = neighbours[i] ?? 0;
        if (this.isAttached(neighbour) || !this.reports(neighbour, peer)) continue;
        const wasEstablished = this.isEstablished(neighbour);
        this.#table.setFlags(neighbour, ATTACHED | ESTABLISHED);
        this.#detached.delete(neighbour);
        if (!wasEstablished) this.log.append(neighbour);
        stack.push(neighbour);
      }
    }
  }

  /** Looks at all links anew. */
  #reattach(nowMs: number): void {
    const before: number[] = [];
    for (let peer = 0; peer < this.#table.length; peer += 1) {
      if (this.isAttached(peer)) before.push(peer);
      this.#table.setFlags(peer, this.#table.flags(peer) & ESTABLISHED);
    }
    if (this.#self >= 0) {
      this.#table.setFlags(this.#self, ATTACHED | ESTABLISHED);
      this.#attachAround(this.#self);
    }
    for (const peer of before) {
      if (!this.isAttached(peer)) this.#detached.set(peer, { slot: -1, sinceMs: nowMs });
    }
  }

  /** Drops the oldest detached record of the link that most of them came by; `false` if all are attached. */
  #makeRoom(nowMs: number): boolean {
    const counts = new Map<number, number>();
    for (const { slot } of this.#detached.values()) counts.set(slot, (counts.get(slot) ?? 0) + 1);
    const [most] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), [-1, 0]);
    for (const [peer, { slot }] of this.#detached) {
      if (slot !== most) continue;
      this.remove(peer, nowMs, this.isEstablished(peer));
      return true;
    }
    return false;
  }
}

function hasAll(numbers: Int32Array, wanted: Int32Array): boolean {
  for (let i = 0; i < wanted.length; i += 1) if (!numbers.includes(wanted[i] ?? 0)) return false;
  return true;
}

/** Puts an entry last; the first goes if there are too many. */
function put<T>(table: Map<ByteKey, T>, key: ByteKey, value: T, entriesMax: number): void {
  table.delete(key);
  const oldest = table.size >= entriesMax ? table.keys().next().value : undefined;
  if (oldest !== undefined) table.delete(oldest);
  table.set(key, value);
}
