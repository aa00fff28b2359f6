// One end of a TLS connection as a `Link`: frames with a length before each, gathered within one turn of the event
// loop and handed to the socket in pieces, so that the queue is ours to bound and progress can be seen.

import type { TLSSocket } from 'node:tls';
import { assert } from '../../core/assert.ts';
import { BitcrapsError } from '../../core/errors.ts';
import { peerIdShort } from '../../core/peer-id.ts';
import type { Clock, Timer } from '../../env/clock.ts';
import type { Link, LinkClose, LinkHandlers, SendResult, SentRange } from '../../env/link.ts';
import type { Logger } from '../../env/logger.ts';
import { createFrameSplitter, type FrameSplitter } from '../../wire/stream-framing.ts';
import { madeOutside } from '../node/young-garbage.ts';
import { OutgoingPieces, uncleared } from './outgoing-pieces.ts';
import { StallWatch } from './stall-watch.ts';

/** Handed to the socket at once. Small, so that each completed write is a sign of life; large enough for 1 GB/s. */
const IN_FLIGHT_BYTES_MAX = 256 * 1024;
const PREFIX_BYTES = 4;
/**
 * A frame length of zero is the goodbye before an orderly end. A stream that ends without it was cut short: by a crash,
 * or by somebody on the path, whom TLS as Node shows it would not betray.
 */
const GOODBYE = new Uint8Array(PREFIX_BYTES);

export interface TlsLinkConfig {
  readonly secure: TLSSocket;
  readonly role: 'dialer' | 'listener';
  readonly remoteKey: Uint8Array;
  readonly remoteAddress: string;
  readonly channelBinding: Uint8Array;
  readonly frameBytesMax: number;
  readonly queueBytesMax: number;
  /** Without a completed write for so long while bytes wait, the link breaks with `LINK_STALLED`. */
  readonly stallTimeoutMs: number;
  /** An orderly close that the other end does not answer within this time ends anyway. */
  readonly closeTimeoutMs: number;
  /** An orderly close that is under way when the node stops ends within this time. */
  readonly stopTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called once, when the socket is gone. */
  readonly onOver: (reason: LinkClose) => void;
}

export class TlsLink implements Link {
  readonly transport = 'tls';
  readonly reliable = true;
  readonly role: 'dialer' | 'listener';
  readonly remoteKey: Uint8Array;
  readonly remoteAddress: string;
  readonly channelBinding: Uint8Array;
  readonly frameBytesMax: number;
  readonly queueBytesMax: number;
  /** Bytes that the operating system took so far. */
  writtenBytes = 0;
  readonly #config: TlsLinkConfig;
  readonly #secure: TLSSocket;
  readonly #splitter: FrameSplitter;
  #handlers: LinkHandlers | null = null;
  readonly #pieces = new OutgoingPieces();
  #bufferedBytes = 0;
  #inFlightBytes = 0;
  #flushPlanned = false;
  #wantsDrain = false;
  readonly #stall: StallWatch;
  #closeTimer: Timer | null = null;
  #ending = false;
  #ended = false;
  #saidGoodbye = false;
  #flowing = false;
  #reason: LinkClose | null = null;
  #over = false;

  constructor(config: TlsLinkConfig) {
    this.#config = config;
    this.#secure = config.secure;
    this.role = config.role;
    this.remoteKey = config.remoteKey;
    this.remoteAddress = config.remoteAddress;
    this.channelBinding = config.channelBinding;
    this.frameBytesMax = config.frameBytesMax;
    this.queueBytesMax = config.queueBytesMax;
    this.#splitter = createFrameSplitter(config.frameBytesMax, uncleared);
    this.#stall = new StallWatch({
      clock: config.clock,
      timeoutMs: config.stallTimeoutMs,
      isWaiting: () => this.#inFlightBytes > 0,
      stalled: (detail) => this.destroy({ code: 'LINK_STALLED', detail }),
      idle: () => this.#pieces.trim(),
    });
    this.#secure.on('error', (error) => this.#broken(error));
    this.#secure.on('end', () => this.#remoteEnded());
    this.#secure.on('close', () => this.#closed());
  }

  get lastSent(): SentRange {
    return this.#pieces.sent;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  attach(handlers: LinkHandlers): void {
    assert(this.#handlers === null, 'a link has one receiver');
    this.#handlers = handlers;
    if (this.#over) setImmediate(() => this.#tellClose());
    // The socket holds back until now; it begins to flow in the next turn.
    else this.#flow();
  }

  send(frame: Uint8Array, given = false): SendResult {
    const { frameBytesMax } = this;
    assert(frame.length > 0, 'a frame has at least one byte');
    if (frame.length > frameBytesMax) {
      throw new BitcrapsError('LINK_FRAME_TOO_LONG', { bytes: frame.length, frameBytesMax });
    }
    if (this.#ending || this.#reason !== null || this.#over) return 'closed';
    if (this.#bufferedBytes >= this.queueBytesMax) {
      this.#wantsDrain = true;
      return 'full';
    }
    this.#bufferedBytes += given ? this.#pieces.addGiven(frame) : this.#pieces.add(frame);
    if (!this.#flushPlanned) this.#planFlush();
    return 'sent';
  }

  close(): void {
    if (this.#ending || this.#reason !== null || this.#over) return;
    this.#ending = true;
    const { clock, closeTimeoutMs } = this.#config;
    this.#closeTimer = clock.after(closeTimeoutMs, () =>
      this.destroy({ code: 'LINK_STALLED', detail: `no close within ${closeTimeoutMs} ms` }),
    );
    this.#planFlush();
  }

  /** The node stops: a link that is closing has a moment for that, any other is over. */
  stop(): void {
    const end = (): void => this.destroy({ code: null, detail: 'this node stops' });
    if (this.#closeTimer === null) return end();
    this.#closeTimer.cancel();
    this.#closeTimer = this.#config.clock.after(this.#config.stopTimeoutMs, end);
  }

  destroy(reason: LinkClose): void {
    if (this.#reason !== null || this.#over) return;
    this.#reason = reason;
    this.#config.logger.info('link-destroyed', {
      peer: peerIdShort(this.remoteKey),
      address: this.remoteAddress,
      code: reason.code,
      detail: reason.detail,
    });
    this.#forget();
    this.#secure.destroy();
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
    if (this.#reason !== null || this.#over) return;
    if (this.#inFlightBytes < IN_FLIGHT_BYTES_MAX) this.#handOver();
    if (this.#inFlightBytes === 0 && this.#ending && !this.#ended) {
      this.#ended = true;
      this.#secure.end(GOODBYE);
      // Somebody must read what still comes, or the other end's goodbye is never seen.
      this.#flow();
    }
  }

  #handOver(): void {
    const pieces = this.#pieces.take();
    if (pieces.length > 0) this.#stall.adds();
    let taken = 0;
    if (pieces.length > 1) this.#secure.cork();
    for (const piece of pieces) {
      if (this.#inFlightBytes >= IN_FLIGHT_BYTES_MAX) break;
      taken += 1;
      this.#inFlightBytes += piece.length;
      this.#secure.write(piece, (error) => {
        if (error === null || error === undefined) this.#written(piece.length);
      });
    }
    if (pieces.length > 1) this.#secure.uncork();
    this.#pieces.putBack(taken === 0 ? pieces : pieces.slice(taken));
  }

  #written(bytes: number): void {
    if (this.#reason !== null || this.#over) return;
    this.#inFlightBytes -= bytes;
    this.#bufferedBytes -= bytes;
    this.writtenBytes += bytes;
    this.#stall.moved();
    if (this.#wantsDrain && this.#bufferedBytes <= this.queueBytesMax / 2) {
      this.#wantsDrain = false;
      if (!this.#ending) this.#handlers?.drain();
    }
    this.#planFlush();
  }

  #flow(): void {
    if (this.#flowing) return;
    this.#flowing = true;
    this.#secure.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  #receive(chunk: Buffer): void {
    madeOutside(chunk.length);
    // Plain bytes on the same memory: the `slice` of a Buffer would not copy.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    // The goodbye is the last of the stream, and the splitter calls it an error: so what comes before it goes first.
    if (!endsInGoodbye(bytes)) {
      this.#split(bytes);
      return;
    }
    const split = bytes.length - PREFIX_BYTES;
    this.#split(bytes.subarray(0, split));
    this.#split(bytes.subarray(split));
  }

  #split(bytes: Uint8Array): void {
    if (this.#reason !== null) return;
    const frames = this.#splitter.push(bytes);
    if (frames.ok) {
      const nowMs = this.#config.clock.now();
      for (const frame of frames.value) {
        if (this.#reason !== null) return;
        this.#handlers?.frame(frame, nowMs);
      }
    } else if (frames.error.code === 'WIRE_FRAME_EMPTY' && !this.#saidGoodbye) {
      this.#saidGoodbye = true;
    } else {
      const { code, message } = frames.error;
      const ours = code === 'WIRE_FRAME_TOO_LONG' ? 'LINK_FRAME_TOO_LONG' : code;
      this.destroy({ code: ours, detail: message });
    }
  }

  #remoteEnded(): void {
    if (this.#saidGoodbye) this.close();
    else this.#broken(new Error('the other end stopped without a goodbye'));
  }

  #broken(error: Error & { readonly code?: string }): void {
    this.#reason ??= { code: 'LINK_RESET', detail: error.code ?? error.message };
    this.#secure.destroy();
  }

  #closed(): void {
    if (this.#over) return;
    this.#over = true;
    this.#reason ??= this.#ended
      ? { code: null, detail: 'closed' }
      : { code: 'LINK_RESET', detail: 'the socket closed' };
    this.#forget();
    this.#config.onOver(this.#reason);
    this.#tellClose();
  }

  #tellClose(): void {
    const handlers = this.#handlers;
    if (handlers === null || this.#reason === null) return;
    this.#handlers = null;
    handlers.close(this.#reason);
  }

  #forget(): void {
    this.#stall.cancel();
    this.#closeTimer?.cancel();
    this.#pieces.clear();
    this.#bufferedBytes = 0;
  }
}

/** Whether what may be the goodbye stands at the end, behind something else. */
function endsInGoodbye(bytes: Uint8Array): boolean {
  const { length } = bytes;
  if (length <= PREFIX_BYTES || bytes[length - 1] !== 0) return false;
  return bytes[length - 2] === 0 && bytes[length - 3] === 0 && bytes[length - 4] === 0;
}
