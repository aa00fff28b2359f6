// Runs asynchronous tasks one after the other, in the order they came, with a bound on how many wait.

import { fail, type Result } from '../core/errors.ts';

/** Actions of one account that may wait. */
const WAITING_MAX = 64;

export interface InOrder {
  /** Error: `NODE_SERVICE_BUSY` when too many wait. */
  run<T>(task: () => Promise<Result<T>>): Promise<Result<T>>;
}

export function createInOrder(): InOrder {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return {
    run(task) {
      if (waiting >= WAITING_MAX)
        return Promise.resolve(fail('NODE_SERVICE_BUSY', { pending: waiting }));
      waiting += 1;
      const result = last.then(task, task).finally(() => {
        waiting -= 1;
      });
      last = result.catch(() => undefined);
      return result;
    },
  };
}
