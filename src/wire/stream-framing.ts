// Frames on a byte stream: an unsigned 32-bit big-endian length before each frame. The splitter holds at most one
// unfinished frame, grows with the bytes that came and not with the length that was claimed, and copies each byte
// a bounded number of times however the stream is cut.

import { assert } from '../core/assert.ts';
import { fail, ok, type Result } from '../core/errors.ts';
import { readU32, writeU32 } from './big-endian.ts';

const PREFIX_BYTES = 4;
/** The first piece of memory for an unfinished frame, and how many times what arrived it grows to at once. */
const PARTIAL_BYTES_MIN = 4096;
const PARTIAL_GROWTH = 4;

export type FramingErrorCode = 'WIRE_FRAME_TOO_LONG' | 'WIRE_FRAME_EMPTY';

/** The prefix of a frame of `bytes` bytes. */
export function frameLengthPrefix(bytes: number): Uint8Array {
  assert(bytes > 0 && bytes <= 0xffff_ffff, 'a frame length is 32 bits and not zero');
  const prefix = new Uint8Array(PREFIX_BYTES);
  writeU32(prefix, 0, bytes);
  return prefix;
}

export interface FrameSplitter {
  /**
   * The frames that `chunk` completes, in order. Frames that lie whole inside the chunk are views into it, so the
   * caller must not write to it again. Before each frame, in its memory, stands its prefix, unless a chunk ended within that. After an error every further call answers the same error: the stream is lost.
   */
  push(chunk: Uint8Array): Result<readonly Uint8Array[], FramingErrorCode>;
}

/** Splits a stream whose frames are 1…`frameBytesMax` bytes long. `allocate`: memory for a frame, whatever is in it. */
export function createFrameSplitter(
  frameBytesMax: number,
  allocate: (bytes: number) => Uint8Array = (bytes) => new Uint8Array(bytes),
): FrameSplitter {
  const prefix = new Uint8Array(PREFIX_BYTES);
  let prefixFilled = 0;
  /** The prefix, and what came of the frame. */
  let partial: Uint8Array = new Uint8Array(0);
  let partialFilled = 0;
  /** Length of the frame before. */
  let lastBytes = 0;
  /** Length of the frame under way; 0 while its prefix is incomplete. */
  let frameBytes = 0;
  let failure: ReturnType<typeof fail<FramingErrorCode>> | null = null;

  /** Makes room for `filled` bytes of the frame under way. */
  function reserve(filled: number): void {
    if (PREFIX_BYTES + filled <= partial.length) return;
    // Who sent as long a frame just before sends this one, too.
    const grown = Math.max(PARTIAL_GROWTH * filled, PARTIAL_BYTES_MIN, lastBytes);
    const larger = allocate(PREFIX_BYTES + Math.min(grown, frameBytes));
    if (partialFilled > 0) larger.set(partial.subarray(0, PREFIX_BYTES + partialFilled));
    else writeU32(larger, 0, frameBytes);
    partial = larger;
  }

  /** A frame of so many bytes follows. */
  function begin(bytes: number): void {
    frameBytes = bytes;
    if (bytes === 0) failure = fail('WIRE_FRAME_EMPTY', {});
    else if (bytes > frameBytesMax) {
      failure = fail('WIRE_FRAME_TOO_LONG', { frameBytes, frameBytesMax });
    }
  }

  /** Takes prefix bytes from `at`; returns where the frame's bytes begin. */
  function takePrefix(chunk: Uint8Array, at: number): number {
    if (prefixFilled === 0 && chunk.length - at >= PREFIX_BYTES) {
      begin(readU32(chunk, at));
      return at + PREFIX_BYTES;
    }
    const taken = Math.min(PREFIX_BYTES - prefixFilled, chunk.length - at);
    prefix.set(chunk.subarray(at, at + taken), prefixFilled);
    prefixFilled += taken;
    if (prefixFilled === PREFIX_BYTES) {
      prefixFilled = 0;
      begin(readU32(prefix, 0));
    }
    return at + taken;
  }

  /** Takes frame bytes from `at`; returns where the next prefix begins. */
  function takeFrame(chunk: Uint8Array, at: number, frames: Uint8Array[]): number {
    const missing = frameBytes - partialFilled;
    const taken = Math.min(missing, chunk.length - at);
    const piece = chunk.subarray(at, at + taken);
    if (partialFilled === 0 && taken === missing) {
      frames.push(piece);
      lastBytes = frameBytes;
      frameBytes = 0;
      return at + taken;
    }
    reserve(partialFilled + taken);
    partial.set(piece, PREFIX_BYTES + partialFilled);
    partialFilled += taken;
    if (partialFilled === frameBytes) {
      frames.push(partial.subarray(PREFIX_BYTES, PREFIX_BYTES + frameBytes));
      partial = new Uint8Array(0);
      partialFilled = 0;
      lastBytes = frameBytes;
      frameBytes = 0;
    }
    return at + taken;
  }

  return {
    push(chunk: Uint8Array): Result<readonly Uint8Array[], FramingErrorCode> {
      const frames: Uint8Array[] = [];
      let at = 0;
      while (failure === null && at < chunk.length) {
        at = frameBytes === 0 ? takePrefix(chunk, at) : takeFrame(chunk, at, frames);
      }
      return failure ?? ok(frames);
    },
  };
}
