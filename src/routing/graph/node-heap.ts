// A binary min-heap over node numbers with decrease-key, in typed arrays: the priority queue of Dijkstra's algorithm.
// Equal keys leave in the order of node numbers, so that a search never depends on insertion order.

import { at } from './csr.ts';

export interface NodeHeap {
  readonly size: number;
  /** Inserts the node, or moves it up. A key larger than the node's present one is ignored. */
  lower(node: number, key: number): void;
  /** Takes out the node with the least key, −1 if the heap is empty. */
  pop(): number;
}

/** A heap for the nodes 0 … `nodes` − 1. */
export function createNodeHeap(nodes: number): NodeHeap {
  const heap = new Int32Array(nodes);
  const positions = new Int32Array(nodes).fill(-1);
  const keys = new Float64Array(nodes);
  let size = 0;

  const before = (a: number, b: number): boolean => {
    const keyA = at(keys, a);
    const keyB = at(keys, b);
    return keyA < keyB || (keyA === keyB && a < b);
  };
  const place = (node: number, position: number): void => {
    heap[position] = node;
    positions[node] = position;
  };
  const siftUp = (node: number, from: number): void => {
    let position = from;
    while (position > 0) {
      const parentPosition = (position - 1) >> 1;
      const parent = at(heap, parentPosition);
      if (!before(node, parent)) break;
      place(parent, position);
      position = parentPosition;
    }
    place(node, position);
  };
  const siftDown = (node: number): void => {
    let position = 0;
    for (;;) {
      let child = 2 * position + 1;
      if (child >= size) break;
      if (child + 1 < size && before(at(heap, child + 1), at(heap, child))) child += 1;
      if (!before(at(heap, child), node)) break;
      place(at(heap, child), position);
      position = child;
    }
    place(node, position);
  };

  return {
    get size() {
      return size;
    },
    lower(node, key) {
      const position = at(positions, node);
      if (position >= 0) {
        if (key >= at(keys, node)) return;
        keys[node] = key;
        siftUp(node, position);
        return;
      }
      keys[node] = key;
      size += 1;
      siftUp(node, size - 1);
    },
    pop() {
      if (size === 0) return -1;
      const least = at(heap, 0);
      positions[least] = -1;
      size -= 1;
      if (size > 0) siftDown(at(heap, size));
      return least;
    },
  };
}
