// The receiving end of reliable messages from one peer: each once, in their order, whatever came twice, late or by other ways.

import { ACK_BITS, type MessageFrame } from './delivery-frame.ts';
import { WINDOW_BYTES, WINDOW_MESSAGES } from './outgoing-stream.ts';

/** What became of a message frame. `stale`: of a start of the sender before the one that is known; it gets no answer. */
export type Arrival = 'new' | 'known' | 'stale' | 'beyond';

export class IncomingStream {
  #stream: bigint;
  /** All below it were handed over. */
  #next: number;
  readonly #waiting = new Map<number, Uint8Array>();
  /** Of messages that wait for one before them. */
  waitingBytes = 0;
  heardAtMs: number;

  constructor({ stream, base }: MessageFrame, nowMs: number) {
    this.#stream = stream;
    this.#next = base;
    this.heardAtMs = nowMs;
  }

  get stream(): bigint {
    return this.#stream;
  }

  get next(): number {
    return this.#next;
  }

  /** As an acknowledgement tells them. */
  get bits(): number {
    let bits = 0;
    for (let i = 0; i < ACK_BITS; i += 1) if (this.#waiting.has(this.#next + 1 + i)) bits |= 1 << i;
    return bits >>> 0;
  }

  /** Whether a message is missing before others. */
  get hasGap(): boolean {
    return this.#waiting.size > 0;
  }

  /** Takes a frame, if it is not next in order only where it fits `room` bytes; `deliver` gets what is next in order. */
  take(
    frame: MessageFrame,
    room: number,
    nowMs: number,
    deliver: (payload: Uint8Array) => void,
  ): Arrival {
    const { stream, base, sequence, payload } = frame;
    if (stream < this.#stream) return 'stale';
    this.heardAtMs = nowMs;
    if (stream > this.#stream) {
      // The sender has started again and knows nothing of what came before.
      this.#stream = stream;
      this.#waiting.clear();
      this.waitingBytes = 0;
      this.#next = base;
    }
    if (base > this.#next) this.#skipTo(base, deliver);
    if (sequence < this.#next || this.#waiting.has(sequence)) return 'known';
    const isNext = sequence === this.#next;
    const fits = payload.length <= Math.min(room, WINDOW_BYTES - this.waitingBytes);
    if (sequence >= this.#next + WINDOW_MESSAGES || !(isNext || fits)) return 'beyond';
    this.#waiting.set(sequence, payload.slice());
    this.waitingBytes += payload.length;
    this.#handOver(deliver);
    return 'new';
  }

  /** The sender has given up what is below `base`: what came of it is handed over, the rest is not waited for. */
  #skipTo(base: number, deliver: (payload: Uint8Array) => void): void {
    const came = [...this.#waiting.keys()].filter((sequence) => sequence < base);
    for (const sequence of came.toSorted((a, b) => a - b)) this.#deliver(sequence, deliver);
    this.#next = base;
    this.#handOver(deliver);
  }

  #handOver(deliver: (payload: Uint8Array) => void): void {
    while (this.#waiting.has(this.#next)) {
      const sequence = this.#next;
      this.#next += 1;
      this.#deliver(sequence, deliver);
    }
  }

  #deliver(sequence: number, deliver: (payload: Uint8Array) => void): void {
    const payload = this.#waiting.get(sequence);
    if (payload === undefined) return;
    this.#waiting.delete(sequence);
    this.waitingBytes -= payload.length;
    deliver(payload);
  }
}
