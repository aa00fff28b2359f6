// What one source has waiting on one link in one class: first in, first out, a place in the round of its class, CoDel's
// memory, and its place among queues by length. Packets and queues are used again, so that a packet allocates nothing.

import type { ClassRank } from './class-caps.ts';
import type { Codel } from './codel.ts';
import type { QueueLengths } from './queue-lengths.ts';
import type { Source } from './source-table.ts';

/** A packet that waits. */
export interface Waiting {
  frame: Uint8Array;
  atMs: number;
  next: Waiting | null;
}

/** What a queue belongs to: one link. */
export interface QueueOwner {
  /** Drops the first packet of a queue of this link, since all queues together are too long. */
  shorten(queue: SourceQueue): void;
}

export class SourceQueue {
  readonly owner: QueueOwner;
  readonly source: Source;
  readonly rank: ClassRank;
  /** Made once the queue was seen to stand. */
  codel: Codel | null = null;
  head: Waiting | null = null;
  tail: Waiting | null = null;
  bytes = 0;
  /** Bytes that it may still send in this round (Shreedhar & Varghese). */
  deficit = 0;
  /** Neighbours in the round of its class; `null` where it is not in it. */
  nextInRound: SourceQueue | null = null;
  previousInRound: SourceQueue | null = null;
  /** It is over its source's limit until then, and not in the round. */
  parkedUntilMs: number | null = null;
  /** Its place in `QueueLengths`. */
  lengthClass = -1;
  longer: SourceQueue | null = null;
  shorter: SourceQueue | null = null;

  constructor(owner: QueueOwner, source: Source, rank: ClassRank) {
    this.owner = owner;
    this.source = source;
    this.rank = rank;
  }

  push(waiting: Waiting, lengths: QueueLengths): void {
    if (this.tail === null) this.head = waiting;
    else this.tail.next = waiting;
    this.tail = waiting;
    this.bytes += waiting.frame.length;
    lengths.changed(this);
  }

  *[Symbol.iterator](): Iterator<Waiting> {
    for (let item = this.head; item !== null; item = item.next) yield item;
  }

  /** The packet from wherever it stands; `null` if it does not wait here. */
  takeOut(frame: Uint8Array, lengths: QueueLengths): Waiting | null {
    let before: Waiting | null = null;
    let item = this.head;
    while (item !== null && item.frame !== frame) [before, item] = [item, item.next];
    if (item === null) return null;
    if (before === null) this.head = item.next;
    else before.next = item.next;
    if (this.tail === item) this.tail = before;
    item.next = null;
    this.bytes -= frame.length;
    lengths.changed(this);
    return item;
  }

  /** The first packet, `null` of an empty queue. */
  shift(lengths: QueueLengths): Waiting | null {
    const first = this.head;
    if (first === null) return null;
    this.head = first.next;
    if (first.next === null) this.tail = null;
    first.next = null;
    this.bytes -= first.frame.length;
    lengths.changed(this);
    return first;
  }
}
