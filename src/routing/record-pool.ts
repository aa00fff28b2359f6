// Every genuine record once: decoded, hashed and verified when it first comes, and found again by its bytes in well under
// a microsecond. A node has a pool of its own; the simulator gives one to all its nodes, so that ten thousand of them
// check each signature once. Databases hold what they keep; what nobody holds stays for a while, against replays and for
// deltas, and then goes.

import { compareBytes } from '../core/bytes.ts';
import type { Result } from '../core/errors.ts';
import { ok } from '../core/errors.ts';
import type { Primitives } from '../env/primitives.ts';
import { decodeDelta, encodeDelta, PEER_PREFIX_BYTES } from './link-state-delta.ts';
import { WordIndex } from './word-index.ts';
import {
  decodeRecord,
  RECORD_BYTES_MAX,
  recordIsSigned,
  sealRecord,
  SIGNATURE_BYTES,
  type SignedRecord,
} from './link-state-record.ts';

/** Records that nobody holds and that are kept for a while. */
export const UNHELD_MAX = 4_096;
/** And bytes of their payloads; decoded, a record takes about thirteen times as many. */
const UNHELD_BYTES_MAX: number = 4 * 1024 * 1024;
/** Of the 8 bytes of a record's id, those that a delta names its base by. */
export const BASE_BYTES = 4;
/**
 * A signature is told from others by the first 16 bytes of its second half, S: two of one half R are easily made by one
 * signer, two of the same S are not.
 */
const KEY_START = 32;
const KEY_FROM_END = 32;
const KEY_WORDS = 5;

export interface PooledRecord {
  /** Names it in this pool while anybody holds it. */
  readonly handle: number;
  readonly signed: SignedRecord;
  /** `signed.payload`. */
  readonly payload: Uint8Array;
  /** The pool's number of its originator. */
  readonly originator: number;
  /** The pool's numbers of its neighbours, in their order. */
  readonly neighbours: Int32Array;
  /** The first 8 bytes of its hash, as two unsigned numbers. */
  readonly idHigh: number;
  readonly idLow: number;
  /** As an update carries it: base, signature, changes; `null` where only the whole record will do. */
  delta: Uint8Array | null;
  /** The record that `delta` changes, and no other of this handle. */
  deltaBase: { readonly idHigh: number; readonly idLow: number } | null;
}

interface Entry extends PooledRecord {
  holders: number;
  /** Places in the queue of those that nobody holds. */
  waiting: number;
}

interface Peer {
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Records of it and records that name it. */
  uses: number;
}

export class RecordPool {
  readonly networkId: string;
  /** How many signatures were checked. */
  verified = 0;
  /** Bytes of all records' payloads. */
  bytes = 0;
  /** How many records there are. */
  size = 0;
  readonly #primitives: Primitives;
  readonly #records: (Entry | undefined)[] = [];
  readonly #freeHandles: number[] = [];
  /** Five words by handle: the key of its signature and the length of its payload. */
  #keys = new Int32Array(KEY_WORDS * 64);
  readonly #bySignature = new WordIndex();
  readonly #byId = new WordIndex();
  readonly #peers: (Peer | undefined)[] = [];
  readonly #freePeers: number[] = [];
  /** By a keyed hash: whoever makes PeerIds up cannot make them meet. */
  readonly #byPeer = new WordIndex();
  readonly #peerSeed: number;
  /** By the first 4 bytes: how many, and which one, −1 once there was more than one. */
  readonly #byPrefix = new Map<number, { count: number; index: number }>();
  #prefixes = new Uint32Array(64);
  #unheld: (Entry | undefined)[] = [];
  #unheldHead = 0;
  #unheldBytes = 0;

  /** `seed`: 32 random bits that others do not know. */
  constructor(primitives: Primitives, networkId: string, seed: number) {
    this.#primitives = primitives;
    this.networkId = networkId;
    this.#peerSeed = seed | 0;
  }

  /** Numbers of peers are below it. */
  get peersEnd(): number {
    return this.#peers.length;
  }

  record(handle: number): PooledRecord | undefined {
    return this.#records[handle];
  }

  /**
   * The known record that this payload stands for: the one with its signature and length. Other bytes under a signature
   * that is known would not verify; whoever sends them names that record, and its own bytes are what goes on. Hot.
   */
  find(bytes: Uint8Array, start: number, end: number): PooledRecord | null {
    const at = end - KEY_FROM_END;
    if (end - start < SIGNATURE_BYTES) return null;
    const word = wordAt(bytes, at) | 0;
    for (let place = this.#bySignature.first(word); place >= 0;) {
      const handle = this.#bySignature.value(place);
      const key = handle * KEY_WORDS;
      if (this.#keys[key + 4] === end - start && this.#matches(bytes, at, key)) {
        return this.#records[handle] ?? null;
      }
      place = this.#bySignature.next(place);
    }
    return null;
  }

  /** The known record with the signature at `start`. */
  findSignature(bytes: Uint8Array, start: number): PooledRecord | null {
    const at = start + KEY_START;
    for (let place = this.#bySignature.first(wordAt(bytes, at)); place >= 0;) {
      const handle = this.#bySignature.value(place);
      if (this.#matches(bytes, at, handle * KEY_WORDS)) return this.#records[handle] ?? null;
      place = this.#bySignature.next(place);
    }
    return null;
  }

  /** The known record whose name by signature is these two words: see `nameBySignature`. */
  findName(high: number, low: number): PooledRecord | null {
    for (let place = this.#bySignature.first(high); place >= 0;) {
      const handle = this.#bySignature.value(place);
      if (this.#keys[handle * KEY_WORDS + 1] === (low | 0)) return this.#records[handle] ?? null;
      place = this.#bySignature.next(place);
    }
    return null;
  }

  findId(idHigh: number, idLow: number): PooledRecord | null {
    for (let place = this.#byId.first(idHigh); place >= 0; place = this.#byId.next(place)) {
      const entry = this.#records[this.#byId.value(place)];
      if (entry?.idLow === idLow) return entry;
    }
    return null;
  }

  /** The first known record of those whose ids begin so that `accepts`, `null` if there is none. */
  findPrefix(idHigh: number, accepts: (record: PooledRecord) => boolean): PooledRecord | null {
    for (let place = this.#byId.first(idHigh); place >= 0; place = this.#byId.next(place)) {
      const entry = this.#records[this.#byId.value(place)];
      if (entry !== undefined && accepts(entry)) return entry;
    }
    return null;
  }

  /** Decodes what `find` did not find; nothing is verified or kept. */
  decode(payload: Uint8Array): Result<SignedRecord, 'ROUTING_RECORD_MALFORMED'> {
    return decodeRecord(this.#primitives, payload);
  }

  /** Rebuilds a record from an update's delta, not verified; `null` without its base. */
  rebuild(delta: Uint8Array): SignedRecord | null {
    if (delta.length < BASE_BYTES + SIGNATURE_BYTES) return null;
    const idHigh = wordAt(delta, 0);
    const signature = delta.subarray(BASE_BYTES, BASE_BYTES + SIGNATURE_BYTES);
    const changes = delta.subarray(BASE_BYTES + SIGNATURE_BYTES);
    for (let place = this.#byId.first(idHigh); place >= 0; place = this.#byId.next(place)) {
      const entry = this.#records[this.#byId.value(place)];
      if (entry === undefined) continue;
      const content = decodeDelta(
        entry.signed.content,
        changes,
        this.#peerByPrefix,
        RECORD_BYTES_MAX,
      );
      if (content === null) continue;
      const decoded = decodeRecord(this.#primitives, sealRecord(content, signature));
      if (decoded.ok) return decoded.value;
    }
    return null;
  }

  /** Verifies a record and keeps it. It is held by nobody yet. */
  add(signed: SignedRecord): Result<PooledRecord, 'ROUTING_RECORD_FORGED'> {
    const known = this.find(signed.payload, 0, signed.payload.length);
    if (known !== null) return ok(known);
    this.verified += 1;
    const genuine = recordIsSigned(this.#primitives, this.networkId, signed);
    return genuine.ok ? ok(this.#insert(signed)) : genuine;
  }

  /** Keeps a record that this node signed itself. */
  addOwn(signed: SignedRecord): PooledRecord {
    return this.#insert(signed);
  }

  hold(record: PooledRecord): void {
    const entry = this.#records[record.handle];
    if (entry !== undefined) entry.holders += 1;
  }

  release(record: PooledRecord): void {
    const entry = this.#records[record.handle];
    if (entry === undefined) return;
    entry.holders -= 1;
    if (entry.holders === 0) this.#wait(entry);
  }

  /** Makes `record.delta`, once, if `base` is a record of the same originator. */
  prepareDelta(record: PooledRecord, base: PooledRecord): void {
    if (record.deltaBase !== null || record.originator !== base.originator) return;
    record.deltaBase = { idHigh: base.idHigh, idLow: base.idLow };
    record.delta = this.makeDelta(record, base);
  }

  /** The record as a change of another one of its originator; `null` if that is not shorter. */
  makeDelta({ signed }: PooledRecord, base: PooledRecord): Uint8Array | null {
    const { content, signature, payload } = signed;
    const changes = encodeDelta(base.signed.content, content, this.#peerByPrefix);
    const bytes = BASE_BYTES + SIGNATURE_BYTES + changes.length;
    if (bytes >= payload.length) return null;
    const delta = new Uint8Array(bytes);
    delta.set(base.signed.hash.subarray(0, BASE_BYTES));
    delta.set(signature, BASE_BYTES);
    delta.set(changes, BASE_BYTES + SIGNATURE_BYTES);
    return delta;
  }

  /** The pool's number of a peer, −1 if no record is of it or names it. */
  peerIndex(peer: Uint8Array): number {
    return this.#peer(peer)?.index ?? -1;
  }

  /** PeerId of a number. */
  peer(index: number): Uint8Array | undefined {
    return this.#peers[index]?.bytes;
  }

  /** The first 4 bytes of a PeerId, by its number. */
  prefix(index: number): number {
    return this.#prefixes[index] ?? 0;
  }

  readonly #peerByPrefix = (prefix: Uint8Array): Uint8Array | null => {
    if (prefix.length !== PEER_PREFIX_BYTES) return null;
    const word = wordAt(prefix, 0);
    return this.#peers[this.#byPrefix.get(word)?.index ?? -1]?.bytes ?? null;
  };

  #matches(bytes: Uint8Array, at: number, key: number): boolean {
    for (let i = 0; i < 4; i += 1) {
      if (this.#keys[key + i] !== (wordAt(bytes, at + 4 * i) | 0)) return false;
    }
    return true;
  }

  #insert(signed: SignedRecord): PooledRecord {
    const handle = this.#freeHandles.pop() ?? this.#records.length;
    const originator = this.#use(signed.record.originator);
    const neighbours = Int32Array.from(signed.record.neighbours, ({ peer }) => this.#use(peer));
    const idHigh = wordAt(signed.hash, 0);
    const entry: Entry = {
      handle,
      signed,
      originator,
      neighbours,
      idHigh,
      idLow: wordAt(signed.hash, 4),
      delta: null,
      deltaBase: null,
      payload: signed.payload,
      holders: 0,
      waiting: 0,
    };
    this.#records[handle] = entry;
    const key = handle * KEY_WORDS;
    if (key >= this.#keys.length) {
      const larger = new Int32Array(2 * this.#keys.length);
      larger.set(this.#keys);
      this.#keys = larger;
    }
    for (let i = 0; i < 4; i += 1) {
      this.#keys[key + i] = wordAt(signed.signature, KEY_START + 4 * i);
    }
    this.#keys[key + 4] = signed.payload.length;
    this.#bySignature.insert(this.#keys[key] ?? 0, handle);
    this.#byId.insert(idHigh, handle);
    this.bytes += signed.payload.length;
    this.size += 1;
    this.#wait(entry);
    return entry;
  }

  #wait(entry: Entry): void {
    entry.waiting += 1;
    this.#unheld.push(entry);
    this.#unheldBytes += entry.payload.length;
    while (
      this.#unheld.length - this.#unheldHead > UNHELD_MAX ||
      this.#unheldBytes > UNHELD_BYTES_MAX
    ) {
      const oldest = this.#unheld[this.#unheldHead];
      this.#unheld[this.#unheldHead] = undefined;
      this.#unheldHead += 1;
      if (oldest === undefined) continue;
      this.#unheldBytes -= oldest.payload.length;
      oldest.waiting -= 1;
      if (oldest.waiting === 0 && oldest.holders === 0) this.#drop(oldest);
    }
    if (this.#unheldHead < UNHELD_MAX) return;
    this.#unheld = this.#unheld.slice(this.#unheldHead);
    this.#unheldHead = 0;
  }

  #drop(entry: Entry): void {
    const { handle, signed, originator, neighbours, idHigh } = entry;
    this.#records[handle] = undefined;
    this.#freeHandles.push(handle);
    this.bytes -= signed.payload.length;
    this.size -= 1;
    this.#bySignature.remove(this.#keys[handle * KEY_WORDS] ?? 0, handle);
    this.#byId.remove(idHigh, handle);
    this.#unuse(originator);
    for (const neighbour of neighbours) this.#unuse(neighbour);
  }

  #hash(bytes: Uint8Array): number {
    let hash = this.#peerSeed;
    for (let at = 0; at < bytes.length; at += 4) {
      hash = Math.imul(hash ^ wordAt(bytes, at), 0x85eb_ca6b);
      hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2_ae35);
      hash ^= hash >>> 13;
    }
    return hash;
  }

  #peer(bytes: Uint8Array): Peer | null {
    const index = this.#byPeer;
    for (let place = index.first(this.#hash(bytes)); place >= 0; place = index.next(place)) {
      const peer = this.#peers[index.value(place)];
      if (peer !== undefined && compareBytes(peer.bytes, bytes) === 0) return peer;
    }
    return null;
  }

  #use(bytes: Uint8Array): number {
    const known = this.#peer(bytes);
    if (known !== null) {
      known.uses += 1;
      return known.index;
    }
    const index = this.#freePeers.pop() ?? this.#peers.length;
    const prefix = wordAt(bytes, 0);
    // A copy: the peer outlives the record that it was first seen in.
    const peer: Peer = {
      index,
      bytes: bytes.slice(),
      uses: 1,
    };
    this.#peers[index] = peer;
    this.#byPeer.insert(this.#hash(bytes), index);
    const same = this.#byPrefix.get(prefix);
    if (same === undefined) this.#byPrefix.set(prefix, { count: 1, index });
    else {
      same.count += 1;
      same.index = -1;
    }
    if (index >= this.#prefixes.length) {
      const larger = new Uint32Array(this.#prefixes.length * 2);
      larger.set(this.#prefixes);
      this.#prefixes = larger;
    }
    this.#prefixes[index] = prefix;
    return index;
  }

  #unuse(index: number): void {
    const peer = this.#peers[index];
    if (peer === undefined) return;
    peer.uses -= 1;
    if (peer.uses > 0) return;
    this.#peers[index] = undefined;
    this.#freePeers.push(index);
    this.#byPeer.remove(this.#hash(peer.bytes), index);
    const prefix = wordAt(peer.bytes, 0);
    const same = this.#byPrefix.get(prefix);
    if (same === undefined) return;
    same.count -= 1;
    if (same.count === 0) this.#byPrefix.delete(prefix);
  }
}

/** Four bytes, big-endian, unsigned. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0)) >>>
    0
  );
}

/**
 * The 8 bytes by which a record is named whose hash is not known, as two words: the beginning of S in its signature. The
 * other half, R, a signer could make the same in all of his records.
 */
export function nameBySignature(bytes: Uint8Array, start: number): readonly [number, number] {
  return [wordAt(bytes, start + KEY_START), wordAt(bytes, start + KEY_START + 4)];
}
