// The sources whose packets a gateway carries, found by the PeerId in a packet's header: a hash table with a secret salt,
// so that nobody can choose PeerIds that fall together. Bounded: one that has been idle gives way (the clock algorithm:
// each that sent since the hand last passed stays a round longer); where none is idle, further ones share one place.

import { PEER_ID_BYTES } from '../../core/peer-id.ts';
import type { SourceQueue } from './source-queue.ts';
import { resetState, STATE_NUMBERS } from './source-state.ts';

/** Sources of one interface. */
export const SOURCES_MAX = 10_000;
const BUCKETS: number = 2 ** 14;
const WORDS: number = PEER_ID_BYTES / 4;
const NONE = -1;
/** Where further sources share a place. */
const OTHERS = 0;

export class Source {
  /** Its place in `SourceTable.state`. */
  readonly slot: number;
  queuedBytes = 0;
  /** It sent since the hand of the clock last passed. */
  isUsed = false;
  /** The queue that it used last. */
  queue: SourceQueue | null = null;
  /** All of its queues, by link and class; few. */
  readonly queues: SourceQueue[] = [];

  constructor(slot: number) {
    this.slot = slot;
  }
}

export class SourceTable {
  /** See `source-state.ts`. */
  readonly state: Float64Array;
  readonly #salt: number;
  readonly #sources: Source[] = [];
  readonly #sourcesMax: number;
  readonly #ids: Int32Array;
  readonly #buckets: Int32Array = new Int32Array(BUCKETS).fill(NONE);
  /** The next source of the same bucket. */
  readonly #chain: Int32Array;
  readonly #key: Int32Array = new Int32Array(WORDS);
  #hand = OTHERS;

  /** `salt`: 32 bits that nobody else knows. */
  constructor(salt: number, sourcesMax: number = SOURCES_MAX) {
    this.#salt = salt;
    this.#sourcesMax = sourcesMax;
    this.state = new Float64Array((sourcesMax + 1) * STATE_NUMBERS);
    this.#ids = new Int32Array((sourcesMax + 1) * WORDS);
    this.#chain = new Int32Array(sourcesMax + 1).fill(NONE);
    this.#sources.push(new Source(OTHERS));
    resetState(this.state, OTHERS);
  }

  /** Sources that are known, the shared place included. */
  get size(): number {
    return this.#sources.length;
  }

  /** The source whose PeerId stands at `at`. Hot: every packet asks. */
  at(bytes: Uint8Array, at: number): Source {
    const bucket = this.#read(bytes, at);
    let slot = this.#buckets[bucket] ?? NONE;
    while (slot !== NONE && !this.#isKey(slot)) slot = this.#chain[slot] ?? NONE;
    const source = slot === NONE ? this.#add(bucket) : this.#sources[slot];
    if (source === undefined) return this.#add(bucket);
    source.isUsed = true;
    return source;
  }

  /** PeerId; all zero for the shared place. */
  idOf({ slot }: Source): Uint8Array {
    const id = new Uint8Array(PEER_ID_BYTES);
    const view = new DataView(id.buffer);
    for (let i = 0; i < WORDS; i += 1) view.setInt32(4 * i, this.#ids[slot * WORDS + i] ?? 0);
    return id;
  }

  [Symbol.iterator](): Iterator<Source> {
    return this.#sources.values();
  }

  #add(bucket: number): Source {
    const slot = this.#sources.length <= this.#sourcesMax ? this.#sources.length : this.#idleSlot();
    if (slot === OTHERS) return this.#sources[OTHERS] ?? new Source(OTHERS);
    // A new object, so that whoever still holds the old one does not mistake it.
    const source = new Source(slot);
    this.#sources[slot] = source;
    this.#ids.set(this.#key, slot * WORDS);
    this.#chain[slot] = this.#buckets[bucket] ?? NONE;
    this.#buckets[bucket] = slot;
    resetState(this.state, slot);
    return source;
  }

  /** A place whose source has been idle, now free; `OTHERS` if there is none. */
  #idleSlot(): number {
    for (let looked = 0; looked < 2 * this.#sourcesMax; looked += 1) {
      this.#hand = this.#hand === this.#sourcesMax ? OTHERS + 1 : this.#hand + 1;
      const source = this.#sources[this.#hand];
      if (source === undefined || source.queuedBytes > 0) continue;
      if (source.isUsed) {
        source.isUsed = false;
        continue;
      }
      this.#unlink(this.#hand);
      return this.#hand;
    }
    return OTHERS;
  }

  #unlink(slot: number): void {
    const bucket = this.#hash(this.#ids, slot * WORDS);
    const next = this.#chain[slot] ?? NONE;
    let before = this.#buckets[bucket] ?? NONE;
    if (before === slot) {
      this.#buckets[bucket] = next;
      return;
    }
    while (before !== NONE && this.#chain[before] !== slot) before = this.#chain[before] ?? NONE;
    if (before !== NONE) this.#chain[before] = next;
  }

  /** Reads the PeerId into `#key` and tells its bucket. */
  #read(bytes: Uint8Array, at: number): number {
    const key = this.#key;
    for (let i = 0, from = at; i < WORDS; i += 1, from += 4) {
      key[i] =
        ((bytes[from] ?? 0) << 24) |
        ((bytes[from + 1] ?? 0) << 16) |
        ((bytes[from + 2] ?? 0) << 8) |
        (bytes[from + 3] ?? 0);
    }
    return this.#hash(key, 0);
  }

  /** Over 12 of the 32 bytes: PeerIds are public keys, and nobody makes many that agree in so many. */
  #hash(words: Int32Array, at: number): number {
    let hash = this.#salt;
    for (let i = at; i < at + 3; i += 1) {
      hash = Math.imul(hash ^ (words[i] ?? 0), 0x85eb_ca6b);
      hash ^= hash >>> 15;
    }
    return hash & (BUCKETS - 1);
  }

  #isKey(slot: number): boolean {
    const [ids, key] = [this.#ids, this.#key];
    const at = slot * WORDS;
    for (let i = 0; i < WORDS; i += 1) {
      if (ids[at + i] !== key[i]) return false;
    }
    return true;
  }
}
