// The records that a node holds: the newest of each originator, and tombstones of those that left. Bounded, and the same
// on all nodes of a mesh once flooding has ended.

import { compareBytes } from '../core/bytes.ts';
import { byteKey, type ByteKey } from './byte-key.ts';
import { ENTRY_HASH_BYTES, type DigestEntry } from './link-state-digest.ts';
import type { SignedRecord } from './link-state-record.ts';
import { createTokenBucket, type TokenBucket } from './token-bucket.ts';

/** Originators of one link-state area. */
export const RECORDS_MAX = 10_000;
/** A record is dropped when its originator has been unreachable for so long. */
export const UNREACHABLE_MS_MAX: number = 10 * 60_000;
/** A record that comes back from the dead has this long to become reachable. */
export const REVIVED_MS_MAX = 60_000;
/** A tombstone refuses older records of its originator for so long. */
export const TOMBSTONE_MS: number = 24 * 3_600_000;
export const TOMBSTONES_MAX = 10_000;
/** New records of one originator: a burst while it starts, then two a second. Its own bound is lower (`link-state.ts`). */
const ORIGINATOR_BURST = 16;
const ORIGINATOR_PER_SECOND = 2;

export interface StoredRecord {
  readonly key: ByteKey;
  readonly signed: SignedRecord;
  readonly entry: DigestEntry;
  /** Bounds how often this originator's record may change. */
  readonly rate: TokenBucket;
  /** When it is dropped unless it is reachable before; `null` while reachable. */
  expiresAtMs: number | null;
}

/**
 * How a record relates to what is held. `conflict-wins`, `conflict-loses`: another content under the same sequence;
 * the lower hash wins everywhere. `buried`: its originator left after it was made.
 */
export type Relation = 'newer' | 'same' | 'older' | 'conflict-wins' | 'conflict-loses' | 'buried';

export interface LinkStateDatabase {
  /** Grows with each change. */
  readonly version: number;
  get(key: ByteKey): StoredRecord | undefined;
  relate(signed: SignedRecord): Relation;
  /**
   * Puts a `newer` or `conflict-wins` record in; what it replaces or evicts goes. `null` if the table is full of
   * reachable originators.
   */
  store(signed: SignedRecord, nowMs: number): StoredRecord | null;
  /** All records, ascending by originator. */
  sorted(): readonly StoredRecord[];
  /** Drops what has been unreachable for too long. */
  age(isReachable: (key: ByteKey) => boolean, nowMs: number): void;
}

interface Tombstone {
  readonly sequence: bigint;
  readonly untilMs: number;
}

/** `self` is never dropped. */
export function createLinkStateDatabase(
  self: ByteKey,
  recordsMax: number = RECORDS_MAX,
): LinkStateDatabase {
  const records = new Map<ByteKey, StoredRecord>();
  /** Insertion order is time order. */
  const tombstones = new Map<ByteKey, Tombstone>();
  let version = 0;
  let sortedVersion = -1;
  let sortedRecords: readonly StoredRecord[] = [];

  const bury = (stored: StoredRecord, nowMs: number): void => {
    records.delete(stored.key);
    tombstones.delete(stored.key);
    const oldest = tombstones.size >= TOMBSTONES_MAX ? tombstones.keys().next().value : undefined;
    if (oldest !== undefined) tombstones.delete(oldest);
    const { sequence } = stored.signed.record;
    tombstones.set(stored.key, { sequence, untilMs: nowMs + TOMBSTONE_MS });
    version += 1;
  };
  /** Makes room by dropping the record that would expire first. */
  const evict = (nowMs: number): boolean => {
    let first: StoredRecord | null = null;
    for (const stored of records.values()) {
      if (stored.key === self || stored.expiresAtMs === null) continue;
      if (first === null || stored.expiresAtMs < (first.expiresAtMs ?? 0)) first = stored;
    }
    if (first === null) return false;
    bury(first, nowMs);
    return true;
  };

  return {
    get version() {
      return version;
    },
    get: (key) => records.get(key),
    relate(signed) {
      const key = byteKey(signed.record.originator);
      const { sequence } = signed.record;
      const held = records.get(key);
      if (held === undefined) {
        const tombstone = tombstones.get(key);
        return tombstone !== undefined && sequence < tombstone.sequence ? 'buried' : 'newer';
      }
      const heldSequence = held.signed.record.sequence;
      if (sequence !== heldSequence) return sequence > heldSequence ? 'newer' : 'older';
      const order = compareBytes(signed.hash, held.signed.hash);
      if (order === 0) return 'same';
      return order < 0 ? 'conflict-wins' : 'conflict-loses';
    },
    store(signed, nowMs) {
      const key = byteKey(signed.record.originator);
      const held = records.get(key);
      if (held === undefined && records.size >= recordsMax && !evict(nowMs)) return null;
      const { originator, sequence } = signed.record;
      const revived = tombstones.get(key)?.sequence === sequence;
      tombstones.delete(key);
      const stored: StoredRecord = {
        key,
        signed,
        entry: { originator, sequence, hash: signed.hash.subarray(0, ENTRY_HASH_BYTES) },
        rate: held?.rate ?? createTokenBucket(ORIGINATOR_BURST, ORIGINATOR_PER_SECOND),
        expiresAtMs:
          held === undefined
            ? nowMs + (revived ? REVIVED_MS_MAX : UNREACHABLE_MS_MAX)
            : held.expiresAtMs,
      };
      records.set(key, stored);
      version += 1;
      return stored;
    },
    sorted() {
      if (sortedVersion !== version) {
        sortedRecords = [...records.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
        sortedVersion = version;
      }
      return sortedRecords;
    },
    age(isReachable, nowMs) {
      // Buried only after all were asked about: each burial is a new version, and reachability is computed for each.
      const doomed: StoredRecord[] = [];
      for (const stored of records.values()) {
        if (stored.key === self || isReachable(stored.key)) stored.expiresAtMs = null;
        else if (stored.expiresAtMs === null) stored.expiresAtMs = nowMs + UNREACHABLE_MS_MAX;
        else if (stored.expiresAtMs <= nowMs) doomed.push(stored);
      }
      for (const stored of doomed) bury(stored, nowMs);
      for (const [key, { untilMs }] of tombstones) {
        if (untilMs > nowMs) break;
        tombstones.delete(key);
      }
    },
  };
}
