// The round of one class: deficit round robin over sources (Shreedhar & Varghese 1996). Each queue gets a quantum when its
// turn comes and sends what fits; what is left counts in the next round, unless the queue is empty.

import type { SourceQueue } from './source-queue.ts';

/** A queue of the round comes first while it may send; doubly linked, in a ring. */
export class DeficitRound {
  readonly quantumBytes: number;
  first: SourceQueue | null = null;

  constructor(quantumBytes: number) {
    this.quantumBytes = quantumBytes;
  }

  /** At the end of the round, with its first quantum. */
  add(queue: SourceQueue): void {
    queue.deficit = this.quantumBytes;
    const { first } = this;
    if (first === null) {
      queue.nextInRound = queue;
      queue.previousInRound = queue;
      this.first = queue;
      return;
    }
    const last = first.previousInRound ?? first;
    queue.nextInRound = first;
    queue.previousInRound = last;
    last.nextInRound = queue;
    first.previousInRound = queue;
  }

  *[Symbol.iterator](): Iterator<SourceQueue> {
    for (let queue = this.first; queue !== null;) {
      yield queue;
      queue = queue.nextInRound === this.first ? null : queue.nextInRound;
    }
  }

  remove(queue: SourceQueue): void {
    const { nextInRound: next, previousInRound: previous } = queue;
    if (next === null || previous === null) return;
    previous.nextInRound = next;
    next.previousInRound = previous;
    queue.nextInRound = null;
    queue.previousInRound = null;
    if (this.first === queue) this.first = next === queue ? null : next;
  }

  /** Whether the first queue may send so many bytes now; if not, it gets its quantum and the turn goes on. */
  mayFirst(bytes: number): boolean {
    const { first } = this;
    if (first === null) return false;
    if (first.deficit >= bytes) return true;
    first.deficit += this.quantumBytes;
    if (first.nextInRound !== first) {
      this.first = first.nextInRound;
      return false;
    }
    return first.deficit >= bytes;
  }
}
