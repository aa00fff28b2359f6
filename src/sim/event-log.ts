// What a simulation did, as one running hash: two runs are the same exactly when their hashes are.

import { concat, utf8 } from '../core/bytes.ts';
import type { Primitives } from '../env/primitives.ts';

/** Entries are hashed together in chunks of this size: one call of the hash for some hundred events. */
const CHUNK_BYTES = 64 * 1024;
/** Time, sequence number, length of text, length of bytes. */
const HEADER_BYTES = 24;
/** Kept for a person who looks at a failed run. */
export const TAIL_ENTRIES_MAX = 256;

export interface EventLog {
  /** Appends an entry; `bytes` (a frame, a key) are hashed with it and not kept. */
  append(atMs: number, sequence: number, text: string, bytes?: Uint8Array): void;
  /** 32 bytes over everything appended so far; appending may go on. */
  hash(): Uint8Array;
  /** The last entries that have a text, oldest first, as `12.345 text`. */
  tail(): readonly string[];
}

/** `trace` is called with each entry that has a text. */
export function createEventLog(
  primitives: Primitives,
  trace: ((line: string) => void) | null,
): EventLog {
  const chunk = new Uint8Array(CHUNK_BYTES);
  const view = new DataView(chunk.buffer);
  const texts: string[] = [];
  let chain: Uint8Array = new Uint8Array(32);
  let used = 0;
  let textCount = 0;

  const absorb = (bytes: Uint8Array): void => {
    chain = primitives.sha256(concat(chain, bytes));
  };
  const flush = (): void => {
    if (used > 0) absorb(chunk.subarray(0, used));
    used = 0;
  };
  const keep = (line: string): void => {
    texts[textCount % TAIL_ENTRIES_MAX] = line;
    textCount += 1;
    trace?.(line);
  };

  return {
    append(atMs, sequence, text, bytes) {
      const encoded = text === '' ? null : utf8(text);
      const textBytes = encoded?.length ?? 0;
      const extraBytes = bytes?.length ?? 0;
      if (used + HEADER_BYTES + textBytes + extraBytes > CHUNK_BYTES) flush();
      view.setFloat64(used, atMs);
      view.setFloat64(used + 8, sequence);
      view.setUint32(used + 16, textBytes);
      view.setUint32(used + 20, extraBytes);
      used += HEADER_BYTES;
      if (used + textBytes + extraBytes > CHUNK_BYTES) {
        // Larger than a chunk: hashed by itself, after its header.
        flush();
        if (encoded !== null) absorb(encoded);
        if (bytes !== undefined) absorb(bytes);
      } else {
        if (encoded !== null) chunk.set(encoded, used);
        if (bytes !== undefined) chunk.set(bytes, used + textBytes);
        used += textBytes + extraBytes;
      }
      if (text !== '') keep(`${atMs.toFixed(3)} ${text}`);
    },
    hash() {
      // The chunk stays, so that asking for the hash does not change later hashes.
      return primitives.sha256(concat(chain, chunk.subarray(0, used)));
    },
    tail() {
      const first = Math.max(0, textCount - TAIL_ENTRIES_MAX);
      return Array.from(
        { length: textCount - first },
        (_, i) => texts[(first + i) % TAIL_ENTRIES_MAX] ?? '',
      );
    },
  };
}
