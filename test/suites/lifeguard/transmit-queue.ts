// What is to be gossiped, each so many times, those told least often first: memberlist's `TransmitLimitedQueue`. News of a
// member replace older ones of the same.

import type { Rumour } from './swim.ts';

interface Item {
  readonly rumour: Rumour;
  readonly order: number;
  times: number;
}

export class TransmitQueue {
  readonly #timesMax: number;
  readonly #items = new Map<number, Item>();
  #order = 0;

  constructor(timesMax: number) {
    this.#timesMax = timesMax;
  }

  add(rumour: Rumour): void {
    this.#order += 1;
    this.#items.set(rumour.node, { rumour, order: this.#order, times: 0 });
  }

  take(count: number): readonly Rumour[] {
    const items = [...this.#items.values()]
      .sort((a, b) => a.times - b.times || b.order - a.order)
      .slice(0, count);
    for (const item of items) {
      item.times += 1;
      if (item.times >= this.#timesMax) this.#items.delete(item.rumour.node);
    }
    return items.map(({ rumour }) => rumour);
  }
}
