// The frame by which two neighbours of today exchange link state: `LinkStateUpdate` of `link_state.proto`, written and
// read by hand, since a cold start of ten thousand nodes passes a hundred million records and most of them are known.

import { fail, ok, type Result } from '../core/errors.ts';
import type { FrameBuffers } from '../wire/frame.ts';
import { RECORD_BYTES_MAX } from './link-state-record.ts';
import { readVarint, varintBytes, writeVarint } from './varint.ts';

/** A frame is closed before it grows past this, unless one thing in it is longer. */
export const UPDATE_BYTES: number = 32 * 1024;
/** Longer payloads are refused unread. Every link takes frames of this size, and the longest record fits. */
export const UPDATE_BYTES_MAX: number = RECORD_BYTES_MAX + 2 * 1024;
/** The two records of a proof, together. */
export const PROOF_BYTES_MAX: number = RECORD_BYTES_MAX;
/** Ids in a list of one prefix. */
export const LIST_IDS_MAX = 512;
export const PREFIX_DIGITS_MAX = 8;
export const TRIE_CHILDREN = 16;
export const ID_BYTES = 8;
/** The beginning of an id, where a wrong guess costs a record sent in vain. */
export const SHORT_ID_BYTES = 4;
const PATH_BYTES = 2;
const PRUNE = 1;
const GRAFT = 2;
/** Tags of `LinkStateUpdate`. */
const TAG = {
  records: 0x0a,
  deltas: 0x12,
  paths: 0x1a,
  have: 0x22,
  want: 0x2a,
  wantFull: 0x32,
  tree: 0x38,
  salt: 0x41,
  tries: 0x4a,
  proofs: 0x52,
} as const;
/** Tags of `LinkStateTrie`, and of both fields of `LinkStateProof`. */
const TRIE = { prefix: 0x08, digits: 0x10, fingerprints: 0x1a, ids: 0x22 } as const;
const ONE = 0x0a;
const OTHER = 0x12;

/** A run of bytes of a payload. */
export interface Run {
  readonly start: number;
  readonly end: number;
}

export interface TrieNode {
  /** The first `digits` hexadecimal digits of PeerIds, as a number. */
  readonly prefix: number;
  readonly digits: number;
  /** One, or those of the sixteen children: 8 bytes each; empty in a list. */
  readonly fingerprints: Uint8Array;
  /** Of a list: 8 bytes each. */
  readonly ids: Uint8Array;
}

/** Two payloads of records. */
export interface Proof {
  readonly one: Uint8Array;
  readonly other: Uint8Array;
}

export interface Update {
  readonly payload: Uint8Array;
  readonly records: readonly Run[];
  readonly deltas: readonly Run[];
  readonly paths: Run;
  readonly have: Run;
  readonly want: Run;
  readonly wantFull: Run;
  readonly prune: boolean;
  readonly graft: boolean;
  /** 8 bytes. */
  readonly salt: Run;
  readonly tries: readonly TrieNode[];
  readonly proofs: readonly Proof[];
}

const NOTHING: Run = { start: 0, end: 0 };

/** At most `UPDATE_BYTES_MAX`. Fields of later versions are passed over; the views are into the payload. */
export function decodeUpdate(payload: Uint8Array): Result<Update, 'ROUTING_UPDATE_MALFORMED'> {
  if (payload.length > UPDATE_BYTES_MAX) return malformed('too long');
  const records: Run[] = [];
  const deltas: Run[] = [];
  const tries: TrieNode[] = [];
  const proofs: Proof[] = [];
  const runs = { paths: NOTHING, have: NOTHING, want: NOTHING, wantFull: NOTHING, salt: NOTHING };
  let tree = 0;
  let at = 0;
  while (at < payload.length) {
    // Records and deltas are many, so their heads are read here: up to two bytes of length make less than 16 KiB.
    const head = payload[at];
    const size = payload[at + 1] ?? 0x80;
    const more = payload[at + 2] ?? 0x80;
    if ((head === TAG.records || head === TAG.deltas) && (size < 0x80 || more < 0x80)) {
      const start = at + (size < 0x80 ? 2 : 3);
      at = start + (size < 0x80 ? size : (size & 0x7f) | (more << 7));
      if (at > payload.length) return malformed('field');
      (head === TAG.records ? records : deltas).push({ start, end: at });
      continue;
    }
    const field = readField(payload, at);
    if (field === null) return malformed('field');
    const { tag, value, run } = field;
    at = run.end;
    switch (tag) {
      case TAG.records:
        records.push(run);
        break;
      case TAG.deltas:
        deltas.push(run);
        break;
      case TAG.paths:
        runs.paths = run;
        break;
      case TAG.have:
        runs.have = run;
        break;
      case TAG.want:
        runs.want = run;
        break;
      case TAG.wantFull:
        runs.wantFull = run;
        break;
      case TAG.tree:
        tree = value;
        break;
      case TAG.salt:
        runs.salt = run;
        break;
      case TAG.tries: {
        const trie = decodeTrie(payload.subarray(run.start, run.end));
        if (trie === null) return malformed('trie');
        tries.push(trie);
        break;
      }
      case TAG.proofs: {
        const proof = decodeProof(payload.subarray(run.start, run.end));
        if (proof === null) return malformed('proof');
        proofs.push(proof);
        break;
      }
      default:
    }
  }
  const paths = lengthOf(runs.paths);
  if (paths !== 0 && paths !== PATH_BYTES * (records.length + deltas.length)) {
    return malformed('paths');
  }
  for (const ids of [runs.have, runs.want]) {
    if (lengthOf(ids) % SHORT_ID_BYTES !== 0) return malformed('ids');
  }
  if (lengthOf(runs.wantFull) % ID_BYTES !== 0) return malformed('names');
  if (tries.length > 0 && lengthOf(runs.salt) !== ID_BYTES) return malformed('salt');
  const prune = (tree & PRUNE) !== 0;
  const graft = (tree & GRAFT) !== 0;
  return ok({ payload, records, deltas, ...runs, prune, graft, tries, proofs });
}

/** The largest label on the way of the record or delta of this place, 0 for an answer. */
export function pathAt({ payload, paths }: Update, index: number): number {
  const at = paths.start + PATH_BYTES * index;
  if (at >= paths.end) return 0;
  return ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0);
}

export function lengthOf({ start, end }: Run): number {
  return end - start;
}

interface Field {
  readonly tag: number;
  /** Of a varint. */
  readonly value: number;
  /** Where the content is; it ends where the next field begins. */
  readonly run: Run;
}

function readField(bytes: Uint8Array, at: number): Field | null {
  const tag = readVarint(bytes, at);
  if (tag === null) return null;
  let start = tag.next;
  let end = start;
  let value = 0;
  switch (tag.value & 7) {
    case 0:
    case 2: {
      const read = readVarint(bytes, start);
      if (read === null) return null;
      ({ value } = read);
      start = read.next;
      end = (tag.value & 7) === 0 ? start : start + value;
      break;
    }
    case 1:
      end = start + 8;
      break;
    case 5:
      end = start + 4;
      break;
    default:
      return null;
  }
  return end <= bytes.length ? { tag: tag.value, value, run: { start, end } } : null;
}

function decodeTrie(bytes: Uint8Array): TrieNode | null {
  let prefix = 0;
  let digits = 0;
  let fingerprints = bytes.subarray(0, 0);
  let ids = fingerprints;
  for (let at = 0; at < bytes.length;) {
    const field = readField(bytes, at);
    if (field === null) return null;
    const { tag, value, run } = field;
    at = run.end;
    if (tag === TRIE.prefix) prefix = value;
    else if (tag === TRIE.digits) digits = value;
    else if (tag === TRIE.fingerprints) fingerprints = bytes.subarray(run.start, run.end);
    else if (tag === TRIE.ids) ids = bytes.subarray(run.start, run.end);
  }
  if (digits > PREFIX_DIGITS_MAX || prefix >= 16 ** digits) return null;
  const { length } = fingerprints;
  if (length !== 0 && length !== ID_BYTES && length !== TRIE_CHILDREN * ID_BYTES) return null;
  if (length !== 0 && ids.length !== 0) return null;
  if (length > ID_BYTES && digits === PREFIX_DIGITS_MAX) return null;
  if (ids.length % ID_BYTES !== 0 || ids.length > LIST_IDS_MAX * ID_BYTES) return null;
  return { prefix, digits, fingerprints, ids };
}

function decodeProof(bytes: Uint8Array): Proof | null {
  const one = readField(bytes, 0);
  if (one === null || one.tag !== ONE) return null;
  const other = readField(bytes, one.run.end);
  if (other === null || other.tag !== OTHER || other.run.end !== bytes.length) return null;
  return {
    one: bytes.subarray(one.run.start, one.run.end),
    other: bytes.subarray(other.run.start, other.run.end),
  };
}

function malformed(detail: string): Result<never, 'ROUTING_UPDATE_MALFORMED'> {
  return fail('ROUTING_UPDATE_MALFORMED', { detail });
}

/** Collects what goes into one frame. */
export class UpdateWriter {
  /** Of the frame so far, to the byte save for `paths`. */
  bytes = 0;
  readonly #records: Uint8Array[] = [];
  readonly #deltas: Uint8Array[] = [];
  readonly #paths: number[] = [];
  readonly #deltaPaths: number[] = [];
  readonly #have: number[] = [];
  readonly #want: number[] = [];
  readonly #wantFull: number[] = [];
  readonly #tries: Uint8Array[] = [];
  readonly #proofs: Uint8Array[] = [];
  #salt: Uint8Array | null = null;
  #tree = 0;

  /** Whether so many bytes more still fit; a first thing always does. */
  fits(bytes: number): boolean {
    return this.bytes === 0 || this.bytes + bytes <= UPDATE_BYTES;
  }

  record(payload: Uint8Array, path: number): void {
    this.#records.push(payload);
    this.#paths.push(path);
    this.bytes += fieldBytes(payload.length) + PATH_BYTES;
  }

  delta(delta: Uint8Array, path: number): void {
    this.#deltas.push(delta);
    this.#deltaPaths.push(path);
    this.bytes += fieldBytes(delta.length) + PATH_BYTES;
  }

  have(id: number): void {
    this.#have.push(id);
    this.bytes += SHORT_ID_BYTES;
  }

  want(id: number): void {
    this.#want.push(id);
    this.bytes += SHORT_ID_BYTES;
  }

  wantFull(high: number, low: number): void {
    this.#wantFull.push(high, low);
    this.bytes += ID_BYTES;
  }

  prune(): void {
    this.#tree = PRUNE;
    this.bytes += 2;
  }

  graft(): void {
    this.#tree = GRAFT;
    this.bytes += 2;
  }

  trie(node: TrieNode, salt: Uint8Array): void {
    const bytes = encodeTrie(node);
    if (this.#salt === null) this.bytes += 1 + ID_BYTES;
    this.#salt = salt;
    this.#tries.push(bytes);
    this.bytes += fieldBytes(bytes.length);
  }

  proof({ one, other }: Proof): void {
    const bytes = new Uint8Array(fieldBytes(one.length) + fieldBytes(other.length));
    writeBytes(bytes, writeBytes(bytes, 0, ONE, one), OTHER, other);
    this.#proofs.push(bytes);
    this.bytes += fieldBytes(bytes.length);
  }

  /** The payload, with headroom for a frame, or `null` if there is nothing in it. */
  finish(buffers: FrameBuffers): Uint8Array | null {
    if (this.bytes === 0) return null;
    const paths =
      this.#deltaPaths.length === 0 ? this.#paths : [...this.#paths, ...this.#deltaPaths];
    const ids = [this.#have, this.#want, this.#wantFull];
    const hasPaths = paths.some((path) => path !== 0);
    let length = hasPaths ? fieldBytes(PATH_BYTES * paths.length) : 0;
    for (const part of [this.#records, this.#deltas, this.#tries, this.#proofs]) {
      for (const bytes of part) length += fieldBytes(bytes.length);
    }
    for (const words of ids) if (words.length > 0) length += fieldBytes(4 * words.length);
    if (this.#tree !== 0) length += 2;
    if (this.#salt !== null) length += 1 + ID_BYTES;

    const out = buffers.payload(length);
    let at = 0;
    for (const record of this.#records) at = writeBytes(out, at, TAG.records, record);
    for (const delta of this.#deltas) at = writeBytes(out, at, TAG.deltas, delta);
    if (hasPaths) {
      at = writeHead(out, at, TAG.paths, PATH_BYTES * paths.length);
      for (const path of paths) {
        out[at] = path >>> 8;
        out[at + 1] = path;
        at += PATH_BYTES;
      }
    }
    at = writeIds(out, at, TAG.have, this.#have);
    at = writeIds(out, at, TAG.want, this.#want);
    at = writeIds(out, at, TAG.wantFull, this.#wantFull);
    if (this.#tree !== 0) at = writeHead(out, at, TAG.tree, this.#tree);
    if (this.#salt !== null) {
      out[at] = TAG.salt;
      out.set(this.#salt, at + 1);
      at += 1 + ID_BYTES;
    }
    for (const trie of this.#tries) at = writeBytes(out, at, TAG.tries, trie);
    for (const proof of this.#proofs) at = writeBytes(out, at, TAG.proofs, proof);
    return out;
  }
}

function encodeTrie({ prefix, digits, fingerprints, ids }: TrieNode): Uint8Array {
  let length = 0;
  if (prefix > 0) length += 1 + varintBytes(prefix);
  if (digits > 0) length += 2;
  if (fingerprints.length > 0) length += fieldBytes(fingerprints.length);
  if (ids.length > 0) length += fieldBytes(ids.length);
  const out = new Uint8Array(length);
  let at = 0;
  if (prefix > 0) at = writeHead(out, at, TRIE.prefix, prefix);
  if (digits > 0) at = writeHead(out, at, TRIE.digits, digits);
  if (fingerprints.length > 0) at = writeBytes(out, at, TRIE.fingerprints, fingerprints);
  if (ids.length > 0) writeBytes(out, at, TRIE.ids, ids);
  return out;
}

/** Of a field with a one-byte tag and this length. */
function fieldBytes(length: number): number {
  return 1 + varintBytes(length) + length;
}

function writeHead(out: Uint8Array, at: number, tag: number, value: number): number {
  out[at] = tag;
  return writeVarint(out, at + 1, value);
}

function writeBytes(out: Uint8Array, at: number, tag: number, bytes: Uint8Array): number {
  const start = writeHead(out, at, tag, bytes.length);
  out.set(bytes, start);
  return start + bytes.length;
}

function writeIds(out: Uint8Array, at: number, tag: number, words: readonly number[]): number {
  if (words.length === 0) return at;
  let next = writeHead(out, at, tag, 4 * words.length);
  for (const word of words) {
    out[next] = word >>> 24;
    out[next + 1] = word >>> 16;
    out[next + 2] = word >>> 8;
    out[next + 3] = word;
    next += 4;
  }
  return next;
}
