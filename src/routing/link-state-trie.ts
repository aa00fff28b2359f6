// Reconciliation by hash: the records of a node as a 16-ary tree by the hexadecimal digits of PeerIds, each subtree with
// a fingerprint. Two neighbours compare fingerprints from the root down, only where they differ, and list ids where few
// are left, so that the bytes are in proportion to the difference (as in Merkle search trees and range-based set
// reconciliation, Meyer 2022). A fingerprint is the sum of the ids, each mixed with a salt that the asking side draws at
// random: nobody else can prepare records whose sum is that of others.

import { wordAt, type PooledRecord } from './record-pool.ts';
import {
  ID_BYTES,
  LIST_IDS_MAX,
  PREFIX_DIGITS_MAX,
  TRIE_CHILDREN,
  type TrieNode,
} from './link-state-update.ts';

/** A subtree with no more records is listed. */
export const LISTED_MAX = 16;
const DIGIT_BITS = 4;
/** How often a frame may have the records looked at: parts of one comparison do not overlap. */
const LOOKS_MAX = 4;
const NOTHING = new Uint8Array(0);

/** What a trie holds of a record. */
export interface TrieEntry {
  /** First 4 bytes of the PeerId. */
  readonly prefix: number;
  /** The pool's number of the originator. */
  readonly peer: number;
  readonly record: Pick<PooledRecord, 'idHigh' | 'idLow' | 'deltaBase'>;
}

/** What a step of the other side is answered with. */
export interface TrieAnswer {
  readonly tries: TrieNode[];
  /** Peers whose records the other side lacks, and whether it has what their changes are to. */
  readonly lacking: { readonly peer: number; readonly hasBase: boolean }[];
  /** First 4 bytes of the ids of records that it has and this node has not. */
  readonly wanted: number[];
}

/** The records of one moment, under one salt. */
export class RecordTrie {
  readonly salt: Uint8Array;
  readonly #entries: readonly TrieEntry[];
  readonly #saltHigh: number;
  readonly #saltLow: number;
  /** Records that may still be looked at for this frame. */
  #looks = 0;

  /** The entries in any order; `salt`: 8 bytes. */
  constructor(entries: readonly TrieEntry[], salt: Uint8Array) {
    this.#entries = entries.toSorted((a, b) => a.prefix - b.prefix);
    this.salt = salt;
    this.#saltHigh = wordAt(salt, 0);
    this.#saltLow = wordAt(salt, 4);
  }

  /** What to begin with: the ids if they are few, else the one fingerprint of all. */
  root(): TrieNode {
    const all = { start: 0, end: this.#entries.length };
    if (this.#entries.length <= LISTED_MAX) return this.#list(0, 0, all);
    return { prefix: 0, digits: 0, fingerprints: this.#fingerprint(all), ids: NOTHING };
  }

  /** Whether the other side's fingerprint of everything is this one's. */
  agrees({ digits, fingerprints, ids }: TrieNode): boolean {
    if (digits > 0 || fingerprints.length !== ID_BYTES || ids.length > 0) return false;
    const own = this.#fingerprint({ start: 0, end: this.#entries.length });
    return own.every((byte, i) => byte === fingerprints[i]);
  }

  /** Goes one step down wherever the other side's nodes differ. `knows`: whether an id is held, or older than what is. */
  answer(
    nodes: readonly TrieNode[],
    knows: (idHigh: number, idLow: number) => boolean,
  ): TrieAnswer {
    const answer: TrieAnswer = { tries: [], lacking: [], wanted: [] };
    this.#looks = LOOKS_MAX * this.#entries.length;
    for (const node of nodes) {
      if (node.fingerprints.length === 0) this.#compareList(node, knows, answer);
      else if (node.fingerprints.length === ID_BYTES) {
        this.#descend(node.prefix, node.digits, node.fingerprints, answer);
      } else {
        for (let digit = 0; digit < TRIE_CHILDREN; digit += 1) {
          const prefix = node.prefix * TRIE_CHILDREN + digit;
          const their = node.fingerprints.subarray(digit * ID_BYTES, (digit + 1) * ID_BYTES);
          this.#descend(prefix, node.digits + 1, their, answer);
        }
      }
    }
    return answer;
  }

  #descend(prefix: number, digits: number, their: Uint8Array, { tries }: TrieAnswer): void {
    const run = this.#range(prefix, digits);
    this.#looks -= run.end - run.start;
    if (this.#looks < 0) return;
    if (this.#fingerprint(run).every((byte, i) => byte === their[i])) return;
    if (run.end - run.start <= LISTED_MAX || digits === PREFIX_DIGITS_MAX) {
      tries.push(this.#list(prefix, digits, run));
      return;
    }
    const fingerprints = new Uint8Array(TRIE_CHILDREN * ID_BYTES);
    for (let digit = 0; digit < TRIE_CHILDREN; digit += 1) {
      const child = this.#range(prefix * TRIE_CHILDREN + digit, digits + 1);
      fingerprints.set(this.#fingerprint(child), digit * ID_BYTES);
    }
    tries.push({ prefix, digits, fingerprints, ids: NOTHING });
  }

  #compareList(
    { prefix, digits, ids }: TrieNode,
    knows: (idHigh: number, idLow: number) => boolean,
    { lacking, wanted }: TrieAnswer,
  ): void {
    const { start, end } = this.#range(prefix, digits);
    this.#looks -= end - start;
    if (this.#looks < 0) return;
    const theirs = new Map<number, number[]>();
    for (let at = 0; at < ids.length; at += ID_BYTES) {
      const high = wordAt(ids, at);
      const low = wordAt(ids, at + 4);
      const lows = theirs.get(high);
      if (lows === undefined) theirs.set(high, [low]);
      else lows.push(low);
      if (!knows(high, low)) wanted.push(high);
    }
    const has = (idHigh: number, idLow: number): boolean =>
      theirs.get(idHigh)?.includes(idLow) === true;
    for (const { record, peer } of this.#entries.slice(start, end)) {
      if (has(record.idHigh, record.idLow)) continue;
      const base = record.deltaBase;
      lacking.push({ peer, hasBase: base !== null && has(base.idHigh, base.idLow) });
    }
  }

  #list(
    prefix: number,
    digits: number,
    { start, end }: { readonly start: number; readonly end: number },
  ): TrieNode {
    const listed = this.#entries.slice(start, Math.min(end, start + LIST_IDS_MAX));
    const ids = new Uint8Array(ID_BYTES * listed.length);
    const view = new DataView(ids.buffer);
    listed.forEach(({ record }, i) => {
      view.setUint32(ID_BYTES * i, record.idHigh);
      view.setUint32(ID_BYTES * i + 4, record.idLow);
    });
    return { prefix, digits, fingerprints: NOTHING, ids };
  }

  /** The entries below a prefix: they are sorted, so they lie together. */
  #range(prefix: number, digits: number): { readonly start: number; readonly end: number } {
    const span = 2 ** (DIGIT_BITS * (PREFIX_DIGITS_MAX - digits));
    return { start: this.#firstFrom(prefix * span), end: this.#firstFrom((prefix + 1) * span) };
  }

  #firstFrom(bound: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.prefix ?? 0) < bound) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The sum, modulo 2^64, of the mixed ids. */
  #fingerprint({ start, end }: { readonly start: number; readonly end: number }): Uint8Array {
    let high = 0;
    let low = 0;
    for (let i = start; i < end; i += 1) {
      const record = this.#entries[i]?.record;
      if (record === undefined) continue;
      const a = mix(record.idHigh ^ this.#saltHigh, record.idLow);
      const b = mix(record.idLow ^ this.#saltLow, a ^ record.idHigh);
      low += b;
      high += a + (low > 0xffff_ffff ? 1 : 0);
      low >>>= 0;
      high >>>= 0;
    }
    const bytes = new Uint8Array(ID_BYTES);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, high);
    view.setUint32(4, low);
    return bytes;
  }
}

/** MurmurHash3's finalizer over two words: every bit of both reaches every bit of the result. */
function mix(a: number, b: number): number {
  let h = Math.imul(a ^ (a >>> 16), 0x85eb_ca6b) ^ b;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
