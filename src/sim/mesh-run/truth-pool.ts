// The pool of records that all nodes of a fleet share, which counts how many of them hold a true record of each node: one
// that names its true neighbours, whatever the weights. So it is known to the event when every database equals the truth,
// without asking ten thousand nodes.

import { RecordPool, type PooledRecord } from '../../routing/record-pool.ts';

/** Who knows the truth about a node. */
export interface Truth {
  /** Index of a node by its PeerId, −1 for none. */
  indexOf(peer: Uint8Array): number;
  /** Indices of a node's true neighbours, in any order. */
  neighboursOf(node: number): ReadonlySet<number>;
}

interface Held {
  readonly record: PooledRecord;
  /** Databases that hold it. */
  holders: number;
  /** The node whose true record it is, −1 if it is not true, `null` before anybody looked. */
  node: number | null;
}

export class TruthPool extends RecordPool {
  /** Changes whenever a database changes. */
  changes = 0;
  #truth: Truth | null = null;
  /** By node: databases that hold a true record of it. */
  #holders = new Int32Array(0);
  /** By handle, as long as anybody holds the record. Asked for every record that any node takes. */
  readonly #held: (Held | undefined)[] = [];

  /** Counts anew, against this truth. */
  watch(truth: Truth, nodes: number): void {
    this.#truth = truth;
    this.#holders = new Int32Array(nodes);
    for (const held of this.#held) {
      if (held === undefined) continue;
      held.node = null;
      this.#count(held, held.holders);
    }
  }

  /** How many databases hold a true record of the node. */
  holdersOf(node: number): number {
    return this.#holders[node] ?? 0;
  }

  override hold(record: PooledRecord): void {
    super.hold(record);
    this.changes += 1;
    let held = this.#held[record.handle];
    if (held === undefined) {
      held = { record, holders: 0, node: null };
      this.#held[record.handle] = held;
    }
    held.holders += 1;
    this.#count(held, 1);
  }

  override release(record: PooledRecord): void {
    super.release(record);
    const held = this.#held[record.handle];
    if (held === undefined) return;
    held.holders -= 1;
    this.#count(held, -1);
    if (held.holders === 0) this.#held[record.handle] = undefined;
  }

  #count(held: Held, by: number): void {
    const truth = this.#truth;
    if (truth === null) return;
    held.node ??= nodeOf(held.record, truth);
    const { node } = held;
    if (node >= 0) this.#holders[node] = (this.#holders[node] ?? 0) + by;
  }
}

/** The node of which it tells the truth, −1 if it does not. */
function nodeOf({ signed }: PooledRecord, truth: Truth): number {
  const { originator, neighbours } = signed.record;
  const node = truth.indexOf(originator);
  if (node < 0) return -1;
  const expected = truth.neighboursOf(node);
  const told = new Set(neighbours.map(({ peer }) => truth.indexOf(peer)));
  return told.size === expected.size && [...told].every((peer) => expected.has(peer)) ? node : -1;
}
