// Memory of frames that is used again once they are read: the cold start of ten thousand nodes writes some 40 GB of them, and
// what is allocated for each makes the collector go through everything else again and again.

import type { FrameBuffers } from '../../wire/frame.ts';

/** Buffers have 2^n bytes, from the first of these sizes to the second; longer payloads get memory of their own. */
const BITS_MIN = 8;
const BITS_MAX = 17;
/** Bytes kept for later. */
const FREE_BYTES_MAX: number = 512 * 1024 * 1024;

export class RecycledBuffers implements FrameBuffers {
  /** By size, from `BITS_MIN` on. */
  readonly #free: ArrayBuffer[][] = Array.from({ length: BITS_MAX - BITS_MIN + 1 }, () => []);
  #freeBytes = 0;

  payload(bytes: number): Uint8Array {
    const bits = Math.max(BITS_MIN, 32 - Math.clz32(bytes));
    const buffer = this.#free[bits - BITS_MIN]?.pop();
    if (buffer === undefined)
      return new Uint8Array(bits > BITS_MAX ? 1 + bytes : 1 << bits).subarray(1, 1 + bytes);
    this.#freeBytes -= buffer.byteLength;
    return new Uint8Array(buffer, 1, bytes);
  }

  /** A frame around a payload from here that nobody reads any more. */
  giveBack({ buffer }: Uint8Array): void {
    const { byteLength } = buffer;
    const bits = 31 - Math.clz32(byteLength);
    const free = this.#free[bits - BITS_MIN];
    if (free === undefined || byteLength !== 1 << bits || !(buffer instanceof ArrayBuffer)) return;
    if (this.#freeBytes + byteLength > FREE_BYTES_MAX) return;
    free.push(buffer);
    this.#freeBytes += byteLength;
  }
}
