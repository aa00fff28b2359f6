// One end of a QUIC connection as a `Link`: one stream, frames with a length before each. The engine takes no more than
// the congestion window allows, so what waits, waits here, where its bound is and where progress can be seen.

import { assert } from '../../../core/assert.ts';
import { BitcrapsError } from '../../../core/errors.ts';
import { peerIdShort } from '../../../core/peer-id.ts';
import type { Timer } from '../../../env/clock.ts';
import type { Link, LinkClose, LinkHandlers, SendResult, SentRange } from '../../../env/link.ts';
import { createFrameSplitter, type FrameSplitter } from '../../../wire/stream-framing.ts';
import { OutgoingPieces } from '../outgoing-pieces.ts';
import { StallWatch } from '../stall-watch.ts';
import {
  CLOSE_BROKEN,
  CLOSE_ORDERLY,
  type QuicConnection,
  type QuicEnd,
} from './quic-connection.ts';
import type { Opened } from './quic-opening.ts';
import type { QuicNode } from './quic-node.ts';

/** Memory for what is read; frames are views into it, so it is never written twice. It grows while reads fill it. */
const READ_BYTES_MAX = 64 * 1024;
const READ_BYTES_MIN = 2 * 1024;
/** With less than this part of it left, new memory. */
const READ_ROOM_PART = 8;
const PREFIX_BYTES = 4;
/** A frame length of zero is the goodbye before an orderly end, as on TLS links. */
const GOODBYE = new Uint8Array(0);

export interface QuicLinkConfig extends Opened {
  readonly node: QuicNode;
  readonly connection: QuicConnection;
  readonly role: 'dialer' | 'listener';
  readonly remoteAddress: string;
  /** Once, when the link is over; the connection may take its leave of the other end a little longer. */
  readonly onOver: (reason: LinkClose) => void;
}

export class QuicLink implements Link {
  readonly transport = 'quic';
  readonly reliable = true;
  readonly role: 'dialer' | 'listener';
  readonly remoteKey: Uint8Array;
  readonly remoteAddress: string;
  readonly channelBinding: Uint8Array;
  readonly frameBytesMax: number;
  readonly queueBytesMax: number;
  /** Bytes that wait for the connection. */
  bufferedBytes = 0;
  /** Bytes that the connection took. */
  writtenBytes = 0;
  readonly #config: QuicLinkConfig;
  readonly #connection: QuicConnection;
  readonly #splitter: FrameSplitter;
  readonly #pieces = new OutgoingPieces();
  #memory = new Uint8Array(0);
  #memoryUsed = 0;
  /** Of the next memory. */
  #readBytes = READ_BYTES_MIN;
  #handlers: LinkHandlers | null = null;
  #wantsDrain = false;
  readonly #stall: StallWatch;
  #closeTimer: Timer | null = null;
  #ending = false;
  #ended = false;
  #saidGoodbye = false;
  #remoteEnded = false;
  #reason: LinkClose | null = null;
  readonly #whenOver = Promise.withResolvers<void>();

  constructor(config: QuicLinkConfig) {
    const { bounds } = config.node;
    this.#config = config;
    this.#connection = config.connection;
    this.role = config.role;
    this.remoteKey = config.remoteKey;
    this.remoteAddress = config.remoteAddress;
    this.channelBinding = config.channelBinding;
    this.frameBytesMax = bounds.frameBytesMax;
    this.queueBytesMax = bounds.queueBytesMax;
    this.#splitter = createFrameSplitter(bounds.frameBytesMax);
    this.#stall = new StallWatch({
      clock: config.node.clock,
      timeoutMs: bounds.stallTimeoutMs,
      isWaiting: () => this.bufferedBytes > 0,
      stalled: (detail) => this.destroy({ code: 'LINK_STALLED', detail }),
      idle: () => this.#pieces.trim(),
    });
    this.#connection.own({
      established: () => undefined,
      readable: () => this.#read(),
      writable: () => this.#write(),
      ended: (end) => this.#remotelyOver(end),
    });
  }

  get lastSent(): SentRange {
    return this.#pieces.sent;
  }

  attach(handlers: LinkHandlers): void {
    assert(this.#handlers === null, 'a link has one receiver');
    this.#handlers = handlers;
    if (this.#reason === null) this.#connection.plan();
    else setImmediate(() => this.#tellClose());
  }

  send(frame: Uint8Array): SendResult {
    const { frameBytesMax } = this;
    assert(frame.length > 0, 'a frame has at least one byte');
    if (frame.length > frameBytesMax) {
      throw new BitcrapsError('LINK_FRAME_TOO_LONG', { bytes: frame.length, frameBytesMax });
    }
    if (this.#ending || this.#reason !== null) return 'closed';
    if (this.bufferedBytes >= this.queueBytesMax) {
      this.#wantsDrain = true;
      return 'full';
    }
    this.#stall.adds();
    this.bufferedBytes += this.#pieces.add(frame);
    this.#connection.planFlush();
    return 'sent';
  }

  close(): void {
    if (this.#ending || this.#reason !== null) return;
    this.#ending = true;
    const { clock, bounds } = this.#config.node;
    const { closeTimeoutMs } = bounds;
    this.#closeTimer = clock.after(closeTimeoutMs, () =>
      this.destroy({ code: 'LINK_STALLED', detail: `no close within ${closeTimeoutMs} ms` }),
    );
    this.#stall.adds();
    this.bufferedBytes += this.#pieces.add(GOODBYE);
    // Somebody must read what still comes, or the other end's goodbye is never seen.
    this.#connection.plan();
  }

  /** The node stops: a link that is closing has a moment for that, any other is over. Resolves once it is. */
  stop(): Promise<void> {
    const end = (): void => this.destroy({ code: null, detail: 'this node stops' });
    if (this.#closeTimer === null) end();
    else {
      this.#closeTimer.cancel();
      const { clock, bounds } = this.#config.node;
      this.#closeTimer = clock.after(bounds.stopTimeoutMs, end);
    }
    return this.#whenOver.promise;
  }

  destroy(reason: LinkClose): void {
    if (this.#reason !== null) return;
    this.#config.node.logger.info('link-destroyed', {
      peer: peerIdShort(this.remoteKey),
      address: this.remoteAddress,
      code: reason.code,
      detail: reason.detail,
    });
    this.#over(reason, CLOSE_BROKEN);
  }

  #write(): void {
    if (this.#reason !== null) return;
    const taken = this.#handOver();
    this.bufferedBytes -= taken;
    this.writtenBytes += taken;
    if (taken > 0) this.#stall.moved();
    if (this.#wantsDrain && this.bufferedBytes <= this.queueBytesMax / 2) {
      this.#wantsDrain = false;
      if (!this.#ending) this.#handlers?.drain();
    }
    if (this.bufferedBytes === 0 && this.#ending && !this.#ended) {
      this.#ended = true;
      this.#connection.finish();
    }
    this.#endIfBothDid();
  }

  /** How many bytes the connection took. */
  #handOver(): number {
    if (this.bufferedBytes === 0) return 0;
    const pieces = this.#pieces.take();
    let taken = 0;
    for (const [i, piece] of pieces.entries()) {
      const went = this.#connection.write(piece);
      taken += went;
      if (went === piece.length) continue;
      this.#pieces.putBack([piece.subarray(went), ...pieces.slice(i + 1)]);
      break;
    }
    return taken;
  }

  #read(): void {
    while (this.#reason === null && !this.#remoteEnded) {
      if (this.#handlers === null && !this.#ending) return;
      const room = this.#readRoom();
      const got = this.#connection.read(room);
      if (got === null) return;
      this.#readBytes = got.bytes === room.length ? 2 * this.#readBytes : this.#readBytes;
      const bytes = this.#memory.subarray(this.#memoryUsed, this.#memoryUsed + got.bytes);
      this.#memoryUsed += got.bytes;
      this.#receive(bytes);
      if (got.end) this.#endedThere();
      else if (got.bytes === 0) return;
    }
  }

  /** An idle link holds little; the rest of used memory belongs to the frames in it. */
  #readRoom(): Uint8Array {
    const left = this.#memory.length - this.#memoryUsed;
    if (left < this.#readBytes / READ_ROOM_PART || left === 0) {
      this.#readBytes = Math.min(this.#readBytes, READ_BYTES_MAX);
      this.#memory = new Uint8Array(this.#readBytes);
      this.#memoryUsed = 0;
      // As large as the last again only if it is filled again.
      this.#readBytes = Math.max(READ_BYTES_MIN, this.#readBytes / 2);
    }
    return this.#memory.subarray(this.#memoryUsed);
  }

  #receive(bytes: Uint8Array): void {
    // The goodbye is the last of the stream, and the splitter calls it an error: so what comes before it goes first.
    const endsInZeros = bytes.length > PREFIX_BYTES && bytes.subarray(-PREFIX_BYTES).every(isZero);
    const split = endsInZeros ? bytes.length - PREFIX_BYTES : bytes.length;
    this.#split(bytes.subarray(0, split));
    if (endsInZeros) this.#split(bytes.subarray(split));
  }

  #split(bytes: Uint8Array): void {
    if (this.#reason !== null || bytes.length === 0) return;
    const frames = this.#splitter.push(bytes);
    if (frames.ok) {
      this.#connection.gotFrames(frames.value.length);
      for (const frame of frames.value) {
        if (this.#reason !== null) return;
        this.#handlers?.frame(frame);
      }
    } else if (frames.error.code === 'WIRE_FRAME_EMPTY' && !this.#saidGoodbye) {
      this.#saidGoodbye = true;
    } else {
      const { code, message } = frames.error;
      const ours = code === 'WIRE_FRAME_TOO_LONG' ? 'LINK_FRAME_TOO_LONG' : code;
      this.destroy({ code: ours, detail: message });
    }
  }

  #endedThere(): void {
    this.#remoteEnded = true;
    if (this.#saidGoodbye) this.close();
    else this.destroy({ code: 'LINK_RESET', detail: 'the other end stopped without a goodbye' });
  }

  /** Both said goodbye, and all that was sent has arrived: whoever knows it first closes the connection. */
  #endIfBothDid(): void {
    if (this.#reason !== null || !this.#ended || !this.#remoteEnded) return;
    if (this.#connection.streamOver) {
      this.#over({ code: null, detail: 'closed' }, CLOSE_ORDERLY);
    }
  }

  #remotelyOver(end: QuicEnd): void {
    if (this.#reason !== null) return;
    const orderly =
      end.kind === 'closed' && end.application && end.code === CLOSE_ORDERLY && this.#ended;
    this.#over(
      orderly ? { code: null, detail: 'closed' } : { code: 'LINK_RESET', detail: detailOf(end) },
      null,
    );
  }

  #over(reason: LinkClose, code: number | null): void {
    this.#reason = reason;
    this.#stall.cancel();
    this.#closeTimer?.cancel();
    this.#pieces.clear();
    this.bufferedBytes = 0;
    this.#memory = new Uint8Array(0);
    if (code !== null) this.#connection.close(true, code);
    this.#config.onOver(reason);
    this.#whenOver.resolve();
    setImmediate(() => this.#tellClose());
  }

  #tellClose(): void {
    const handlers = this.#handlers;
    if (handlers === null || this.#reason === null) return;
    this.#handlers = null;
    handlers.close(this.#reason);
  }
}

function detailOf(end: QuicEnd): string {
  if (end.kind === 'closed') return `the other end closed the connection with code ${end.code}`;
  return end.kind === 'silent' ? 'the other end fell silent' : end.detail;
}

function isZero(byte: number): boolean {
  return byte === 0;
}
