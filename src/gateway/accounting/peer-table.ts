// A table from runs of bytes that stand in packets (PeerIds) and a small number to objects. Strangers choose the bytes, so
// they are mixed with secret words: nobody can make keys that fall together. A look-up allocates nothing, and one of a key
// that was found lately compares and does not hash (`node scripts/bench-accounting.ts` measures it).

import { assert } from '../../core/assert.ts';
import type { Rng } from '../../env/rng.ts';
import { WordIndex } from '../../routing/word-index.ts';

/** What an entry keeps for the table. */
export interface Keyed {
  /** Its place in the table. */
  slot: number;
}

/** Places for entries that were found lately; a power of two. */
const LATELY = 16_384;
const SLOTS_FIRST = 64;

export class PeerTable<T extends Keyed> {
  size = 0;
  /** Words of a key: those of its bytes, then the number. */
  readonly #width: number;
  readonly #secret: Int32Array;
  readonly #index = new WordIndex();
  /** The keys of the entries, one after the other. */
  #words: Int32Array;
  readonly #entries: (T | null)[] = [];
  readonly #free: number[] = [];
  readonly #lately: (T | null)[] = Array.from({ length: LATELY }, () => null);
  /** Where the search for somebody to let go continues. */
  #hand = 0;

  /** Of keys with `bytes` bytes, a multiple of 32. */
  constructor(bytes: number, rng: Rng) {
    assert(bytes > 0 && bytes % 32 === 0, 'a key is a run of PeerIds');
    this.#width = bytes / 4 + 1;
    this.#secret = Int32Array.from({ length: this.#width + 1 }, () => rng.uint32() | 1);
    this.#words = new Int32Array(SLOTS_FIRST * this.#width);
  }

  /** The entry of the key that stands in `bytes` from `at` on and of `tag`, or `null`. */
  find(bytes: Uint8Array, at: number, tag: number): T | null {
    const place = this.#placeLately(bytes, at, tag);
    const lately = this.#lately[place] ?? null;
    if (lately !== null && this.#isKeyOf(lately.slot, bytes, at, tag)) return lately;
    const entry = this.#search(bytes, at, tag);
    if (entry !== null) this.#lately[place] = entry;
    return entry;
  }

  /** Adds the entry of a key that has none. */
  insert(entry: T, bytes: Uint8Array, at: number, tag: number): void {
    const width = this.#width;
    const slot = this.#free.pop() ?? this.#entries.length;
    if ((slot + 1) * width > this.#words.length) {
      const words = new Int32Array(2 * this.#words.length);
      words.set(this.#words);
      this.#words = words;
    }
    for (let i = 0; i < width - 1; i += 1)
      this.#words[slot * width + i] = wordAt(bytes, at + 4 * i);
    this.#words[(slot + 1) * width - 1] = tag;
    this.#entries[slot] = entry;
    entry.slot = slot;
    this.#index.insert(this.#hashOf(slot), slot);
    this.size += 1;
  }

  remove(entry: T): void {
    const { slot } = entry;
    this.#index.remove(this.#hashOf(slot), slot);
    this.#entries[slot] = null;
    this.#free.push(slot);
    this.size -= 1;
    const place = this.#lately.indexOf(entry);
    if (place >= 0) this.#lately[place] = null;
  }

  /** The next entry, round and round, that `may` go, of at most `looksMax`; `null` if there is none. */
  victim(looksMax: number, may: (entry: T) => boolean): T | null {
    const { length } = this.#entries;
    for (let looks = Math.min(looksMax, length); looks > 0; looks -= 1) {
      this.#hand = this.#hand + 1 < length ? this.#hand + 1 : 0;
      const entry = this.#entries[this.#hand] ?? null;
      if (entry !== null && may(entry)) return entry;
    }
    return null;
  }

  *entries(): IterableIterator<T> {
    for (const entry of this.#entries) if (entry !== null) yield entry;
  }

  #search(bytes: Uint8Array, at: number, tag: number): T | null {
    const index = this.#index;
    const hash = this.#hash(bytes, at, tag);
    for (let place = index.first(hash); place >= 0; place = index.next(place)) {
      const slot = index.value(place);
      if (this.#isKeyOf(slot, bytes, at, tag)) return this.#entries[slot] ?? null;
    }
    return null;
  }

  #isKeyOf(slot: number, bytes: Uint8Array, at: number, tag: number): boolean {
    const words = this.#words;
    const end = (slot + 1) * this.#width - 1;
    if (words[end] !== tag) return false;
    let from = at;
    for (let i = end - this.#width + 1; i < end; i += 1) {
      if (words[i] !== wordAt(bytes, from)) return false;
      from += 4;
    }
    return true;
  }

  /** By a few bytes of the first and the last PeerId: who makes them equal spoils only the short cut. */
  #placeLately(bytes: Uint8Array, at: number, tag: number): number {
    const last = at + 4 * (this.#width - 1) - 32;
    const few = wordAt(bytes, at) ^ Math.imul(wordAt(bytes, last), 3) ^ tag;
    return Math.imul(few, this.#secret[0] ?? 1) >>> 18;
  }

  #hash(bytes: Uint8Array, at: number, tag: number): number {
    let sum = this.#secret[this.#width] ?? 0;
    for (let i = 0; i < this.#width - 1; i += 1) {
      sum = mixed(sum, wordAt(bytes, at + 4 * i), this.#secret[i] ?? 1);
    }
    return mixed(sum, tag, this.#secret[this.#width - 1] ?? 1);
  }

  #hashOf(slot: number): number {
    const at = slot * this.#width;
    let sum = this.#secret[this.#width] ?? 0;
    for (let i = 0; i < this.#width; i += 1) {
      sum = mixed(sum, this.#words[at + i] ?? 0, this.#secret[i] ?? 1);
    }
    return sum;
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}

function mixed(sum: number, word: number, secret: number): number {
  const next = (sum + Math.imul(word ^ (sum >>> 15), secret)) | 0;
  return next ^ (next >>> 13);
}
