// A binary min-heap of items by distance, for searches that touch few nodes. Both stand in one double, so that an entry is
// one comparison and one move; equal distances leave in the order of their items. Items are not moved up: a search enters
// them again and passes over the stale entry.

/** Items are below this: with distances of 32 bits an entry is exact. */
export const HEAP_ITEMS_MAX: number = 2 ** 21;

const ITEMS = 2 ** 21;
const LENGTH_FIRST = 256;

export class DistanceHeap {
  size = 0;
  #entries: Float64Array = new Float64Array(LENGTH_FIRST);

  /** `distance` is below 2^32. */
  push(distance: number, item: number): void {
    if (this.size === this.#entries.length) {
      const longer = new Float64Array(2 * this.size);
      longer.set(this.#entries);
      this.#entries = longer;
    }
    const entries = this.#entries;
    const entry = distance * ITEMS + item;
    let slot = this.size;
    this.size += 1;
    while (slot > 0) {
      const above = (slot - 1) >> 1;
      const other = entries[above] ?? 0;
      if (other <= entry) break;
      entries[slot] = other;
      slot = above;
    }
    entries[slot] = entry;
  }

  /** The least entry of a heap that is not empty; see `entryDistance` and `entryItem`. */
  pop(): number {
    const entries = this.#entries;
    const least = entries[0] ?? 0;
    this.size -= 1;
    const { size } = this;
    const entry = entries[size] ?? 0;
    let slot = 0;
    for (;;) {
      let below = 2 * slot + 1;
      if (below >= size) break;
      if (below + 1 < size && (entries[below + 1] ?? 0) < (entries[below] ?? 0)) below += 1;
      const other = entries[below] ?? 0;
      if (other >= entry) break;
      entries[slot] = other;
      slot = below;
    }
    entries[slot] = entry;
    return least;
  }
}

export function entryDistance(entry: number): number {
  return Math.floor(entry / ITEMS);
}

export function entryItem(entry: number): number {
  return entry - Math.floor(entry / ITEMS) * ITEMS;
}
