// What a simulation did, as one running hash: two runs are the same exactly when their hashes are.

import { concat, utf8 } from '../core/bytes.ts';
import type { Primitives } from '../env/primitives.ts';

/** Entries are hashed together in chunks of this size: one call of the hash for some hundred events. */
const CHUNK_BYTES = 64 * 1024;
/** Time, sequence number, length of text, length of bytes. */
const HEADER_BYTES = 24;
/** Kept for a person who looks at a failed run. */
export const TAIL_ENTRIES_MAX = 256;

/** A text that comes again and again, encoded once. */
export interface LogLabel {
  readonly text: string;
  readonly encoded: Uint8Array;
}

export interface EventLog {
  /** Appends an entry; `bytes` (a frame, a key) are hashed with it and not kept. */
  append(atMs: number, sequence: number, text: string | LogLabel, bytes?: Uint8Array): void;
  /** 32 bytes over everything appended so far; appending may go on. */
  hash(): Uint8Array;
  /** The last entries that have a text, oldest first, as `12.345 text`. */
  tail(): readonly string[];
}

export interface EventLogOptions {
  /** Called with each entry that has a text. */
  readonly trace?: (line: string) => void;
  /**
   * Of longer bytes, only their length and so many at their start are hashed: what follows from them differs too, or
   * did not matter. Default: all.
   */
  readonly bytesHashedMax?: number;
}

const NOTHING = new Uint8Array(0);
const NO_LABEL: LogLabel = { text: '', encoded: NOTHING };

export function logLabel(text: string): LogLabel {
  return text === '' ? NO_LABEL : { text, encoded: utf8(text) };
}

export function createEventLog(primitives: Primitives, options: EventLogOptions = {}): EventLog {
  const { trace, bytesHashedMax = Infinity } = options;
  const chunk = new Uint8Array(CHUNK_BYTES);
  const view = new DataView(chunk.buffer);
  const times = new Float64Array(TAIL_ENTRIES_MAX);
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
  /** Lines are written out only for who reads them. */
  const keep = (atMs: number, text: string): void => {
    times[textCount % TAIL_ENTRIES_MAX] = atMs;
    texts[textCount % TAIL_ENTRIES_MAX] = text;
    textCount += 1;
    trace?.(lineOf(atMs, text));
  };

  return {
    append(atMs, sequence, text, bytes = NOTHING) {
      const label = typeof text === 'string' ? logLabel(text) : text;
      const textBytes = label.encoded.length;
      const shown = bytes.length > bytesHashedMax ? bytes.subarray(0, bytesHashedMax) : bytes;
      const entryBytes = textBytes + shown.length;
      if (used + HEADER_BYTES + entryBytes > CHUNK_BYTES) flush();
      view.setFloat64(used, atMs);
      view.setFloat64(used + 8, sequence);
      view.setUint32(used + 16, textBytes);
      view.setUint32(used + 20, bytes.length);
      used += HEADER_BYTES;
      if (used + entryBytes > CHUNK_BYTES) {
        // Larger than a chunk: hashed by itself, after its header.
        flush();
        if (textBytes > 0) absorb(label.encoded);
        if (shown.length > 0) absorb(shown);
      } else if (entryBytes > 0) {
        chunk.set(label.encoded, used);
        chunk.set(shown, used + textBytes);
        used += entryBytes;
      }
      if (textBytes > 0) keep(atMs, label.text);
    },
    hash() {
      // The chunk stays, so that asking for the hash does not change later hashes.
      return primitives.sha256(concat(chain, chunk.subarray(0, used)));
    },
    tail() {
      const first = Math.max(0, textCount - TAIL_ENTRIES_MAX);
      return Array.from({ length: textCount - first }, (_, i) => {
        const at = (first + i) % TAIL_ENTRIES_MAX;
        return lineOf(times[at] ?? 0, texts[at] ?? '');
      });
    },
  };
}

function lineOf(atMs: number, text: string): string {
  return `${atMs.toFixed(3)} ${text}`;
}
