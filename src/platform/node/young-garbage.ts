// Collects young garbage where much memory lies outside of V8's heap. V8 collects the young when their own space is full;
// pieces of memory that sockets read into and write from take next to nothing of it, and once 64 MiB of them have come, V8
// marks the whole heap instead. A relay of 16 KiB messages spent a third of its time on that, and half as much memory again was
// out of every cache (`npm run bench:gateway`). So whoever makes such pieces tells, and young garbage goes in time.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collected after so much: less costs more collections, more falls out of the caches. */
const OUTSIDE_BYTES_MAX = 8 * 1024 * 1024;
/** The old are collected once they take so much more than what lived the last time: 25 MB in use may become 100. */
const HEAP_GROWING_PERCENT = 300;

let outsideBytes = 0;
let collect: (() => void) | null = null;

/** A piece of so many bytes was made outside of the heap. */
export function madeOutside(bytes: number): void {
  outsideBytes += bytes;
  if (outsideBytes < OUTSIDE_BYTES_MAX) return;
  outsideBytes = 0;
  collect ??= collector();
  collect();
}

/**
 * V8 shows its collector in contexts that are made after it was told to. After some idle seconds it also lowers its limits to
 * little more than what lives: a relay that then gets busy is beyond them with each piece, marks its whole heap again and
 * again, and takes every wish for the young to be collected for one to finish that. It ran at a third of its speed.
 */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
  const gc: unknown = runInNewContext('typeof gc === "function" ? gc : null');
  if (typeof gc !== 'function') return () => {};
  const collectGarbage = gc as (options: { readonly type: 'minor' }) => void;
  return () => collectGarbage({ type: 'minor' });
}
