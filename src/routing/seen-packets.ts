// Which packets passed already, each once for each of its detours: two generations, the older dropped whole when the
// younger is full. A packet is remembered for at least `generationEntriesMax` newer ones; the ttl bounds what an older copy
// can still do. Asked of every packet that is relayed, so it makes nothing: keys are two words in a table with linear
// probing (Knuth, volume 3, algorithm 6.4 L).
//
// A key is the packet's id, 64 random bits, mixed with the first 64 bits of its source and its detours: of one source no two
// keys are the same, of two sources one pair of packets in 2^64. Whoever looks for such a pair gains nothing: sources are
// not proved to relays, so anybody who knows a packet's id can spoil it anyway.

import { endsWord, packetIdWord } from '../wire/packet.ts';

/** 1 MiB in both generations, once so many packets have passed. */
export const SEEN_GENERATION_ENTRIES_MAX = 32_768;
const SLOTS_FIRST = 64;
/** At half of the slots taken, random keys never come near. Chosen ones that do overwrite each other. */
const PROBES_MAX = 256;
const GOLDEN = 0x9e37_79b1;

export interface SeenPackets {
  /** Whether the packet that begins at `at` comes for the first time with so many detours, and remembers it. */
  first(bytes: Uint8Array, at: number, detours: number): boolean;
}

export function createSeenPackets(
  generationEntriesMax: number = SEEN_GENERATION_ENTRIES_MAX,
): SeenPackets {
  let younger = new KeyTable();
  let older = new KeyTable();

  return {
    first(bytes, at, detours) {
      const mixed = Math.imul(detours + 1, GOLDEN);
      const high = packetIdWord(bytes, at, 0) ^ endsWord(bytes, at, 0) ^ mixed;
      const low = packetIdWord(bytes, at, 1) ^ endsWord(bytes, at, 1);
      if (older.has(high, low)) return false;
      if (younger.size >= generationEntriesMax) {
        if (younger.has(high, low)) return false;
        const emptied = older;
        emptied.clear();
        older = younger;
        younger = emptied;
      }
      return younger.add(high, low);
    },
  };
}

/** A set of keys of two words. A key of zeros stands for no key: one packet in 2^64 has it, and is let through each time. */
class KeyTable {
  size = 0;
  #words = new Int32Array(2 * SLOTS_FIRST);
  #mask = SLOTS_FIRST - 1;

  has(high: number, low: number): boolean {
    return this.#find(high, low) >= 0;
  }

  /** `false` if it is there already. */
  add(high: number, low: number): boolean {
    const found = this.#find(high, low);
    if (found >= 0) return false;
    const at = -found - 1;
    const words = this.#words;
    if (words[at] === 0 && words[at + 1] === 0) this.size += 1;
    words[at] = high;
    words[at + 1] = low;
    if (2 * this.size > this.#mask) this.#enlarge();
    return true;
  }

  clear(): void {
    this.#words.fill(0);
    this.size = 0;
  }

  /** Where the key stands, else −1 less the place where it belongs. */
  #find(high: number, low: number): number {
    const words = this.#words;
    const mask = this.#mask;
    const word = high ^ Math.imul(low, GOLDEN);
    let slot = (word ^ (word >>> 16)) & mask;
    for (let probes = 0; ; probes += 1) {
      const at = 2 * slot;
      const there = words[at] ?? 0;
      const thereLow = words[at + 1] ?? 0;
      if (there === 0 && thereLow === 0) return -at - 1;
      if (there === high && thereLow === low) return at;
      if (probes === PROBES_MAX) return -at - 1;
      slot = (slot + 1) & mask;
    }
  }

  #enlarge(): void {
    const old = this.#words;
    this.#mask = 2 * this.#mask + 1;
    this.#words = new Int32Array(2 * (this.#mask + 1));
    this.size = 0;
    for (let at = 0; at < old.length; at += 2) {
      const high = old[at] ?? 0;
      const low = old[at + 1] ?? 0;
      if (high !== 0 || low !== 0) this.add(high, low);
    }
  }
}
