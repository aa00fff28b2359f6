// The pending events of a simulation, ordered by time and, within one instant, by the order of scheduling: a 4-ary heap
// (Johnson 1975: fewer cache lines per level than a binary one). The keys lie in typed arrays beside the events, so that
// a comparison follows no pointer.

/** Who scheduled an event; those of a dead owner are delivered to nobody. */
export interface EventOwner {
  readonly alive: boolean;
}

/** One scheduled call; it is its own timer. `run` is `null` once it was cancelled or has run. */
export class QueuedEvent {
  readonly atMs: number;
  readonly sequence: number;
  readonly owner: EventOwner | null;
  run: (() => void) | null;
  readonly #queue: EventQueue;

  constructor(
    queue: EventQueue,
    atMs: number,
    sequence: number,
    owner: EventOwner | null,
    run: () => void,
  ) {
    this.#queue = queue;
    this.atMs = atMs;
    this.sequence = sequence;
    this.owner = owner;
    this.run = run;
  }

  cancel(): void {
    this.#queue.cancel(this);
  }
}

export interface EventQueue {
  /** Events that were not cancelled. */
  readonly size: number;
  push(atMs: number, run: () => void, owner?: EventOwner): QueuedEvent;
  /** Idempotent, also for an event that has run. */
  cancel(event: QueuedEvent): void;
  /** The earliest event, left in the queue. */
  peek(): QueuedEvent | undefined;
  /** Takes the earliest event out and returns its call. */
  pop(): (() => void) | undefined;
}

const BRANCHES = 4;
const ENTRIES_AT_FIRST = 64;
/** Below this length, cancelled entries are left for `pop` to skip. */
const COMPACTED_ENTRIES_MIN = 64;

export function createEventQueue(): EventQueue {
  return new HeapQueue();
}

class HeapQueue implements EventQueue {
  size = 0;
  #times = new Float64Array(ENTRIES_AT_FIRST);
  /** Up to 2^53: more events than any run delivers. */
  #sequences = new Float64Array(ENTRIES_AT_FIRST);
  #events: QueuedEvent[] = [];
  #sequence = 0;

  push(atMs: number, run: () => void, owner: EventOwner | null = null): QueuedEvent {
    const event = new QueuedEvent(this, atMs, this.#sequence, owner, run);
    this.#sequence += 1;
    this.size += 1;
    const last = this.#events.length;
    if (last === this.#times.length) this.#grow();
    this.#events.push(event);
    this.#siftUp(event, last);
    return event;
  }

  cancel(event: QueuedEvent): void {
    if (event.run === null) return;
    event.run = null;
    this.size -= 1;
    const entries = this.#events.length;
    if (entries > COMPACTED_ENTRIES_MIN && entries > 2 * this.size) this.#compact();
  }

  peek(): QueuedEvent | undefined {
    while (this.#events[0]?.run === null) this.#takeRoot();
    return this.#events[0];
  }

  pop(): (() => void) | undefined {
    const event = this.peek();
    if (event === undefined) return undefined;
    this.#takeRoot();
    this.size -= 1;
    const run = event.run ?? undefined;
    event.run = null;
    return run;
  }

  #grow(): void {
    const [times, sequences] = [this.#times, this.#sequences];
    this.#times = new Float64Array(2 * times.length);
    this.#sequences = new Float64Array(2 * times.length);
    this.#times.set(times);
    this.#sequences.set(sequences);
  }

  #put(event: QueuedEvent, at: number): void {
    this.#times[at] = event.atMs;
    this.#sequences[at] = event.sequence;
    this.#events[at] = event;
  }

  /** Whether the entry at `at` comes after the key. */
  #isAfter(at: number, atMs: number, sequence: number): boolean {
    const time = this.#times[at] ?? 0;
    return time > atMs || (time === atMs && (this.#sequences[at] ?? 0) > sequence);
  }

  #siftUp(event: QueuedEvent, from: number): void {
    let at = from;
    while (at > 0) {
      const parentAt = (at - 1) >> 2;
      if (!this.#isAfter(parentAt, event.atMs, event.sequence)) break;
      const parent = this.#events[parentAt];
      if (parent === undefined) break;
      this.#put(parent, at);
      at = parentAt;
    }
    this.#put(event, at);
  }

  #siftDown(event: QueuedEvent, from: number): void {
    const entries = this.#events.length;
    let at = from;
    for (;;) {
      const first = BRANCHES * at + 1;
      if (first >= entries) break;
      const end = Math.min(first + BRANCHES, entries);
      let least = first;
      for (let child = first + 1; child < end; child += 1) {
        if (this.#isAfter(least, this.#times[child] ?? 0, this.#sequences[child] ?? 0)) {
          least = child;
        }
      }
      const child = this.#events[least];
      if (child === undefined || this.#isAfter(least, event.atMs, event.sequence)) break;
      this.#put(child, at);
      at = least;
    }
    this.#put(event, at);
  }

  #takeRoot(): void {
    const last = this.#events.pop();
    if (last !== undefined && this.#events.length > 0) this.#siftDown(last, 0);
  }

  /** A node that re-arms a timeout at each message would otherwise fill the heap with corpses. */
  #compact(): void {
    const live = this.#events.filter((event) => event.run !== null);
    live.sort((a, b) => a.atMs - b.atMs || a.sequence - b.sequence);
    this.#events = live;
    for (const [at, event] of live.entries()) this.#put(event, at);
  }
}
