// What waits to be sent on a stream: frames with a length before each, gathered into pieces that are written whole.

import { writeU32 } from '../../../wire/big-endian.ts';
import { MESSAGE_BYTES_MAX } from './bounded-secret-stream.ts';

const PREFIX_BYTES = 4;
const PIECE_BYTES_MIN = 1024;
/** A frame up to this length is not cut in two where a piece ends, so that the receiver need not copy it together. */
const WHOLE_BYTES_MAX = 4096;

export class FrameOutbox {
  /** Full pieces, oldest first. */
  #pieces: Uint8Array[] = [];
  /** The piece being filled. */
  #tail: Uint8Array = new Uint8Array(0);
  #tailUsed = 0;

  /** Copies a frame behind what waits; the bytes that were added. */
  append(frame: Uint8Array): number {
    const room = PREFIX_BYTES + frame.length;
    const left = this.#tail.length - this.#tailUsed;
    if (left < PREFIX_BYTES || (left < room && room <= WHOLE_BYTES_MAX)) this.#newTail(room);
    writeU32(this.#tail, this.#tailUsed, frame.length);
    this.#tailUsed += PREFIX_BYTES;
    let at = 0;
    while (at < frame.length) {
      if (this.#tailUsed === this.#tail.length) this.#newTail(frame.length - at);
      const piece =
        at === 0 && frame.length <= this.#tail.length - this.#tailUsed
          ? frame
          : frame.subarray(at, at + this.#tail.length - this.#tailUsed);
      this.#tail.set(piece, this.#tailUsed);
      this.#tailUsed += piece.length;
      at += piece.length;
    }
    return room;
  }

  /** The next piece, or `null` if nothing waits. It belongs to the caller. */
  take(): Uint8Array | null {
    const full = this.#pieces.shift();
    if (full !== undefined) return full;
    if (this.#tailUsed === 0) return null;
    const piece = this.#tail.subarray(0, this.#tailUsed);
    this.#tail = this.#tail.subarray(this.#tailUsed);
    this.#tailUsed = 0;
    return piece;
  }

  clear(): void {
    this.#pieces = [];
    this.#tail = new Uint8Array(0);
    this.#tailUsed = 0;
  }

  /** Pieces double: an idle link keeps little memory, a busy one writes 64 KiB at a time. */
  #newTail(room: number): void {
    const bytes = Math.max(PIECE_BYTES_MIN, room, 2 * this.#tail.length);
    if (this.#tailUsed > 0) this.#pieces.push(this.#tail.subarray(0, this.#tailUsed));
    this.#tail = Buffer.allocUnsafeSlow(Math.min(bytes, MESSAGE_BYTES_MAX));
    this.#tailUsed = 0;
  }
}
