// Frames that wait to be sealed, as the contents of records: each frame after its length, the stream cut where a record
// is full, so that many small frames share a seal and a large one takes several.

import { assert } from '../../../core/assert.ts';
import { writeU32 } from '../../../wire/big-endian.ts';

/** The length before each frame, as `createFrameSplitter` reads it. */
const PREFIX_BYTES = 4;
/** The least memory of a turn. An idle link keeps none; a busy one begins with what its last record took. */
const CONTENT_BYTES_MIN = 1024;

export interface RecordQueue {
  /** Waiting, frame lengths included. */
  readonly bytes: number;
  /** Copies `frame`. */
  push(frame: Uint8Array): void;
  /** The next record's content, `null` if nothing waits. It is the caller's until `recycle`. */
  shift(): Uint8Array | null;
  /** Gives the memory of a content back, to be filled again. */
  recycle(content: Uint8Array): void;
  clear(): void;
}

/** Records carry 1…`contentBytesMax` bytes. */
export function createRecordQueue(contentBytesMax: number): RecordQueue {
  assert(contentBytesMax >= CONTENT_BYTES_MIN, 'a record has room for the first memory of a turn');
  /** Full ones, the oldest first, from `first` on. */
  let full: Uint8Array[] = [];
  let first = 0;
  let tail = new Uint8Array(0);
  let used = 0;
  let bytes = 0;
  let lastUsed = 0;
  /** Memory for one full record, while the queue is busy. */
  let spare: Uint8Array<ArrayBuffer> | null = null;
  const prefix = new Uint8Array(PREFIX_BYTES);

  /** Makes room for some more bytes at the tail, of which the caller is about to add `wanted`. */
  function grow(wanted: number): void {
    if (used === contentBytesMax) {
      full.push(tail);
      tail = new Uint8Array(0);
      used = 0;
    }
    const roomBytes = Math.max(CONTENT_BYTES_MIN, lastUsed, used + wanted, 2 * tail.length);
    const isFull = roomBytes >= contentBytesMax;
    const larger = (isFull ? spare : null) ?? new Uint8Array(Math.min(roomBytes, contentBytesMax));
    if (isFull) spare = null;
    larger.set(tail.subarray(0, used));
    tail = larger;
  }

  function append(part: Uint8Array, wanted: number): void {
    let at = 0;
    while (at < part.length) {
      if (used === tail.length) grow(wanted - at);
      const piece = part.subarray(at, at + tail.length - used);
      tail.set(piece, used);
      used += piece.length;
      at += piece.length;
    }
  }

  return {
    get bytes() {
      return bytes;
    },

    push(frame) {
      writeU32(prefix, 0, frame.length);
      bytes += PREFIX_BYTES + frame.length;
      append(prefix, PREFIX_BYTES + frame.length);
      append(frame, frame.length);
    },

    shift() {
      const oldest = full[first];
      if (oldest !== undefined) {
        bytes -= oldest.length;
        lastUsed = oldest.length;
        first += 1;
        if (first === full.length) {
          full = [];
          first = 0;
        }
        return oldest;
      }
      if (used === 0) return null;
      const content = tail.subarray(0, used);
      bytes -= used;
      lastUsed = used;
      tail = new Uint8Array(0);
      used = 0;
      return content;
    },

    recycle({ buffer }) {
      // A queue that has run empty is idle until proved otherwise, and keeps nothing.
      const isFull = buffer.byteLength === contentBytesMax && buffer instanceof ArrayBuffer;
      spare = isFull && bytes > 0 ? new Uint8Array(buffer) : null;
    },

    clear() {
      spare = null;
      full = [];
      first = 0;
      tail = new Uint8Array(0);
      used = 0;
      bytes = 0;
    },
  };
}
