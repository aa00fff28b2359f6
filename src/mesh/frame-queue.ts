// What waits while a link takes no more: control frames before packets. Control frames are never dropped, their
// overrun ends the link; packets are dropped at the tail, the newest first, since datagrams may be lost anyway.

/** Control frames that wait, beyond link state, which waits as records and not as frames. */
export const CONTROL_BYTES_MAX: number = 256 * 1024;
/** Packets that wait for a link, beyond its send window: a burst of 60 messages of the longest kind. */
export const PACKETS_BYTES_MAX: number = 4 * 1024 * 1024;

/** First in, first out, bounded by bytes. */
export class FrameQueue {
  readonly bytesMax: number;
  #frames: Uint8Array[] = [];
  /** When each came, on the monotonic clock. */
  #atMs: number[] = [];
  #head = 0;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The next one to go, `undefined` if none waits. */
  get first(): Uint8Array | undefined {
    return this.#frames[this.#head];
  }

  /** Since when the next one has waited; only while one waits. */
  get firstAtMs(): number {
    return this.#atMs[this.#head] ?? 0;
  }

  /** `false` if the frame would pass the bound; a first frame always fits. */
  push(frame: Uint8Array, nowMs: number): boolean {
    if (this.#bytes > 0 && this.#bytes + frame.length > this.bytesMax) return false;
    this.#frames.push(frame);
    this.#atMs.push(nowMs);
    this.#bytes += frame.length;
    return true;
  }

  shift(): Uint8Array | null {
    const frame = this.first;
    if (frame === undefined) return null;
    this.#head += 1;
    this.#bytes -= frame.length;
    if (this.#head * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head);
      this.#atMs = this.#atMs.slice(this.#head);
      this.#head = 0;
    }
    return frame;
  }

  /** Offers what waits, oldest first; what `takes` takes waits no longer. */
  handOver(takes: (frame: Uint8Array) => boolean): void {
    const frames = this.#frames.slice(this.#head);
    const atMs = this.#atMs.slice(this.#head);
    const stays = frames.map((frame) => !takes(frame));
    this.#frames = frames.filter((_, i) => stays[i]);
    this.#atMs = atMs.filter((_, i) => stays[i]);
    this.#head = 0;
    this.#bytes = this.#frames.reduce((sum, { length }) => sum + length, 0);
  }
}
