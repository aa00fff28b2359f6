// What this node says about itself: its sequence, and when a change of its links becomes a record that others hear of.

import { compareBytes } from '../core/bytes.ts';
import type { Identity } from '../crypto/signing.ts';
import type { Primitives } from '../env/primitives.ts';
import type { LinkStateDatabase } from './link-state-database.ts';
import {
  firstSequence,
  SEQUENCE_MAX,
  signRecord,
  type LinkStateNeighbour,
} from './link-state-record.ts';
import type { NodeAttributes } from './node-attributes.ts';
import type { PooledRecord } from './record-pool.ts';
import { createTokenBucket } from '../core/token-bucket.ts';

/** Changes of links within this time become one record: links tend to come and go together. */
export const ORIGINATE_HOLD_MS = 20;
/**
 * In a mesh that stands, another link to who is reached already is no news that hurries: what else changes with it, the
 * dead links of a node that moved, is told along. Bad news waits a moment for company; packets go round meanwhile.
 */
const COMPANY_HOLD_MS = 800;
const REMOVAL_HOLD_MS = 150;
/** A mesh stands when this node has told nothing for so long. */
const STANDS_AFTER_MS = 3_000;
/** The end with the higher PeerId lets the other one tell that a link went: a link counts only where both report it. */
const REMOVAL_OTHER_MS = 200;
/**
 * A node that told something this short ago is in a mesh that moves: there removals wait longer, the less the more links
 * went, so that few nodes tell of all of them (a vertex cover, greedily). Packets go round a dead link meanwhile.
 */
const BUSY_MS = 20_000;
const BUSY_REMOVAL_MS = 700;
const BUSY_REMOVAL_OTHER_MS = 1_100;
const BUSY_HOLD_MS = 40;
/** What the other ends have told already is told along with the next change, or so much later. */
export const DENIED_HOLD_MS = 30_000;
/** Own records: a burst while the links come up, then one a second. */
const ORIGINATE_BURST = 8;
const ORIGINATE_PER_SECOND = 1;

export interface OwnRecordConfig {
  readonly identity: Identity;
  readonly networkId: string;
  readonly bootEpoch: number;
  /** Added to the first sequence, 0…2^31 − 1: a start whose epoch was lost repeats no number with another content. */
  readonly offset: number;
  attributes: NodeAttributes;
}

export interface OwnRecordDeps {
  readonly primitives: Primitives;
  readonly database: LinkStateDatabase;
  /** In any order. */
  neighbours(): readonly LinkStateNeighbour[];
}

export class OwnRecord {
  sequence: bigint;
  /** When the record is to be told, `null` if others know all. */
  dueAtMs: number | null = null;
  /** How often it was told. */
  told = 0;
  /** The pool's number of this node. */
  peer = -1;
  readonly #config: OwnRecordConfig;
  readonly #deps: OwnRecordDeps;
  readonly #rate = createTokenBucket(ORIGINATE_BURST, ORIGINATE_PER_SECOND);
  #changed = false;
  #lastTold: PooledRecord | null = null;
  /** Neighbours whose links went since the record was told, and whether that is all that changed. */
  #removed: Uint8Array[] = [];
  #onlyRemovals = true;
  #isDeferred = false;
  #toldAtMs = -Infinity;
  #isLeaving = false;

  constructor(config: OwnRecordConfig, deps: OwnRecordDeps) {
    this.#config = config;
    this.#deps = deps;
    this.sequence = firstSequence(config.bootEpoch) + BigInt(config.offset) - 1n;
  }

  /** Signs what is true now. This node itself goes by it at once. */
  sign(nowMs: number): void {
    this.#changed = false;
    if (this.sequence >= SEQUENCE_MAX) return;
    this.sequence += 1n;
    const { identity, networkId, attributes } = this.#config;
    const { primitives, database } = this.#deps;
    const links = this.#isLeaving ? [] : this.#deps.neighbours();
    const neighbours = links.toSorted((a, b) => compareBytes(a.peer, b.peer));
    const { sequence } = this;
    const record = { originator: identity.publicKey, sequence, attributes, neighbours };
    const pooled = database.pool.addOwn(signRecord(primitives, identity, networkId, record));
    this.peer = pooled.originator;
    database.storeOwn(pooled, nowMs);
  }

  setAttributes(attributes: NodeAttributes, nowMs: number): void {
    this.#config.attributes = attributes;
    this.change(nowMs);
  }

  /** Says goodbye: a last record, without links, which is told at once. */
  leave(nowMs: number): void {
    this.#isLeaving = true;
    this.#changed = true;
    this.#onlyRemovals = false;
    this.dueAtMs = nowMs;
    this.wake(nowMs);
  }

  /** Something is other than the record says: it is signed and told in a moment. */
  change(nowMs: number): void {
    this.#changed = true;
    this.#onlyRemovals = false;
    this.#due(nowMs, this.#isBusy(nowMs) ? BUSY_HOLD_MS : ORIGINATE_HOLD_MS);
  }

  /** A link came up to who was reached before. */
  addRedundant(nowMs: number): void {
    const stands = this.#lastTold !== null && nowMs - this.#toldAtMs >= STANDS_AFTER_MS;
    this.#changed = true;
    this.#onlyRemovals = false;
    this.#due(nowMs, stands ? COMPANY_HOLD_MS : ORIGINATE_HOLD_MS);
  }

  /** The link to `peer` went. Others hear of it in a moment, but this node itself must not go on using it. */
  remove(peer: Uint8Array, nowMs: number): void {
    this.sign(nowMs);
    this.#removed.push(peer);
    this.#isDeferred = false;
    const isFirst = compareBytes(this.#config.identity.publicKey, peer) < 0;
    if (this.#isBusy(nowMs)) {
      const holdMs = isFirst ? BUSY_REMOVAL_MS : BUSY_REMOVAL_OTHER_MS;
      this.#due(nowMs, holdMs / this.#removed.length);
    } else this.#due(nowMs, REMOVAL_HOLD_MS + (isFirst ? 0 : REMOVAL_OTHER_MS));
  }

  /** Tells the record if that is due and allowed. */
  wake(nowMs: number): boolean {
    if (this.dueAtMs === null || this.dueAtMs > nowMs) return false;
    if (
      this.#onlyRemovals &&
      !this.#isDeferred &&
      this.#removed.every((peer) => this.#denies(peer))
    ) {
      this.#isDeferred = true;
      this.dueAtMs = nowMs + DENIED_HOLD_MS;
      return false;
    }
    if (!this.#isLeaving && !this.#rate.take(nowMs)) {
      this.dueAtMs = nowMs + this.#rate.waitMs(nowMs);
      return false;
    }
    this.dueAtMs = null;
    this.#isDeferred = false;
    this.#onlyRemovals = true;
    this.#removed = [];
    if (this.#changed) this.sign(nowMs);
    this.told += 1;
    this.#toldAtMs = nowMs;
    const { database } = this.#deps;
    const record = database.record(this.peer);
    if (record === undefined) return false;
    // Changes are told of what others have, which is not always the record before.
    if (this.#lastTold !== null) {
      database.pool.prepareDelta(record, this.#lastTold);
      database.pool.release(this.#lastTold);
    }
    this.#lastTold = record;
    database.pool.hold(record);
    database.log.append(this.peer);
    return true;
  }

  /** The first records of a node are told as in a mesh at rest. */
  #isBusy(nowMs: number): boolean {
    return nowMs - this.#toldAtMs < BUSY_MS && this.told > ORIGINATE_BURST;
  }

  #due(nowMs: number, holdMs: number): void {
    const dueAtMs = nowMs + Math.max(holdMs, this.#rate.waitMs(nowMs));
    if (this.dueAtMs === null || dueAtMs < this.dueAtMs) this.dueAtMs = dueAtMs;
  }

  /** Whether the peer's own record says that it has no link to this node. */
  #denies(peer: Uint8Array): boolean {
    const record = this.#deps.database.get(peer);
    return record !== undefined && !record.neighbours.includes(this.peer);
  }
}
