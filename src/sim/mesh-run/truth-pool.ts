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

export class TruthPool extends RecordPool {
  /** Changes whenever a database changes. */
  changes = 0;
  #truth: Truth | null = null;
  /** By handle: the node whose true record it is, −1 if it is not true. */
  readonly #trueOf = new Map<PooledRecord, number>();
  /** By node: databases that hold a true record of it. */
  #holders = new Int32Array(0);
  /** Databases that hold each record. */
  readonly #held = new Map<PooledRecord, number>();

  /** Counts anew, against this truth. */
  watch(truth: Truth, nodes: number): void {
    this.#truth = truth;
    this.#trueOf.clear();
    this.#holders = new Int32Array(nodes);
    for (const [record, holders] of this.#held) this.#count(record, holders);
  }

  /** How many databases hold a true record of the node. */
  holdersOf(node: number): number {
    return this.#holders[node] ?? 0;
  }

  override hold(record: PooledRecord): void {
    super.hold(record);
    this.changes += 1;
    this.#held.set(record, (this.#held.get(record) ?? 0) + 1);
    this.#count(record, 1);
  }

  override release(record: PooledRecord): void {
    super.release(record);
    const left = (this.#held.get(record) ?? 0) - 1;
    this.#count(record, -1);
    if (left > 0) this.#held.set(record, left);
    else {
      this.#held.delete(record);
      this.#trueOf.delete(record);
    }
  }

  #count(record: PooledRecord, by: number): void {
    const truth = this.#truth;
    if (truth === null) return;
    let node = this.#trueOf.get(record);
    if (node === undefined) {
      node = nodeOf(record, truth);
      this.#trueOf.set(record, node);
    }
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
