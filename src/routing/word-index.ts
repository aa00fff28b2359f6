// An index from 32-bit words to small numbers, several of one word allowed: open addressing with linear probing in one
// typed array (Knuth, volume 3, algorithm 6.4 L, and 6.4 R to delete), so that a look-up touches one line of the cache.

const SLOTS_FIRST = 64;

export class WordIndex {
  /** Pairs of a word and a number + 1, 0 where the slot is free. */
  #slots = new Int32Array(2 * SLOTS_FIRST);
  #mask = SLOTS_FIRST - 1;
  #size = 0;

  insert(word: number, value: number): void {
    if (2 * (this.#size + 1) > this.#mask) this.#enlarge();
    let slot = spread(word) & this.#mask;
    while (this.#slots[2 * slot + 1] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[2 * slot] = word;
    this.#slots[2 * slot + 1] = value + 1;
    this.#size += 1;
  }

  /** The place of the first entry of the word, −1 if there is none. */
  first(word: number): number {
    return this.#from(spread(word) & this.#mask, word | 0);
  }

  /** The place of the next entry of the same word, −1 if there is none. */
  next(place: number): number {
    return this.#from((place + 1) & this.#mask, this.#slots[2 * place] ?? 0);
  }

  value(place: number): number {
    return (this.#slots[2 * place + 1] ?? 0) - 1;
  }

  remove(word: number, value: number): void {
    let free = this.first(word);
    while (free >= 0 && this.value(free) !== value) free = this.next(free);
    if (free < 0) return;
    this.#size -= 1;
    // What stands behind and belongs before the hole moves into it.
    for (let slot = (free + 1) & this.#mask; this.#slots[2 * slot + 1] !== 0;) {
      const home = spread(this.#slots[2 * slot] ?? 0) & this.#mask;
      if (((slot - home) & this.#mask) >= ((slot - free) & this.#mask)) {
        this.#slots[2 * free] = this.#slots[2 * slot] ?? 0;
        this.#slots[2 * free + 1] = this.#slots[2 * slot + 1] ?? 0;
        free = slot;
      }
      slot = (slot + 1) & this.#mask;
    }
    this.#slots[2 * free + 1] = 0;
  }

  #from(first: number, word: number): number {
    for (let slot = first; this.#slots[2 * slot + 1] !== 0; slot = (slot + 1) & this.#mask) {
      if (this.#slots[2 * slot] === word) return slot;
    }
    return -1;
  }

  #enlarge(): void {
    const old = this.#slots;
    this.#mask = 2 * this.#mask + 1;
    this.#slots = new Int32Array(2 * (this.#mask + 1));
    this.#size = 0;
    for (let at = 0; at < old.length; at += 2) {
      const value = old[at + 1] ?? 0;
      if (value !== 0) this.insert(old[at] ?? 0, value - 1);
    }
  }
}

/** So that words somebody chose do not all begin in one place. */
function spread(word: number): number {
  const mixed = Math.imul(word ^ (word >>> 16), 0x9e37_79b1);
  return mixed ^ (mixed >>> 15);
}
