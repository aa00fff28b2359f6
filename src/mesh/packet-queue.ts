// Packets that wait for their turn on one link. Links of a mesh take them as they came, marked where a queue stands;
// a gateway puts a shaped queue in its place, which knows classes, peers and limits.

import { markCongestion } from '../wire/packet.ts';
import { createCongestionMark, type CongestionMark } from './congestion-mark.ts';
import { FrameQueue, PACKETS_BYTES_MAX } from './frame-queue.ts';

/** Frames in it are of the type `packet`: a type byte, then the packet. */
export interface PacketQueue {
  /** Bytes that wait. */
  readonly bytes: number;
  /** How long the packet that `shift` gave last had waited. */
  readonly waitedMs: number;
  /** `push` copies the frame. Otherwise what is pushed is the queue's. */
  readonly copies?: boolean;
  /** `false` if there is no room for the frame: it was not taken. */
  push(frame: Uint8Array, nowMs: number): boolean;
  /** The frame to go next, `null` if none waits or none may go yet; `onReady` then tells when. */
  first(nowMs: number): Uint8Array | null;
  /** Takes what `first` gave for the same time. */
  shift(nowMs: number): Uint8Array | null;
  /**
   * Nothing waits and the link takes the frame: whether it may go at once, without being pushed. Then it has gone, and counts
   * against what limits packets. Without this every packet is pushed.
   */
  pass?(frame: Uint8Array, nowMs: number): boolean;
  /** Offers what waits, oldest first; what `takes` takes waits no longer. */
  handOver(takes: (frame: Uint8Array) => boolean): void;
  /** Another frame of so many bytes went over the link: it waits for nobody, and counts against what limits packets. */
  charge(bytes: number): void;
  /** The link's round trip was measured. */
  measured(roundTripMs: number, nowMs: number): void;
  /** `ready` is called, never from within another call, when what had to wait for its time may go. */
  onReady(ready: () => void): void;
  /**
   * `dropped` is called with a frame that was taken and will not go, though the link lives. Without this the queue drops
   * nothing that it took.
   */
  onDrop?(dropped: (frame: Uint8Array) => void): void;
  /** The link has ended: nothing is pushed or taken any more. What still waits can be handed over until then. */
  close(): void;
}

/** First in, first out, whatever it is; the packets of a queue that stands are marked. */
export class FifoPacketQueue implements PacketQueue {
  waitedMs = 0;
  readonly copies = true;
  readonly #frames: FrameQueue;
  /** Made once a packet has waited. */
  #mark: CongestionMark | null = null;

  constructor(bytesMax: number = PACKETS_BYTES_MAX) {
    this.#frames = new FrameQueue(bytesMax);
  }

  get bytes(): number {
    return this.#frames.bytes;
  }

  push(frame: Uint8Array, nowMs: number): boolean {
    return this.#frames.push(frame, nowMs);
  }

  first(): Uint8Array | null {
    return this.#frames.first ?? null;
  }

  shift(nowMs: number): Uint8Array | null {
    const { firstAtMs } = this.#frames;
    const frame = this.#frames.shift();
    if (frame === null) return null;
    this.waitedMs = nowMs - firstAtMs;
    if (this.waitedMs > 0) this.#mark ??= createCongestionMark();
    if (this.#mark?.leaves(this.waitedMs, this.#frames.bytes, nowMs) === true) {
      markCongestion(frame, 1);
    }
    return frame;
  }

  pass(_: Uint8Array, nowMs: number): boolean {
    this.waitedMs = 0;
    this.#mark?.leaves(0, 0, nowMs);
    return true;
  }

  handOver(takes: (frame: Uint8Array) => boolean): void {
    this.#frames.handOver(takes);
  }

  charge(): void {}

  measured(): void {}

  onReady(): void {}

  close(): void {}
}
