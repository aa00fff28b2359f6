// The pending events of a simulation: a binary heap ordered by time and, within one instant, by the order of scheduling.

/** One scheduled call. `run` is `null` once it was cancelled or has run. */
export interface QueuedEvent {
  readonly atMs: number;
  readonly sequence: number;
  run: (() => void) | null;
}

export interface EventQueue {
  /** Events that were not cancelled. */
  readonly size: number;
  push(atMs: number, run: () => void): QueuedEvent;
  /** Idempotent, also for an event that has run. */
  cancel(event: QueuedEvent): void;
  /** The earliest event, left in the queue. */
  peek(): QueuedEvent | undefined;
  /** Takes the earliest event out and returns its call. */
  pop(): (() => void) | undefined;
}

/** Below this length, cancelled entries are left for `pop` to skip. */
const COMPACTED_ENTRIES_MIN = 64;

function isBefore(a: QueuedEvent, b: QueuedEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
}

function siftUp(heap: QueuedEvent[], event: QueuedEvent, from: number): void {
  let at = from;
  while (at > 0) {
    const parentAt = (at - 1) >> 1;
    const parent = heap[parentAt];
    if (parent === undefined || !isBefore(event, parent)) break;
    heap[at] = parent;
    at = parentAt;
  }
  heap[at] = event;
}

function siftDown(heap: QueuedEvent[], event: QueuedEvent, from: number): void {
  let at = from;
  for (;;) {
    const leftAt = 2 * at + 1;
    const left = heap[leftAt];
    if (left === undefined) break;
    const right = heap[leftAt + 1];
    const [childAt, child] =
      right !== undefined && isBefore(right, left) ? [leftAt + 1, right] : [leftAt, left];
    if (!isBefore(child, event)) break;
    heap[at] = child;
    at = childAt;
  }
  heap[at] = event;
}

function takeRoot(heap: QueuedEvent[]): void {
  const last = heap.pop();
  if (last !== undefined && heap.length > 0) siftDown(heap, last, 0);
}

export function createEventQueue(): EventQueue {
  let heap: QueuedEvent[] = [];
  let sequence = 0;
  let size = 0;

  /** A node that re-arms a timeout at each message would otherwise fill the heap with corpses. */
  const compact = (): void => {
    const live = heap.filter((event) => event.run !== null);
    live.sort((a, b) => (isBefore(a, b) ? -1 : 1));
    heap = live;
  };
  const peek = (): QueuedEvent | undefined => {
    while (heap[0]?.run === null) takeRoot(heap);
    return heap[0];
  };

  return {
    get size() {
      return size;
    },
    push(atMs, run) {
      const event: QueuedEvent = { atMs, sequence, run };
      sequence += 1;
      size += 1;
      heap.push(event);
      siftUp(heap, event, heap.length - 1);
      return event;
    },
    cancel(event) {
      if (event.run === null) return;
      event.run = null;
      size -= 1;
      if (heap.length > COMPACTED_ENTRIES_MIN && heap.length > 2 * size) compact();
    },
    peek,
    pop() {
      const event = peek();
      if (event === undefined) return undefined;
      takeRoot(heap);
      size -= 1;
      const run = event.run ?? undefined;
      event.run = null;
      return run;
    },
  };
}
