// Events of a node as an asynchronous iterable for one follower, with a bound: a follower that falls behind loses the
// oldest events, never the node its memory.

/** Events that may wait for one follower. */
const WAITING_MAX = 4_096;

/** Listens from the first `next` until `return`. */
export function createEventQueue<T>(
  listen: (listener: (event: T) => void) => () => void,
): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator](): AsyncIterator<T> {
      const waiting: T[] = [];
      let wake: (() => void) | null = null;
      let ended = false;
      const stop = listen((event) => {
        if (waiting.length >= WAITING_MAX) waiting.shift();
        waiting.push(event);
        wake?.();
      });
      return {
        async next(): Promise<IteratorResult<T>> {
          while (waiting.length === 0 && !ended) {
            const { promise, resolve } = Promise.withResolvers<void>();
            wake = resolve;
            await promise;
          }
          const value = waiting.shift();
          return value === undefined ? { done: true, value: undefined } : { done: false, value };
        },
        return(): Promise<IteratorResult<T>> {
          ended = true;
          stop();
          wake?.();
          return Promise.resolve({ done: true, value: undefined });
        },
      };
    },
  };
}
