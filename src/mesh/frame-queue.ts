// What waits while a link takes no more: control frames before packets. Control frames are never dropped, their
// overrun ends the link; packets are dropped at the tail, the newest first, since datagrams may be lost anyway.

/** Control frames that wait, beyond link state, which waits as records and not as frames. */
export const CONTROL_BYTES_MAX: number = 256 * 1024;
/** Packets that wait for a link, beyond its send window: a burst of 60 messages of the longest kind. */
export const PACKETS_BYTES_MAX: number = 4 * 1024 * 1024;

/** Pieces of memory double while frames wait. */
const PIECE_BYTES_MIN = 4 * 1024;
const PIECE_BYTES_MAX = 64 * 1024;
/** Copying less costs less than another piece. */
const UNCOPIED_BYTES_MIN = 8 * 1024;

/**
 * First in, first out, bounded by bytes. Frames are copied one behind the other into pieces of memory and kept as numbers: an
 * object for each would make the collector of garbage work for all that wait. A long frame that has its memory for itself
 * stays there.
 */
export class FrameQueue {
  readonly bytesMax: number;
  /** Of each frame: the piece, where in it, how long, and when it came on the monotonic clock. */
  #pieces: Uint8Array[] = [];
  #offsets: number[] = [];
  #lengths: number[] = [];
  #atMs: number[] = [];
  #head = 0;
  #bytes = 0;
  /** Being filled. */
  #piece: Uint8Array = new Uint8Array(0);
  #pieceUsed = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The next one to go, `undefined` if none waits. */
  get first(): Uint8Array | undefined {
    return this.#head < this.#pieces.length ? this.#frame(this.#head) : undefined;
  }

  /** Since when the next one has waited; only while one waits. */
  get firstAtMs(): number {
    return this.#atMs[this.#head] ?? 0;
  }

  /** Takes the frame, whose bytes are given up; `false` if it would pass the bound. A first frame always fits. */
  push(frame: Uint8Array, nowMs: number): boolean {
    const { length } = frame;
    if (this.#bytes > 0 && this.#bytes + length > this.bytesMax) return false;
    if (length >= UNCOPIED_BYTES_MIN && 2 * length >= frame.buffer.byteLength) {
      this.#pieces.push(frame);
      this.#offsets.push(0);
    } else {
      if (this.#pieceUsed + length > this.#piece.length) this.#newPiece(length);
      this.#piece.set(frame, this.#pieceUsed);
      this.#pieces.push(this.#piece);
      this.#offsets.push(this.#pieceUsed);
      this.#pieceUsed += length;
    }
    this.#lengths.push(length);
    this.#atMs.push(nowMs);
    this.#bytes += length;
    return true;
  }

  shift(): Uint8Array | null {
    const frame = this.first;
    if (frame === undefined) return null;
    this.#head += 1;
    this.#bytes -= frame.length;
    if (this.#bytes === 0) this.#clear();
    else if (this.#head * 2 > this.#pieces.length) this.#forget();
    return frame;
  }

  /** Offers what waits, oldest first; what `takes` takes waits no longer. */
  handOver(takes: (frame: Uint8Array) => boolean): void {
    const taken = this.#pieces.map((_, i) => i < this.#head || takes(this.#frame(i)));
    this.#keep((i) => taken[i] !== true);
    this.#bytes = this.#lengths.reduce((sum, length) => sum + length, 0);
    if (this.#bytes === 0) this.#clear();
  }

  #frame(i: number): Uint8Array {
    const offset = this.#offsets[i] ?? 0;
    const piece = this.#pieces[i] ?? this.#piece;
    return piece.subarray(offset, offset + (this.#lengths[i] ?? 0));
  }

  #newPiece(room: number): void {
    const bytes = Math.min(PIECE_BYTES_MAX, Math.max(PIECE_BYTES_MIN, 2 * this.#piece.length));
    this.#piece = new Uint8Array(Math.max(bytes, room));
    this.#pieceUsed = 0;
  }

  /** What is before the head. */
  #forget(): void {
    this.#pieces = this.#pieces.slice(this.#head);
    this.#offsets = this.#offsets.slice(this.#head);
    this.#lengths = this.#lengths.slice(this.#head);
    this.#atMs = this.#atMs.slice(this.#head);
    this.#head = 0;
  }

  #keep(stays: (i: number) => boolean): void {
    this.#pieces = this.#pieces.filter((_, i) => stays(i));
    this.#offsets = this.#offsets.filter((_, i) => stays(i));
    this.#lengths = this.#lengths.filter((_, i) => stays(i));
    this.#atMs = this.#atMs.filter((_, i) => stays(i));
    this.#head = 0;
  }

  /** Nothing waits: nothing is held. */
  #clear(): void {
    this.#pieces = [];
    this.#offsets = [];
    this.#lengths = [];
    this.#atMs = [];
    this.#head = 0;
    this.#piece = new Uint8Array(0);
    this.#pieceUsed = 0;
  }
}
