// How many bytes a structure holds, as the process sees it: V8's heap and its array buffers, garbage collected, before and
// after it is built.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Held<Structure> {
  readonly structure: Structure;
  readonly bytes: number;
}

/** Builds once. What `build` leaves behind besides its result is garbage by the time that is counted. */
export function heldBytes<Structure>(build: () => Structure): Held<Structure> {
  const collect = collector();
  const before = bytesInUse(collect);
  const structure = build();
  return { structure, bytes: bytesInUse(collect) - before };
}

function bytesInUse(collect: () => void): number {
  // The second pass frees the array buffers of what the first one found dead.
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** V8 hands out its collector to contexts made after the flag is set. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
