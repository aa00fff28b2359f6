// What a node does with the frames of a neighbour: known records cost a look-up, new ones are decoded, verified once and
// stored, and everything a neighbour may ask for or claim is bounded.

import { BitcrapsError, type Result } from '../core/errors.ts';
import type { Announcements } from './link-state-announcements.ts';
import type { LinkStateDatabase } from './link-state-database.ts';
import { NEIGHBOUR_BURST, NEIGHBOUR_PER_SECOND, type PortState } from './link-state-port.ts';
import type { Proofs } from './link-state-proofs.ts';
import { SIGNATURE_BYTES, type SignedRecord } from './link-state-record.ts';
import type { Reconciliation } from './link-state-reconciliation.ts';
import type { LinkStateCounters, Received } from './link-state.ts';
import {
  decodeUpdate,
  ID_BYTES,
  SHORT_ID_BYTES,
  lengthOf,
  pathAt,
  type Run,
  type Update,
} from './link-state-update.ts';
import {
  BASE_BYTES,
  nameBySignature,
  wordAt,
  type PooledRecord,
  type RecordPool,
} from './record-pool.ts';
import { createTokenBucket } from '../core/token-bucket.ts';

const TAKEN: Received = { kind: 'taken' };

/** Long records cost more to decode and to keep. */
function costOf(bytes: number): number {
  return Math.max(1, bytes >>> 10);
}

/** The rest of link state, as far as what arrives concerns it. */
export interface UpdateSink {
  readonly database: LinkStateDatabase;
  readonly pool: RecordPool;
  readonly counters: LinkStateCounters;
  readonly announcements: Announcements;
  readonly reconciliation: Reconciliation;
  readonly proofs: Proofs;
  /** The pool's number of this node. */
  readonly self: number;
  limited(state: PortState | null): Received;
  heardOwn(signed: SignedRecord, verify: () => Received | null, state: PortState | null): Received;
  duplicated(state: PortState, record: PooledRecord, path: number, nowMs: number): void;
  broadcast(state: PortState, nowMs: number): void;
  moved(state: PortState, eager: boolean, nowMs: number): void;
  /** A record took the place of another one of its originator. */
  changed(record: PooledRecord, before: PooledRecord, nowMs: number): void;
}

export class UpdateReceiver {
  readonly #sink: UpdateSink;
  readonly #portless = createTokenBucket(NEIGHBOUR_BURST, NEIGHBOUR_PER_SECOND);

  readonly #isHeld = (record: PooledRecord): boolean =>
    this.#sink.database.relatePooled(record) === 'same';

  constructor(sink: UpdateSink) {
    this.#sink = sink;
  }

  /** A frame with one record. */
  record(payload: Uint8Array, state: PortState | null, nowMs: number): Received {
    if (!(state?.records ?? this.#portless).take(nowMs, costOf(payload.length)))
      return this.#sink.limited(state);
    const known = this.#sink.pool.find(payload, 0, payload.length);
    if (known !== null) return this.#takeKnown(known, state, 0, nowMs);
    const decoded = this.#sink.pool.decode(payload);
    if (!decoded.ok) return { kind: 'fault', error: decoded.error };
    return this.#takeNew(decoded.value, state, 0, nowMs);
  }

  /** A frame with a batch. The first fault ends it. */
  update(payload: Uint8Array, state: PortState | null, nowMs: number): Received {
    if (state === null) return { kind: 'ignored', why: 'limited' };
    const decoded: Result<Update, 'ROUTING_UPDATE_MALFORMED'> = state.modern
      ? decodeUpdate(payload)
      : {
          ok: false,
          error: new BitcrapsError('ROUTING_UPDATE_MALFORMED', { detail: 'not agreed on' }),
        };
    if (!decoded.ok) return { kind: 'fault', error: decoded.error };
    const update = decoded.value;
    let count = update.deltas.length + 2 * update.proofs.length;
    for (const run of update.records) count += costOf(lengthOf(run));
    if (!state.records.take(nowMs, count)) return this.#sink.limited(state);
    if (update.prune) this.#sink.moved(state, false, nowMs);
    if (update.graft) this.#sink.moved(state, true, nowMs);
    const fault = this.#takeRecords(update, state, nowMs) ?? this.#takeProofs(update, state, nowMs);
    if (fault !== null) return fault;
    this.#takeIds(update, state, nowMs);
    if (update.tries.length === 0) return TAKEN;
    if (!state.digests.take(nowMs)) return this.#sink.limited(state);
    const salt = payload.subarray(update.salt.start, update.salt.end);
    this.#sink.reconciliation.answer(state, update.tries, salt, nowMs);
    return TAKEN;
  }

  #takeRecords(update: Update, state: PortState, nowMs: number): Received | null {
    const { payload, records, deltas } = update;
    const { pool } = this.#sink;
    for (let i = 0; i < records.length; i += 1) {
      const run = records[i];
      if (run === undefined) break;
      const path = pathAt(update, i);
      const known = pool.find(payload, run.start, run.end);
      if (known !== null) {
        this.#takeKnown(known, state, path, nowMs);
        continue;
      }
      const decoded = pool.decode(payload.subarray(run.start, run.end));
      if (!decoded.ok) return { kind: 'fault', error: decoded.error };
      const received = this.#takeNew(decoded.value, state, path, nowMs);
      if (received.kind === 'fault') return received;
    }
    deltas.forEach((run, i) => {
      this.#takeDelta(update, run, state, pathAt(update, records.length + i), nowMs);
    });
    return null;
  }

  #takeDelta({ payload }: Update, run: Run, state: PortState, path: number, nowMs: number): void {
    const { pool, counters } = this.#sink;
    const signature = run.start + BASE_BYTES;
    if (signature + SIGNATURE_BYTES > run.end) return;
    const known = pool.findSignature(payload, signature);
    if (known !== null) {
      this.#takeKnown(known, state, path, nowMs);
      return;
    }
    const rebuilt = pool.rebuild(payload.subarray(run.start, run.end));
    const received = rebuilt === null ? null : this.#takeNew(rebuilt, state, path, nowMs);
    if (received !== null && received.kind !== 'fault') return;
    // Another base, or a neighbour abbreviated whom others are like: the whole record tells.
    counters.baseless += 1;
    state.wantFull.push(...nameBySignature(payload, signature));
  }

  #takeProofs({ proofs }: Update, state: PortState, nowMs: number): Received | null {
    for (const proof of proofs) {
      const error = this.#sink.proofs.receive(proof, state, nowMs);
      if (error !== null) return { kind: 'fault', error };
    }
    return null;
  }

  #takeIds({ payload, have, want, wantFull }: Update, state: PortState, nowMs: number): void {
    const { pool, database, announcements, reconciliation } = this.#sink;
    for (let at = have.start; at < have.end; at += SHORT_ID_BYTES) {
      const id = wordAt(payload, at);
      const record = pool.findPrefix(id, this.#isHeld);
      if (record !== null) database.log.noteHas(record.originator, state.slot);
      else if (!reconciliation.knowsPrefix(id) && !announcements.heard(id, state.port, nowMs)) {
        this.#sink.limited(state);
      }
    }
    if (lengthOf(want) + lengthOf(wantFull) === 0) return;
    // A record that is asked for costs as much as one that is sent.
    const count = lengthOf(want) / SHORT_ID_BYTES + lengthOf(wantFull) / ID_BYTES;
    if (!state.records.take(nowMs, count)) {
      this.#sink.limited(state);
      return;
    }
    for (let at = want.start; at < want.end; at += SHORT_ID_BYTES) {
      const id = wordAt(payload, at);
      const record = pool.findPrefix(id, this.#isHeld) ?? pool.findPrefix(id, () => true);
      this.#answer(record, state, state.fresh ? 'whole' : 'delta');
    }
    for (let at = wantFull.start; at < wantFull.end; at += ID_BYTES) {
      const record = pool.findName(wordAt(payload, at), wordAt(payload, at + 4));
      this.#answer(record, state, 'whole');
    }
  }

  /** What this node has of the originator now, which may be newer. */
  #answer(record: PooledRecord | null, { answers }: PortState, form: 'delta' | 'whole'): void {
    if (record === null) return;
    const held = this.#sink.database.record(record.originator);
    if (held === undefined) return;
    answers.set(record.originator, held === record ? form : 'whole');
  }

  /** A record whose signature was checked. */
  #takeKnown(record: PooledRecord, state: PortState | null, path: number, nowMs: number): Received {
    const { database, counters, self } = this.#sink;
    if (record.originator === self) return this.#sink.heardOwn(record.signed, () => null, state);
    const relation = database.relatePooled(record);
    switch (relation) {
      case 'newer':
        if (database.record(record.originator) !== undefined) {
          if (!database.mayChange(record.originator, nowMs)) return this.#sink.limited(state);
        }
        return this.#store(record, state, path, nowMs);
      case 'same':
        counters.duplicate += 1;
        if (state === null) break;
        database.log.noteHas(record.originator, state.slot);
        state.answers.delete(record.originator);
        if (path === 0) break;
        this.#sink.announcements.came(record.idHigh, nowMs);
        this.#sink.duplicated(state, record, path, nowMs);
        break;
      case 'older':
        counters.older += 1;
        this.#answerOlder(record.originator, state);
        break;
      case 'conflict':
        this.#conflict(record, nowMs);
        break;
      case 'buried':
        counters.older += 1;
        break;
      case 'quarantined':
        this.#sink.proofs.tell(record.signed.record.originator, state);
        break;
    }
    return { kind: 'ignored', why: relation };
  }

  /** A record that is not known: its signature is checked only if it would change anything. */
  #takeNew(signed: SignedRecord, state: PortState | null, path: number, nowMs: number): Received {
    const { database, pool, counters, self } = this.#sink;
    const { originator, sequence } = signed.record;
    const peer = pool.peerIndex(originator);
    if (peer === self) {
      const verify = (): Received | null => {
        const added = pool.add(signed);
        return added.ok ? null : { kind: 'fault', error: added.error };
      };
      return this.#sink.heardOwn(signed, verify, state);
    }
    const relation = database.relate(originator, sequence, signed.hash);
    if (relation === 'older' || relation === 'buried') {
      counters.older += 1;
      if (relation === 'older') this.#answerOlder(peer, state);
      return { kind: 'ignored', why: relation };
    }
    if (relation === 'quarantined') {
      this.#sink.proofs.tell(originator, state);
      return { kind: 'ignored', why: relation };
    }
    if (relation === 'newer' && peer >= 0 && database.record(peer) !== undefined) {
      // Looked up before the signature is checked, which is what costs; counted once that holds, so that nobody uses up
      // another one's changes.
      if (!database.mayChange(peer, nowMs, false)) return this.#sink.limited(state);
    }
    const added = pool.add(signed);
    if (!added.ok) return { kind: 'fault', error: added.error };
    return this.#takeKnown(added.value, state, path, nowMs);
  }

  #store(record: PooledRecord, state: PortState | null, path: number, nowMs: number): Received {
    const { database, counters, announcements, reconciliation } = this.#sink;
    const label = state?.label ?? 0;
    const largest = path > label ? path : label;
    const before = database.record(record.originator);
    if (!database.store(record, state?.slot ?? -1, largest, nowMs)) {
      counters.full += 1;
      return { kind: 'ignored', why: 'full' };
    }
    counters.accepted += 1;
    reconciliation.changedAtMs = nowMs;
    if (state !== null && path !== 0) {
      announcements.came(record.idHigh, nowMs);
      this.#sink.broadcast(state, nowMs);
    }
    if (before !== undefined) this.#sink.changed(record, before, nowMs);
    return TAKEN;
  }

  /** Who sends what is older gets what is newer, unless it is on its way. */
  #answerOlder(peer: number, state: PortState | null): void {
    const { log } = this.#sink.database;
    if (state !== null && !log.has(peer, state.slot)) state.answers.set(peer, 'delta');
  }

  #conflict(record: PooledRecord, nowMs: number): void {
    const { database, counters, proofs } = this.#sink;
    const held = database.record(record.originator);
    counters.conflicts += 1;
    if (held === undefined) return;
    const { originator, sequence } = record.signed.record;
    const proof = { one: held.signed.payload, other: record.signed.payload };
    proofs.take(originator, sequence, proof, null, nowMs);
  }
}
