// Queues whose source is over its limit, by when it may send again: a binary heap, the earliest first.

import type { SourceQueue } from './source-queue.ts';

export class ParkedQueues {
  readonly #heap: SourceQueue[] = [];

  get first(): SourceQueue | null {
    return this.#heap[0] ?? null;
  }

  [Symbol.iterator](): Iterator<SourceQueue> {
    return this.#heap.values();
  }

  add(queue: SourceQueue, untilMs: number): void {
    queue.parkedUntilMs = untilMs;
    this.#heap.push(queue);
    this.#up(this.#heap.length - 1);
  }

  remove(queue: SourceQueue): void {
    const at = queue === this.#heap[0] ? 0 : this.#heap.indexOf(queue);
    if (at < 0) return;
    queue.parkedUntilMs = null;
    const last = this.#heap.pop();
    if (last === undefined || last === queue) return;
    this.#heap[at] = last;
    this.#up(at);
    this.#down(at);
  }

  #up(from: number): void {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (untilMs(this.#heap[above]) <= untilMs(this.#heap[at])) return;
      this.#swap(at, above);
      at = above;
    }
  }

  #down(from: number): void {
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      const least = untilMs(this.#heap[left + 1]) < untilMs(this.#heap[left]) ? left + 1 : left;
      if (untilMs(this.#heap[at]) <= untilMs(this.#heap[least])) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (one === undefined || other === undefined) return;
    this.#heap[a] = other;
    this.#heap[b] = one;
  }
}

function untilMs(queue: SourceQueue | undefined): number {
  return queue?.parkedUntilMs ?? Infinity;
}
