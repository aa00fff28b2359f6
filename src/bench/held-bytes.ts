// How many bytes a structure holds, as the process sees it: V8's heap and its array buffers, garbage collected, while it is
// held and after it was let go. Not before it is built: a process frees some of what it started with much later.

import { setTimeout as after } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Held<Told> {
  readonly bytes: number;
  /** What was asked of the structure while it was there. */
  readonly told: Told;
}

const SETTLE_MS = 20;
const SETTLE_TRIES_MAX = 25;
/** What the process uses by itself differs by about as much from moment to moment. */
const SETTLED_BYTES = 4096;

/** Builds once. What `build` leaves behind besides its result is garbage by the time that is counted. */
export async function heldBytes<Structure, Told>(
  build: () => Structure,
  tell: (structure: Structure) => Told,
): Promise<Held<Told>> {
  const collect = collector();
  const holder: { structure: Structure | null } = { structure: null };
  const told = fill(holder, build, tell);
  const held = await bytesInUse(collect);
  holder.structure = null;
  return { told, bytes: held - (await bytesInUse(collect)) };
}

/** A function of its own, so that no frame that waits refers to the structure. */
function fill<Structure, Told>(
  holder: { structure: Structure | null },
  build: () => Structure,
  tell: (structure: Structure) => Told,
): Told {
  const structure = build();
  holder.structure = structure;
  return tell(structure);
}

/** As soon as collecting frees no more: buffers and compiled code of the dead go on other threads, some time later. */
async function bytesInUse(collect: () => void): Promise<number> {
  let last = Infinity;
  for (let tries = 0; tries < SETTLE_TRIES_MAX; tries += 1) {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const bytes = heapUsed + arrayBuffers;
    if (last - bytes < SETTLED_BYTES) return bytes;
    last = bytes;
    await after(SETTLE_MS);
  }
  return last;
}

/** V8 hands out its collector to contexts made after the flag is set. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
