// Which queue is the longest, to drop from when all together are too long: queues stand in lists by the size of what they
// hold, four for each doubling, so that each change costs a few steps and "longest" is true to a fifth. Short queues stand
// in none: they are most, and where no queue is longer, each is as good as another.

import type { SourceQueue } from './source-queue.ts';

const LISTS = 128;
/** A few packets of a game. */
const LISTED_BYTES_MIN: number = 4 * 1024;

export class QueueLengths {
  readonly #lists: (SourceQueue | null)[] = Array.from({ length: LISTS }, () => null);
  #highest = -1;

  /** The queue got longer or shorter. */
  changed(queue: SourceQueue): void {
    if (queue.bytes < LISTED_BYTES_MIN && queue.lengthClass < 0) return;
    const list = lengthClass(queue.bytes);
    if (list === queue.lengthClass) return;
    if (queue.lengthClass >= 0) this.#remove(queue);
    queue.lengthClass = list;
    if (list < 0) return;
    const first = this.#lists[list] ?? null;
    queue.longer = null;
    queue.shorter = first;
    if (first !== null) first.longer = queue;
    this.#lists[list] = queue;
    if (list > this.#highest) this.#highest = list;
  }

  /** One of the longest; `null` if all are short. */
  longest(): SourceQueue | null {
    while (this.#highest >= 0 && (this.#lists[this.#highest] ?? null) === null) this.#highest -= 1;
    return this.#lists[this.#highest] ?? null;
  }

  #remove(queue: SourceQueue): void {
    if (queue.longer === null) this.#lists[queue.lengthClass] = queue.shorter;
    else queue.longer.shorter = queue.shorter;
    if (queue.shorter !== null) queue.shorter.longer = queue.longer;
    queue.longer = null;
    queue.shorter = null;
  }
}

function lengthClass(bytes: number): number {
  if (bytes < LISTED_BYTES_MIN) return -1;
  const octave = 31 - Math.clz32(bytes);
  return octave * 4 + ((bytes >>> (octave - 2)) & 3);
}
