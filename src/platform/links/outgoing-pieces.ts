// Frames with a length before each, copied into pieces of memory that a socket takes whole. The hot path of every relayed
// packet (`npm run bench:gateway`): one copy, and nothing made but a piece now and then.

import type { SentRange } from '../../env/link.ts';
import { readU32, writeU32 } from '../../wire/big-endian.ts';
import { madeOutside } from '../node/young-garbage.ts';

/** Small, so that each piece that is written is a sign of life. */
export const PIECE_BYTES_MAX: number = 64 * 1024;
const PIECE_BYTES_MIN = 1024;
/** Copying less costs less than another piece. */
const UNCOPIED_BYTES_MIN = 8 * 1024;
/** A piece serves about so many turns of a link that is busy alike. */
const TURNS = 4;
const PREFIX_BYTES = 4;

/** Memory that may hold anything. Plain bytes: the `slice` of a Buffer would not copy. */
export function uncleared(bytes: number): Uint8Array {
  madeOutside(bytes);
  const buffer = Buffer.allocUnsafeSlow(bytes);
  return new Uint8Array(buffer.buffer, buffer.byteOffset, bytes);
}

export class OutgoingPieces {
  /** Where the frame lies that came last. The pieces are never written to again. */
  readonly sent: SentRange = { bytes: new Uint8Array(0), offset: 0 };
  /** Whole pieces that wait for the socket. */
  #pieces: Uint8Array[] = [];
  /** The piece being filled. */
  #tail: Uint8Array = new Uint8Array(0);
  #tailUsed = 0;
  /** Of this turn, and of the one before: an idle link keeps little memory, a busy one writes 64 KiB at a time. */
  #turnBytes = 0;
  #lastTurnBytes = 0;

  /** Copies the frame behind what waits; answers how many bytes that took. */
  add(frame: Uint8Array): number {
    const bytes = PREFIX_BYTES + frame.length;
    if (this.#tail.length - this.#tailUsed < bytes) this.#newTail(bytes);
    const tail = this.#tail;
    const at = this.#tailUsed;
    writeU32(tail, at, frame.length);
    tail.set(frame, at + PREFIX_BYTES);
    this.sent.bytes = tail;
    this.sent.offset = at + PREFIX_BYTES;
    this.#tailUsed = at + bytes;
    this.#turnBytes += bytes;
    return bytes;
  }

  /** The same for a frame that may be kept as it is: a large one behind whose prefix it came goes out without a copy. */
  addGiven(frame: Uint8Array): number {
    const at = frame.byteOffset - PREFIX_BYTES;
    const isLarge = frame.length >= UNCOPIED_BYTES_MIN;
    // Pieces stay small, so that each that is written is a sign of life.
    if (!isLarge || at < 0 || PREFIX_BYTES + frame.length > PIECE_BYTES_MAX) return this.add(frame);
    const whole = new Uint8Array(frame.buffer, at, PREFIX_BYTES + frame.length);
    if (readU32(whole, 0) !== frame.length) return this.add(frame);
    this.#sealTail();
    this.#pieces.push(whole);
    this.sent.bytes = whole;
    this.sent.offset = PREFIX_BYTES;
    this.#turnBytes += whole.length;
    return whole.length;
  }

  /** The pieces that wait, oldest first; what is not taken is given back with `putBack`. */
  take(): Uint8Array[] {
    this.#sealTail();
    this.#lastTurnBytes = this.#turnBytes;
    this.#turnBytes = 0;
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  /** Pieces of `take` that go before all others. */
  putBack(pieces: readonly Uint8Array[]): void {
    if (pieces.length > 0) this.#pieces = [...pieces, ...this.#pieces];
  }

  /** Gives up the rest of a piece, where the link is idle. */
  trim(): void {
    if (this.#tailUsed === 0) this.#tail = new Uint8Array(0);
  }

  clear(): void {
    this.#pieces = [];
    this.#tail = new Uint8Array(0);
    this.#tailUsed = 0;
  }

  #newTail(room: number): void {
    this.#sealTail();
    const expected = Math.max(PIECE_BYTES_MIN, TURNS * this.#lastTurnBytes, 2 * this.#turnBytes);
    this.#tail = uncleared(Math.max(room, Math.min(expected, PIECE_BYTES_MAX)));
  }

  #sealTail(): void {
    const used = this.#tailUsed;
    for (let at = 0; at < used; at += PIECE_BYTES_MAX) {
      this.#pieces.push(this.#tail.subarray(at, Math.min(used, at + PIECE_BYTES_MAX)));
    }
    this.#tail = this.#tail.subarray(used);
    this.#tailUsed = 0;
  }
}
