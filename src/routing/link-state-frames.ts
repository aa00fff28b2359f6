// Fills the frames of one link from what waits for it: control and answers first, then the news of the log, as records
// where the link is in the tree and as ids where it is not.

import type { FrameBuffers } from '../wire/frame.ts';
import type { LinkStateDatabase } from './link-state-database.ts';
import type { AnswerForm, PortState } from './link-state-port.ts';
import { ID_BYTES, SHORT_ID_BYTES, UpdateWriter } from './link-state-update.ts';
import type { PooledRecord } from './record-pool.ts';

/** News wait so long for company before they go on over the tree; twice as long after each frame with many. */
export const NEWS_HOLD_MS = 2;
export const NEWS_HOLD_MS_MAX = 32;
const NEWS_MANY = 12;
/** As the largest label of no link. */
const PATH_OWN = 1;

/** What was sent, since the start. */
export interface SentCounters {
  /** Records sent whole and as changes; ids announced; ids asked for. */
  wholes: number;
  deltas: number;
  haves: number;
  wants: number;
  /** Bytes of payloads by what they were for; `other`: comparisons, requests and the tree's upkeep. */
  readonly bytesSent: { wholes: number; deltas: number; haves: number; other: number };
}

export function createSentCounters(): SentCounters {
  return {
    wholes: 0,
    deltas: 0,
    haves: 0,
    wants: 0,
    bytesSent: { wholes: 0, deltas: 0, haves: 0, other: 0 },
  };
}

/** The next record for a link without updates, `null` if there is none. */
export function nextRecord(
  state: PortState,
  database: LinkStateDatabase,
  sent: SentCounters,
): Uint8Array | null {
  for (const peer of state.answers.keys()) {
    state.answers.delete(peer);
    const record = database.record(peer);
    if (record !== undefined) return countWhole(record, state, database, sent);
  }
  if (!state.ready) return null;
  const peer = database.log.next(state.cursor, state.slot);
  const record = database.record(peer);
  if (record !== undefined) return countWhole(record, state, database, sent);
  state.ready = false;
  return null;
}

/** The next update for a link, `null` if there is nothing to send. */
export function nextUpdate(
  state: PortState,
  database: LinkStateDatabase,
  sent: SentCounters,
  buffers: FrameBuffers,
): Uint8Array | null {
  if (!hasFrame(state)) return null;
  const writer = new UpdateWriter();
  writeControl(state, writer, sent);
  sent.bytesSent.other += writer.bytes;
  for (const [peer, form] of state.answers) {
    const record = database.record(peer);
    if (record !== undefined) {
      const delta = deltaOf(record, form, database);
      if (!writeRecord(record, delta, 0, writer, sent)) break;
    }
    state.answers.delete(peer);
    database.log.noteHas(peer, state.slot);
  }
  if (state.ready) {
    const isDone = state.eager
      ? writeNews(state, database, writer, sent)
      : writeIds(state, database, writer, sent);
    if (isDone) state.ready = false;
  }
  return writer.finish(buffers);
}

/** Whether there may be a frame for the link. Every link is asked after every event, and has mostly none. */
export function hasFrame(state: PortState): boolean {
  const { ready, tell, want, wantFull, tries, salt, evidence, proofs, answers } = state;
  if (ready || tell !== null || !state.modern) return true;
  if (want.length > 0 || wantFull.length > 0 || answers.size > 0) return true;
  return (salt !== null && tries.length > 0) || evidence.length > 0 || proofs.length > 0;
}

function countWhole(
  { originator, payload }: PooledRecord,
  { slot }: PortState,
  database: LinkStateDatabase,
  sent: SentCounters,
): Uint8Array {
  database.log.noteHas(originator, slot);
  sent.wholes += 1;
  sent.bytesSent.wholes += payload.length;
  return payload;
}

function writeControl(state: PortState, writer: UpdateWriter, sent: SentCounters): void {
  if (state.tell === 'prune') writer.prune();
  else if (state.tell === 'graft') writer.graft();
  state.tell = null;
  while (writer.fits(SHORT_ID_BYTES)) {
    const id = state.want.pop();
    if (id === undefined) break;
    writer.want(id);
    sent.wants += 1;
  }
  while (state.wantFull.length > 0 && writer.fits(ID_BYTES)) {
    const [high = 0, low = 0] = state.wantFull.splice(-2);
    writer.wantFull(high, low);
    sent.wants += 1;
  }
  const { salt } = state;
  while (salt !== null) {
    const trie = state.tries[0];
    if (trie === undefined) break;
    if (!writer.fits(trie.fingerprints.length + trie.ids.length)) return;
    state.tries.shift();
    writer.trie(trie, salt);
  }
  for (let record = state.evidence[0]; record !== undefined; record = state.evidence[0]) {
    if (!writer.fits(record.length)) return;
    state.evidence.shift();
    writer.record(record, 0);
  }
  for (let proof = state.proofs[0]; proof !== undefined; proof = state.proofs[0]) {
    if (!writer.fits(proof.one.length + proof.other.length)) return;
    state.proofs.shift();
    writer.proof(proof);
  }
}

function deltaOf(
  record: PooledRecord,
  form: AnswerForm,
  database: LinkStateDatabase,
): Uint8Array | null {
  if (form === 'whole') return null;
  return form === 'delta' ? record.delta : database.pool.makeDelta(record, form);
}

/** `false` if the frame is full. */
function writeRecord(
  { payload }: PooledRecord,
  delta: Uint8Array | null,
  path: number,
  writer: UpdateWriter,
  sent: SentCounters,
): boolean {
  if (delta !== null) {
    if (!writer.fits(delta.length)) return false;
    const before = writer.bytes;
    writer.delta(delta, path);
    sent.deltas += 1;
    sent.bytesSent.deltas += writer.bytes - before;
    return true;
  }
  if (!writer.fits(payload.length)) return false;
  const before = writer.bytes;
  writer.record(payload, path);
  sent.wholes += 1;
  sent.bytesSent.wholes += writer.bytes - before;
  return true;
}

/** Whether the log is told to its end. */
function writeNews(
  state: PortState,
  database: LinkStateDatabase,
  writer: UpdateWriter,
  sent: SentCounters,
): boolean {
  const { cursor, slot } = state;
  for (let written = 0; ; written += 1) {
    const { position } = cursor;
    const peer = database.log.next(cursor, slot);
    if (peer < 0) {
      pace(state, written);
      return true;
    }
    const record = database.record(peer);
    if (record === undefined) continue;
    // An own record crossed no link yet: less than any label, and more than an answer's 0.
    const path = Math.max(PATH_OWN, database.path(peer));
    if (!writeRecord(record, record.delta, path, writer, sent)) {
      cursor.position = position;
      pace(state, written);
      return false;
    }
    database.log.noteHas(peer, slot);
  }
}

/** Where many news come, later frames wait for more of them: a mesh that starts would else send as many frames as records. */
function pace(state: PortState, written: number): void {
  state.holdMs = written < NEWS_MANY ? NEWS_HOLD_MS : Math.min(NEWS_HOLD_MS_MAX, 2 * state.holdMs);
}

function writeIds(
  { cursor, slot }: PortState,
  database: LinkStateDatabase,
  writer: UpdateWriter,
  sent: SentCounters,
): boolean {
  const before = writer.bytes;
  for (;;) {
    if (!writer.fits(SHORT_ID_BYTES)) break;
    const peer = database.log.next(cursor, slot);
    if (peer < 0) break;
    const record = database.record(peer);
    if (record === undefined) continue;
    writer.have(record.idHigh);
    sent.haves += 1;
  }
  sent.bytesSent.haves += writer.bytes - before;
  return !database.log.hasNews(cursor);
}
