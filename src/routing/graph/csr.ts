// A directed graph in compressed sparse rows: the edges of node v are `offsets[v]` up to `offsets[v + 1]`. Typed arrays
// only, so that a search touches memory in order and allocates nothing per edge.

import { assert } from '../../core/assert.ts';

/** Nodes are 0 … `nodes` − 1. All arrays are read-only by agreement. */
export interface CsrGraph {
  readonly nodes: number;
  /** `nodes` + 1 entries. */
  readonly offsets: Uint32Array;
  /** One entry per edge: where it leads. */
  readonly targets: Uint32Array;
  /** One entry per edge: an integer ≥ 1. */
  readonly weights: Uint32Array;
  /** One entry per edge: what the caller attached to it, such as the port at its start. */
  readonly labels: Uint32Array;
}

/** Collects edges. Edges of one node keep the order in which they were added. */
export interface CsrBuilder {
  edge(from: number, to: number, weight: number, label: number): void;
  build(): CsrGraph;
}

/** `edgesMax` bounds the edges; one more is a caller's bug. */
export function createCsrBuilder(nodes: number, edgesMax: number): CsrBuilder {
  const froms = new Uint32Array(edgesMax);
  const tos = new Uint32Array(edgesMax);
  const weighed = new Uint32Array(edgesMax);
  const labelled = new Uint32Array(edgesMax);
  let count = 0;

  return {
    edge(from, to, weight, label) {
      assert(count < edgesMax, 'the graph has at most edgesMax edges');
      assert(
        from >= 0 && from < nodes && to >= 0 && to < nodes,
        'an edge joins nodes of the graph',
      );
      assert(weight >= 1 && weight <= 0xffff_ffff, 'a weight is an integer of 32 bits, at least 1');
      froms[count] = from;
      tos[count] = to;
      weighed[count] = weight;
      labelled[count] = label;
      count += 1;
    },
    build() {
      const offsets = new Uint32Array(nodes + 1);
      for (let i = 0; i < count; i += 1) {
        const row = at(froms, i) + 1;
        offsets[row] = at(offsets, row) + 1;
      }
      for (let v = 0; v < nodes; v += 1) offsets[v + 1] = at(offsets, v + 1) + at(offsets, v);
      const fill = offsets.slice(0, nodes);
      const targets = new Uint32Array(count);
      const weights = new Uint32Array(count);
      const labels = new Uint32Array(count);
      for (let i = 0; i < count; i += 1) {
        const from = at(froms, i);
        const slot = at(fill, from);
        fill[from] = slot + 1;
        targets[slot] = at(tos, i);
        weights[slot] = at(weighed, i);
        labels[slot] = at(labelled, i);
      }
      return { nodes, offsets, targets, weights, labels };
    },
  };
}

/** An entry that exists: index arithmetic above keeps it in range. */
export function at(array: Uint32Array | Int32Array | Float64Array, index: number): number {
  return array[index] ?? 0;
}
