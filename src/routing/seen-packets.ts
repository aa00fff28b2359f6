// Which packets passed already, each once for each of its detours: two generations, the older dropped whole when the
// younger is full. A packet is remembered for at least `generationEntriesMax` newer ones; the ttl bounds what an older copy
// can still do. Asked of every packet that is relayed, so it makes nothing: keys are four words in a table with linear
// probing (Knuth, volume 3, algorithm 6.4 L).
//
// A key is the packet's id, 64 random bits, and the first 64 bits of its source. Whoever finds a PeerId that shares them
// with another's gains nothing: sources are not proved to relays, so anybody who knows a packet's id can spoil it anyway.

import { endsWord, packetIdWord } from '../wire/packet.ts';

/** 2 MiB in both generations, once so many packets have passed. */
export const SEEN_GENERATION_ENTRIES_MAX = 32_768;
const KEY_WORDS = 4;
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
      const id = packetIdWord(bytes, at, 0);
      const idLow = packetIdWord(bytes, at, 1);
      const source = endsWord(bytes, at, 0);
      const rest = (endsWord(bytes, at, 1) ^ Math.imul(detours + 1, GOLDEN)) | 0;
      if (older.has(id, idLow, source, rest)) return false;
      if (younger.size >= generationEntriesMax) {
        if (younger.has(id, idLow, source, rest)) return false;
        const emptied = older;
        emptied.clear();
        older = younger;
        younger = emptied;
      }
      return younger.add(id, idLow, source, rest);
    },
  };
}

/** A set of keys of four words. A key of zeros stands for no key; one packet in 2^128 has it, and is let through each time. */
class KeyTable {
  size = 0;
  #words = new Int32Array(KEY_WORDS * SLOTS_FIRST);
  #mask = SLOTS_FIRST - 1;

  has(a: number, b: number, c: number, d: number): boolean {
    return this.#find(a, b, c, d) >= 0;
  }

  /** `false` if it is there already. */
  add(a: number, b: number, c: number, d: number): boolean {
    const found = this.#find(a, b, c, d);
    if (found >= 0) return false;
    const at = -found - 1;
    const words = this.#words;
    if (isFree(words, at)) this.size += 1;
    words[at] = a;
    words[at + 1] = b;
    words[at + 2] = c;
    words[at + 3] = d;
    if (2 * this.size > this.#mask) this.#enlarge();
    return true;
  }

  clear(): void {
    this.#words.fill(0);
    this.size = 0;
  }

  /** Where the key stands, else −1 less the place where it belongs. */
  #find(a: number, b: number, c: number, d: number): number {
    const words = this.#words;
    const mask = this.#mask;
    let slot = spread(a ^ Math.imul(b ^ d, GOLDEN) ^ c) & mask;
    for (let probes = 0; ; probes += 1) {
      const at = KEY_WORDS * slot;
      if (words[at + 1] === b && words[at] === a && words[at + 2] === c && words[at + 3] === d) {
        return at;
      }
      if (isFree(words, at) || probes === PROBES_MAX) return -at - 1;
      slot = (slot + 1) & mask;
    }
  }

  #enlarge(): void {
    const old = this.#words;
    this.#mask = 2 * this.#mask + 1;
    this.#words = new Int32Array(KEY_WORDS * (this.#mask + 1));
    this.size = 0;
    for (let at = 0; at < old.length; at += KEY_WORDS) {
      if (isFree(old, at)) continue;
      this.add(old[at] ?? 0, old[at + 1] ?? 0, old[at + 2] ?? 0, old[at + 3] ?? 0);
    }
  }
}

function isFree(words: Int32Array, at: number): boolean {
  return words[at + 3] === 0 && words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0;
}

function spread(word: number): number {
  const mixed = Math.imul(word ^ (word >>> 16), GOLDEN);
  return mixed ^ (mixed >>> 15);
}
