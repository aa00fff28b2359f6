// When two neighbours compare what they have, and what they do about the answer. Records that are merely on their way
// are waited for; only then does a difference cost more than the comparison of one fingerprint.

import { compareBytes } from '../core/bytes.ts';
import type { Rng } from '../env/rng.ts';
import type { LinkStateDatabase } from './link-state-database.ts';
import type { PortState } from './link-state-port.ts';
import { wordAt, type PooledRecord } from './record-pool.ts';
import { RecordTrie, type TrieEntry } from './link-state-trie.ts';
import { ID_BYTES, type TrieNode } from './link-state-update.ts';

/** A neighbour that was out of reach is compared with at once, by the end with the lower PeerId. */
const FRESH_COMPARE_MS = 5;
/** One that was within reach is likely to have the same, as soon as the news of the link have spread. */
export const COMPARE_MS = 1_000;
/** The other end waits so much longer, in case that the first one does not ask. */
const COMPARE_OTHER_MS = 500;
/** While records came within this time, a difference may be on its way. */
const QUIET_MS = 150;
const RETRY_MS = 250;
/** When both sides lack something, the rest is compared once the answers are there. */
const AGAIN_MS = 150;
/** Then the difference is looked at in any case. */
const DEFERRALS_MAX = 4;
/** Who does not take the answers gets no more of them. */
const TRIES_WAITING_MAX = 8_192;

export interface ReconciliationDeps {
  /** PeerId. */
  readonly self: Uint8Array;
  readonly database: LinkStateDatabase;
  readonly rng: Rng;
}

export class Reconciliation {
  readonly #deps: ReconciliationDeps;
  /** When a record last came. */
  changedAtMs: number = -Infinity;

  constructor(deps: ReconciliationDeps) {
    this.#deps = deps;
  }

  /** Of two ends one does first what one of them has to do. */
  speaksFirst(peer: Uint8Array): boolean {
    return compareBytes(this.#deps.self, peer) < 0;
  }

  start(state: PortState, nowMs: number): void {
    const waitMs = state.fresh ? FRESH_COMPARE_MS : COMPARE_MS;
    const isFirst = this.speaksFirst(state.peer);
    state.compareAtMs = nowMs + waitMs + (isFirst ? 0 : COMPARE_OTHER_MS);
  }

  ask(state: PortState): void {
    state.compareAtMs = null;
    const salt = new Uint8Array(ID_BYTES);
    this.#deps.rng.fill(salt);
    state.salt = salt;
    state.tries = [this.#trie(state, salt).root()];
  }

  answer(state: PortState, nodes: readonly TrieNode[], salt: Uint8Array, nowMs: number): void {
    if (state.tries.length > TRIES_WAITING_MAX) {
      state.compareAtMs ??= nowMs + RETRY_MS;
      return;
    }
    const trie = this.#trie(state, salt);
    const [first] = nodes;
    const isRoot = first !== undefined && nodes.length === 1 && first.digits === 0;
    if (isRoot) state.compareAtMs = null;
    if (isRoot && first.fingerprints.length === ID_BYTES) {
      if (trie.agrees(first)) {
        state.deferrals = 0;
        return;
      }
      const isMoving = nowMs - this.changedAtMs < QUIET_MS;
      if (!state.fresh && isMoving && state.deferrals < DEFERRALS_MAX) {
        state.deferrals += 1;
        state.compareAtMs = nowMs + RETRY_MS;
        return;
      }
    }
    const { tries, lacking, wanted } = trie.answer(nodes, (high, low) => this.knows(high, low));
    state.salt = salt.slice();
    state.tries.push(...tries);
    const olds = this.#olderOf(nodes);
    for (const { peer, hasBase } of lacking) {
      const form = hasBase ? 'delta' : olds.get(peer);
      // What is not known to be newer than theirs may be what they have a newer record of, and just told the id of.
      if (form !== undefined || wanted.length === 0) state.answers.set(peer, form ?? 'whole');
      else state.compareAtMs ??= nowMs + AGAIN_MS;
    }
    state.want.push(...wanted);
  }

  /** By originator: listed records that this node once had. Changes of them are shorter than what they became. */
  #olderOf(nodes: readonly TrieNode[]): ReadonlyMap<number, PooledRecord> {
    const { pool } = this.#deps.database;
    const olds = new Map<number, PooledRecord>();
    for (const { ids } of nodes) {
      for (let at = 0; at < ids.length; at += ID_BYTES) {
        const record = pool.findId(wordAt(ids, at), wordAt(ids, at + 4));
        if (record !== null) olds.set(record.originator, record);
      }
    }
    return olds;
  }

  /** Whether this node has the record of the id, or a newer one, or wants none of its originator. */
  knows(idHigh: number, idLow: number): boolean {
    const { database } = this.#deps;
    const record = database.pool.findId(idHigh, idLow);
    return record !== null && database.relatePooled(record) !== 'newer';
  }

  /** The same of a record whose id begins so. */
  knowsPrefix(idHigh: number): boolean {
    const { database } = this.#deps;
    const isKnown = (record: PooledRecord): boolean => database.relatePooled(record) !== 'newer';
    return database.pool.findPrefix(idHigh, isKnown) !== null;
  }

  /** All that others may know of, but for the records of both ends, which cross each new link anyway. */
  #trie(state: PortState, salt: Uint8Array): RecordTrie {
    const { database, self } = this.#deps;
    const { pool } = database;
    const ends = new Set([pool.peerIndex(self), pool.peerIndex(state.peer)]);
    const entries: TrieEntry[] = [];
    for (const peer of database.originators()) {
      if (!database.isEstablished(peer) || ends.has(peer)) continue;
      const record = database.record(peer);
      if (record === undefined) continue;
      entries.push({ peer, prefix: pool.prefix(peer), record });
    }
    return new RecordTrie(entries, salt);
  }
}
