// One end of a proved connection as a `Link`: frames with a length before each, gathered within one turn of the event
// loop, cut into records of at most 64 KiB, sealed, and handed on while the other side takes them. It runs in a
// page as it does in Node, and calls nothing of either.

import { assert } from '../../../core/assert.ts';
import { BitcrapsError } from '../../../core/errors.ts';
import { peerIdShort } from '../../../core/peer-id.ts';
import type { ProvedPeer } from '../../../crypto/noise-identity.ts';
import {
  createRecordOpener,
  createRecordSealer,
  type RecordOpener,
  type RecordSealer,
} from '../../../crypto/noise-records.ts';
import type { Clock, Timer } from '../../../env/clock.ts';
import type { Link, LinkClose, LinkHandlers, SendResult } from '../../../env/link.ts';
import type { Logger } from '../../../env/logger.ts';
import type { Primitives } from '../../../env/primitives.ts';
import { createFrameSplitter, type FrameSplitter } from '../../../wire/stream-framing.ts';
import { StallWatch } from '../stall-watch.ts';
import type { MessagePipe } from './message-pipe.ts';
import { createRecordQueue, type RecordQueue } from './record-queue.ts';

/**
 * Of a record that is sent: with its seal and the 8 bytes before a dialler's message it is what Node reads from a socket
 * at once, so that most messages lie in one piece and `ws` copies none together. Some 5 % by `bench/links/websocket.ts`.
 */
const CONTENT_BYTES_MAX: number = 65_536 - 8 - 16;
/** Handed to the pipe at once. Small, so that what it takes is a sign of life; large enough for 1 GB/s. */
const IN_FLIGHT_BYTES_MAX = 256 * 1024;
/**
 * Sealed records that came before the receiver did. Node stops reading, so that no more than one chunk of the socket
 * comes through; a page cannot.
 */
const EARLY_BYTES_MAX = 4 * 1024 * 1024;

export interface RecordLinkConfig {
  readonly pipe: MessagePipe;
  readonly transport: string;
  readonly role: 'dialer' | 'listener';
  readonly peer: ProvedPeer;
  readonly remoteAddress: string;
  readonly frameBytesMax: number;
  readonly queueBytesMax: number;
  /** When the pipe takes nothing for so long while bytes wait, the link breaks with `LINK_STALLED`. */
  readonly stallTimeoutMs: number;
  /** An orderly close that the other end does not answer within this time ends anyway. */
  readonly closeTimeoutMs: number;
  /** An orderly close that is under way when the node stops ends within this time. */
  readonly stopTimeoutMs: number;
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called once, when the pipe is gone. */
  readonly onOver: (reason: LinkClose) => void;
}

export class RecordLink implements Link {
  readonly transport: string;
  readonly reliable = true;
  readonly role: 'dialer' | 'listener';
  readonly remoteKey: Uint8Array;
  readonly remoteAddress: string;
  readonly channelBinding: Uint8Array;
  readonly frameBytesMax: number;
  readonly queueBytesMax: number;
  readonly #config: RecordLinkConfig;
  readonly #pipe: MessagePipe;
  readonly #sealer: RecordSealer;
  readonly #opener: RecordOpener;
  readonly #splitter: FrameSplitter;
  readonly #queue: RecordQueue = createRecordQueue(CONTENT_BYTES_MAX);
  #handlers: LinkHandlers | null = null;
  /** Records that wait for the receiver; `null` from then on. */
  #early: Uint8Array[] | null = [];
  #earlyBytes = 0;
  #sealedBytes = 0;
  #flushPlanned = false;
  #wantsDrain = false;
  readonly #stall: StallWatch;
  #closeTimer: Timer | null = null;
  #ending = false;
  #saidGoodbye = false;
  #heardGoodbye = false;
  #reason: LinkClose | null = null;
  #over = false;
  #overDetail = '';

  constructor(config: RecordLinkConfig) {
    const { peer, primitives } = config;
    this.#config = config;
    this.#pipe = config.pipe;
    this.transport = config.transport;
    this.role = config.role;
    this.remoteKey = peer.publicKey;
    this.remoteAddress = config.remoteAddress;
    this.channelBinding = peer.channelBinding;
    this.frameBytesMax = config.frameBytesMax;
    this.queueBytesMax = config.queueBytesMax;
    this.#sealer = createRecordSealer(primitives, peer.keys.send);
    this.#opener = createRecordOpener(primitives, peer.keys.receive);
    primitives.wipe(peer.keys.send);
    primitives.wipe(peer.keys.receive);
    this.#splitter = createFrameSplitter(config.frameBytesMax);
    this.#stall = new StallWatch({
      clock: config.clock,
      timeoutMs: config.stallTimeoutMs,
      isWaiting: () => this.bufferedBytes > 0,
      stalled: (detail) => this.destroy({ code: 'LINK_STALLED', detail }),
    });
    this.#pipe.attach({
      message: (bytes) => this.#message(bytes),
      written: () => this.#written(),
      closed: (detail) => this.#closed(detail),
    });
    this.#pipe.pause();
  }

  get bufferedBytes(): number {
    return this.#over || this.#reason !== null ? 0 : this.#queue.bytes + this.#pipe.bufferedBytes;
  }

  /** Sealed bytes that the operating system took so far. */
  get writtenBytes(): number {
    return this.#sealedBytes - this.#pipe.bufferedBytes;
  }

  attach(handlers: LinkHandlers): void {
    assert(this.#handlers === null, 'a link has one receiver');
    this.#handlers = handlers;
    queueMicrotask(() => this.#flow());
  }

  send(frame: Uint8Array): SendResult {
    const { frameBytesMax } = this;
    assert(frame.length > 0, 'a frame has at least one byte');
    if (frame.length > frameBytesMax) {
      throw new BitcrapsError('LINK_FRAME_TOO_LONG', { bytes: frame.length, frameBytesMax });
    }
    if (this.#ending || this.#reason !== null || this.#over) return 'closed';
    if (this.bufferedBytes >= this.queueBytesMax) {
      this.#wantsDrain = true;
      return 'full';
    }
    this.#stall.adds();
    this.#queue.push(frame);
    this.#planFlush();
    return 'sent';
  }

  close(): void {
    if (this.#ending || this.#reason !== null || this.#over) return;
    this.#ending = true;
    const { clock, closeTimeoutMs } = this.#config;
    this.#closeTimer = clock.after(closeTimeoutMs, () => this.#closeTimedOut());
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
    if (!this.#over) this.#break(reason);
  }

  #break(reason: LinkClose): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    this.#config.logger.info('link-destroyed', {
      peer: peerIdShort(this.remoteKey),
      address: this.remoteAddress,
      code: reason.code,
      detail: reason.detail,
    });
    this.#forget();
    this.#pipe.destroy();
  }

  #planFlush(): void {
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    queueMicrotask(() => {
      this.#flushPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#reason !== null || this.#over) return;
    while (this.#pipe.bufferedBytes < IN_FLIGHT_BYTES_MAX) {
      const content = this.#queue.shift();
      if (content === null) break;
      this.#send(content);
      this.#queue.recycle(content);
    }
    if (this.#ending && !this.#saidGoodbye && this.#queue.bytes === 0) {
      this.#saidGoodbye = true;
      this.#stall.adds();
      this.#send(new Uint8Array(0));
      if (this.#heardGoodbye) this.#pipe.end();
      // Somebody must read what still comes, or the other end's goodbye is never heard.
      else this.#flow();
    }
  }

  #send(content: Uint8Array): void {
    const record = this.#sealer.seal(content);
    this.#sealedBytes += record.length;
    this.#pipe.send(record);
  }

  #written(): void {
    if (this.#reason !== null || this.#over) return;
    this.#stall.moved();
    if (this.#wantsDrain && this.bufferedBytes <= this.queueBytesMax / 2) {
      this.#wantsDrain = false;
      if (!this.#ending) this.#handlers?.drain();
    }
    if (this.#queue.bytes > 0 || this.#ending) this.#planFlush();
  }

  /** Both goodbyes said: only the WebSocket itself lingers, and that is no failure. */
  #closeTimedOut(): void {
    const { closeTimeoutMs } = this.#config;
    if (this.#saidGoodbye && this.#heardGoodbye) this.#pipe.destroy();
    else this.destroy({ code: 'LINK_STALLED', detail: `no close within ${closeTimeoutMs} ms` });
  }

  /** Takes what came before the receiver did, and reads on. */
  #flow(): void {
    const early = this.#early ?? [];
    this.#early = null;
    for (const record of early) this.#receive(record);
    if (this.#over) this.#finish();
    else this.#pipe.resume();
  }

  #message(record: Uint8Array): void {
    if (this.#early === null) {
      this.#receive(record);
      return;
    }
    this.#early.push(record);
    this.#earlyBytes += record.length;
    if (this.#earlyBytes > EARLY_BYTES_MAX) {
      this.destroy({ code: 'LINK_STALLED', detail: 'nobody receives' });
    }
  }

  #receive(record: Uint8Array): void {
    if (this.#reason !== null || this.#heardGoodbye) return;
    const content = this.#opener.open(record);
    if (content === null) {
      this.#break({ code: 'LINK_RECORD_REFUSED', detail: `a record of ${record.length} bytes` });
      return;
    }
    // An empty record is the goodbye. A connection that ends without it was cut short: by a crash, or by somebody on
    // the path, whom the WebSocket's own closing would not betray.
    if (content.length === 0) {
      this.#heardGoodbye = true;
      if (this.#saidGoodbye) this.#pipe.end();
      else this.close();
      return;
    }
    const frames = this.#splitter.push(content);
    if (!frames.ok) {
      const { code, message } = frames.error;
      const ours = code === 'WIRE_FRAME_TOO_LONG' ? 'LINK_FRAME_TOO_LONG' : code;
      this.#break({ code: ours, detail: message });
      return;
    }
    for (const frame of frames.value) {
      if (this.#reason !== null) return;
      this.#handlers?.frame(frame);
    }
  }

  #closed(detail: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#overDetail = detail;
    this.#forget();
    this.#config.onOver(this.#reason ?? this.#endOfPipe());
    // What came before the receiver still goes to it first.
    if (this.#early === null) this.#finish();
  }

  #endOfPipe(): LinkClose {
    return this.#saidGoodbye && this.#heardGoodbye
      ? { code: null, detail: 'closed' }
      : { code: 'LINK_RESET', detail: this.#overDetail };
  }

  #finish(): void {
    this.#reason ??= this.#endOfPipe();
    this.#opener.wipe();
    const handlers = this.#handlers;
    this.#handlers = null;
    handlers?.close(this.#reason);
  }

  #forget(): void {
    this.#stall.cancel();
    this.#closeTimer?.cancel();
    this.#queue.clear();
    this.#sealer.wipe();
  }
}
