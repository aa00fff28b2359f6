// Packets that a link took and its other end has not acknowledged yet: kept so that they can go another way if the link
// dies. Streams deliver in order, so one number acknowledges everything before it. The send window bounds what is held.
// Where the link keeps what it wrote, a packet is a range of that: nothing is copied, nothing made for each packet.

/** The frame of a packet was acknowledged: `length` bytes at `offset` of `piece`. */
export type PacketArrived = (piece: Uint8Array, offset: number, length: number) => void;

export class PacketsUnderWay {
  /** What holds each packet; `null` where it was taken back. */
  #pieces: (Uint8Array | null)[] = [];
  #offsets: number[] = [];
  #lengths: number[] = [];
  #head = 0;
  /** Packets sent over the link so far. */
  sent = 0;
  /** Bytes that are not acknowledged. */
  bytes = 0;

  /** A frame that went out: `length` bytes at `offset` of `piece`, which do not change any more. */
  push(piece: Uint8Array, offset: number, length: number): void {
    this.#pieces.push(piece);
    this.#offsets.push(offset);
    this.#lengths.push(length);
    this.sent += 1;
    this.bytes += length;
  }

  /** The first `count` packets of the link have arrived: tells each, and returns the bytes that this is news of. */
  acknowledge(count: number, arrived: PacketArrived | null = null): number {
    const before = this.bytes;
    const missing = this.#pieces.length - this.#head;
    for (let left = missing - (this.sent - count); left > 0; left -= 1) {
      const piece = this.#pieces[this.#head] ?? null;
      const offset = this.#offsets[this.#head] ?? 0;
      const length = this.#lengths[this.#head] ?? 0;
      this.#head += 1;
      if (piece === null) continue;
      this.bytes -= length;
      if (arrived !== null) arrived(piece, offset, length);
    }
    if (this.#head * 2 > this.#pieces.length) {
      this.#pieces = this.#pieces.slice(this.#head);
      this.#offsets = this.#offsets.slice(this.#head);
      this.#lengths = this.#lengths.slice(this.#head);
      this.#head = 0;
    }
    return before - this.bytes;
  }

  /** Offers what is not acknowledged, oldest first; what `takes` takes is held no longer. It must not change the bytes. */
  handOver(takes: (frame: Uint8Array) => boolean): void {
    for (let i = this.#head; i < this.#pieces.length; i += 1) {
      const piece = this.#pieces[i] ?? null;
      const offset = this.#offsets[i] ?? 0;
      const length = this.#lengths[i] ?? 0;
      if (piece === null || !takes(piece.subarray(offset, offset + length))) continue;
      this.#pieces[i] = null;
      this.bytes -= length;
    }
  }
}
