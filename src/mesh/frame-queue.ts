// What waits while a link takes no more: control frames before packets. Control frames are never dropped, their
// overrun ends the link; packets are dropped at the tail, the newest first, since datagrams may be lost anyway.

/** Control frames that wait, beyond link state, which waits as records and not as frames. */
export const CONTROL_BYTES_MAX: number = 256 * 1024;
/** Packets that wait behind a full link: a quarter of a second at 1 MiB/s. */
export const PACKETS_BYTES_MAX: number = 256 * 1024;

/** First in, first out, bounded by bytes. */
export class FrameQueue {
  readonly bytesMax: number;
  #frames: Uint8Array[] = [];
  #head = 0;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `false` if the frame would pass the bound; a first frame always fits. */
  push(frame: Uint8Array): boolean {
    if (this.#bytes > 0 && this.#bytes + frame.length > this.bytesMax) return false;
    this.#frames.push(frame);
    this.#bytes += frame.length;
    return true;
  }

  shift(): Uint8Array | null {
    const frame = this.#frames[this.#head];
    if (frame === undefined) return null;
    this.#head += 1;
    this.#bytes -= frame.length;
    if (this.#head * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head);
      this.#head = 0;
    }
    return frame;
  }
}
