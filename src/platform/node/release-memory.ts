// Gives memory back to the operating system. V8 grows its heap under a flood of short-lived connections, and afterwards,
// with little to do, sees no reason to look at it again.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: {
  readonly type: 'major';
  readonly execution: 'async';
  readonly flavor: 'last-resort';
}) => Promise<void>;

let collect: Collect | null = null;

/** A full collection, in a turn of its own: some tens of milliseconds, so only when there is little to do. */
export async function releaseMemory(): Promise<void> {
  if (collect === null) {
    // The way to the collector without a flag on the command line.
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  await collect({ type: 'major', execution: 'async', flavor: 'last-resort' });
}
