// One end of a reliable UDP link: frames with a length before each, gathered within one turn of the event loop and
// written to the encrypted stream in pieces, one at a time, so that the queue is ours to bound.

import { assert } from '../../../core/assert.ts';
import { BitcrapsError } from '../../../core/errors.ts';
import type { LinkHandlers, SendResult } from '../../../env/link.ts';
import { createFrameSplitter, type FrameSplitter } from '../../../wire/stream-framing.ts';
import { FrameOutbox } from './frame-outbox.ts';
import { StreamEnd, type StreamEndConfig } from './stream-end.ts';

const PREFIX_BYTES = 4;

export class UdpLink extends StreamEnd {
  readonly transport = 'udp';
  readonly reliable = true;
  readonly frameBytesMax: number;
  readonly #outbox = new FrameOutbox();
  readonly #splitter: FrameSplitter;
  #bufferedBytes = 0;
  /** Of the piece that the stream has not taken yet. */
  #inStreamBytes = 0;
  #flushPlanned = false;
  #wantsDrain = false;

  constructor(config: StreamEndConfig) {
    super(config);
    this.frameBytesMax = config.bounds.frameBytesMax;
    this.#splitter = createFrameSplitter(this.frameBytesMax);
    this.stream.on('drain', () => this.#taken());
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  attach(handlers: LinkHandlers): void {
    this.setHandlers(handlers);
  }

  send(frame: Uint8Array): SendResult {
    const { frameBytesMax } = this;
    assert(frame.length > 0, 'a frame has at least one byte');
    if (frame.length > frameBytesMax) {
      throw new BitcrapsError('LINK_FRAME_TOO_LONG', { bytes: frame.length, frameBytesMax });
    }
    if (this.isEnding) return 'closed';
    if (this.#bufferedBytes >= this.queueBytesMax) {
      this.#wantsDrain = true;
      return 'full';
    }
    if (this.#bufferedBytes === 0) this.watchProgress();
    this.#bufferedBytes += this.#outbox.append(frame);
    this.#planFlush();
    return 'sent';
  }

  protected override received(bytes: Uint8Array): void {
    // The goodbye is the last of the stream, and the splitter calls it an error: so what comes before it goes first.
    const endsInZeros = bytes.length > PREFIX_BYTES && bytes.subarray(-PREFIX_BYTES).every(isZero);
    const split = endsInZeros ? bytes.length - PREFIX_BYTES : bytes.length;
    this.#split(bytes.subarray(0, split));
    if (endsInZeros) this.#split(bytes.subarray(split));
  }

  protected override finish(): void {
    this.#planFlush();
  }

  protected override hasWaiting(): boolean {
    return this.#bufferedBytes > 0;
  }

  protected override forget(): void {
    this.#outbox.clear();
    this.#bufferedBytes = 0;
    this.#inStreamBytes = 0;
  }

  #planFlush(): void {
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    process.nextTick(() => {
      this.#flushPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (!this.isOver && this.#inStreamBytes === 0) {
      const piece = this.#outbox.take();
      if (piece === null) {
        if (this.isEnding) this.sayGoodbye();
        return;
      }
      this.#inStreamBytes = piece.length;
      if (this.stream.write(piece)) this.#count();
    }
  }

  /** The stream has taken the last piece. */
  #count(): void {
    this.writtenBytes += this.#inStreamBytes;
    this.#bufferedBytes -= this.#inStreamBytes;
    this.#inStreamBytes = 0;
  }

  #taken(): void {
    if (this.isOver) return;
    this.madeProgress();
    this.#count();
    this.#flush();
    if (this.#wantsDrain && this.#bufferedBytes <= this.queueBytesMax / 2) {
      this.#wantsDrain = false;
      if (!this.isEnding) this.handlers?.drain();
    }
  }

  #split(bytes: Uint8Array): void {
    if (this.isOver) return;
    const frames = this.#splitter.push(bytes);
    if (frames.ok) {
      for (const frame of frames.value) {
        if (this.isOver) return;
        this.handlers?.frame(frame);
      }
    } else if (frames.error.code === 'WIRE_FRAME_EMPTY' && !this.heardGoodbye) {
      this.heardGoodbye = true;
    } else {
      const { code, message } = frames.error;
      const ours = code === 'WIRE_FRAME_TOO_LONG' ? 'LINK_FRAME_TOO_LONG' : code;
      this.destroy({ code: ours, detail: message });
    }
  }
}

function isZero(byte: number): boolean {
  return byte === 0;
}
