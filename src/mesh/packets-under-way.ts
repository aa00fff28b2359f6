// Packets that a link took and its other end has not acknowledged yet: kept so that they can go another way if the link
// dies. Streams deliver in order, so one number acknowledges everything before it. The send window bounds what is held.

export class PacketsUnderWay {
  /** `null` where a packet was taken back. */
  #frames: (Uint8Array | null)[] = [];
  #head = 0;
  /** Packets sent over the link so far. */
  sent = 0;
  /** Bytes that are not acknowledged. */
  bytes = 0;

  push(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.sent += 1;
    this.bytes += frame.length;
  }

  /** The first `count` packets of the link have arrived: tells each, and returns the bytes that this is news of. */
  acknowledge(count: number, arrived: ((frame: Uint8Array) => void) | null = null): number {
    const before = this.bytes;
    const missing = this.#frames.length - this.#head;
    for (let left = missing - (this.sent - count); left > 0; left -= 1) {
      const frame = this.#frames[this.#head] ?? null;
      this.bytes -= frame?.length ?? 0;
      this.#head += 1;
      if (frame !== null) arrived?.(frame);
    }
    if (this.#head * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head);
      this.#head = 0;
    }
    return before - this.bytes;
  }

  /** Offers what is not acknowledged, oldest first; what `takes` takes is held no longer. */
  handOver(takes: (frame: Uint8Array) => boolean): void {
    for (let i = this.#head; i < this.#frames.length; i += 1) {
      const frame = this.#frames[i] ?? null;
      if (frame === null || !takes(frame)) continue;
      this.#frames[i] = null;
      this.bytes -= frame.length;
    }
  }
}
