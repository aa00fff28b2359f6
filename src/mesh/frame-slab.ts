// Memory for frames that wait: copied one behind the other into pieces, since a piece of memory for each costs more than the
// copy. Frames leave a queue about as they came, so a piece is given up soon after its last frame.

/** Pieces double while frames keep waiting. */
const PIECE_BYTES_MIN = 4 * 1024;
const PIECE_BYTES_MAX = 64 * 1024;

export class FrameSlab {
  #piece: Uint8Array = new Uint8Array(0);
  #used = 0;

  /** A copy of the frame, or itself where it is long and has its memory for itself. Its bytes are given up. */
  copy(frame: Uint8Array): Uint8Array {
    const { length } = frame;
    if (length > PIECE_BYTES_MIN) {
      return 2 * length >= frame.buffer.byteLength ? frame : frame.slice();
    }
    if (this.#used + length > this.#piece.length) {
      const bytes = Math.min(PIECE_BYTES_MAX, Math.max(PIECE_BYTES_MIN, 2 * this.#piece.length));
      this.#piece = new Uint8Array(bytes);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += length;
    const kept = this.#piece.subarray(from, this.#used);
    kept.set(frame);
    return kept;
  }
}
