// What both kinds of UDP link share: the encrypted stream beneath, its two ways of ending, and the watch over it.

import { assert } from '../../../core/assert.ts';
import { peerIdShort } from '../../../core/peer-id.ts';
import type { Clock, Timer } from '../../../env/clock.ts';
import type { Link, LinkClose, LinkHandlers, SendResult } from '../../../env/link.ts';
import type { Logger } from '../../../env/logger.ts';
import type { SecretStream, UdxStream } from '../../dht/hyperdht-api.ts';
import { StallWatch } from '../stall-watch.ts';
import type { Introduced } from './introduction.ts';
import type { UdpBounds } from './udp-bounds.ts';

/**
 * A frame length of zero is the goodbye before an orderly end. A stream that ends without it was cut short: by a crash,
 * or by somebody on the path.
 */
const GOODBYE = new Uint8Array(4);
/**
 * What is unacknowledged where only the goodbye is: its message (24 bytes) and the end of the stream, each behind UDX's
 * header (20 bytes). Whoever hears the last acknowledgement no more, because the other end is gone already, may go too.
 */
const LAST_WORD_BYTES_MAX = 64;

export interface StreamEndConfig {
  readonly introduced: Introduced;
  readonly role: 'dialer' | 'listener';
  readonly remoteAddress: string;
  readonly bounds: UdpBounds;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called once, when the stream is gone. */
  readonly onOver: (reason: LinkClose) => void;
}

export abstract class StreamEnd implements Link {
  abstract readonly transport: string;
  abstract readonly reliable: boolean;
  abstract readonly frameBytesMax: number;
  abstract readonly bufferedBytes: number;
  /** Bytes that the stream has taken so far. */
  writtenBytes = 0;
  readonly role: 'dialer' | 'listener';
  readonly remoteKey: Uint8Array;
  readonly remoteAddress: string;
  readonly channelBinding: Uint8Array;
  readonly queueBytesMax: number;
  protected readonly stream: SecretStream;
  protected readonly raw: UdxStream;
  protected handlers: LinkHandlers | null = null;
  protected heardGoodbye = false;
  readonly #config: StreamEndConfig;
  readonly #stall: StallWatch;
  #closeTimer: Timer | null = null;
  #attached = false;
  #reading = false;
  #ending = false;
  #saidGoodbye = false;
  #reason: LinkClose | null = null;
  #closed = false;

  constructor(config: StreamEndConfig) {
    const { introduced } = config;
    this.#config = config;
    this.stream = introduced.stream;
    this.raw = introduced.raw;
    this.role = config.role;
    this.remoteKey = introduced.remoteKey;
    this.remoteAddress = config.remoteAddress;
    this.channelBinding = introduced.channelBinding;
    this.queueBytesMax = config.bounds.queueBytesMax;
    this.#stall = new StallWatch({
      clock: config.clock,
      timeoutMs: config.bounds.stallTimeoutMs,
      isWaiting: () => this.hasWaiting() || this.raw.inflight > 0,
      signs: () => this.raw.packetsReceived,
      stalled: (detail) => this.destroy({ code: 'LINK_STALLED', detail }),
    });
    this.stream.on('error', (error) => this.#broken(error));
    this.stream.on('end', () => this.#remoteEnded());
    // The encrypted stream is done when both ends have said all; the one beneath when that has arrived.
    this.raw.on('error', (error) => this.#broken(error));
    this.raw.on('close', () => this.#gone());
  }

  abstract attach(handlers: LinkHandlers): void;
  abstract send(frame: Uint8Array): SendResult;
  /** One message of the stream. */
  protected abstract received(bytes: Uint8Array): void;
  /** Hands over what waits, then calls `sayGoodbye`. */
  protected abstract finish(): void;
  protected abstract hasWaiting(): boolean;
  /** Drops what waits. */
  protected abstract forget(): void;

  close(): void {
    if (this.isEnding) return;
    this.#ending = true;
    const { clock, bounds } = this.#config;
    const { closeTimeoutMs } = bounds;
    this.#closeTimer = clock.after(closeTimeoutMs, () =>
      this.destroy(
        this.#isSettled()
          ? { code: null, detail: 'closed' }
          : { code: 'LINK_STALLED', detail: `no close within ${closeTimeoutMs} ms` },
      ),
    );
    this.finish();
  }

  /** The node stops: a link that is closing has a moment for that, any other is over. */
  stop(): void {
    const end = (): void => this.destroy({ code: null, detail: 'this node stops' });
    if (this.#closeTimer === null) return end();
    this.#closeTimer.cancel();
    const { clock, bounds } = this.#config;
    this.#closeTimer = clock.after(bounds.stopTimeoutMs, end);
  }

  destroy(reason: LinkClose): void {
    if (this.isOver) return;
    this.#reason = reason;
    this.#config.logger.info('link-destroyed', {
      peer: peerIdShort(this.remoteKey),
      address: this.remoteAddress,
      code: reason.code,
      detail: reason.detail,
    });
    this.#forgetAll();
    this.#end();
  }

  /** Nothing is taken any more. */
  protected get isEnding(): boolean {
    return this.#ending || this.isOver;
  }

  /** Nothing is delivered any more. */
  protected get isOver(): boolean {
    return this.#reason !== null || this.#closed;
  }

  protected setHandlers(handlers: LinkHandlers): void {
    assert(!this.#attached, 'a link has one receiver');
    this.#attached = true;
    this.handlers = handlers;
    if (this.#closed) setImmediate(() => this.#tellClose());
    else this.#read();
  }

  protected sayGoodbye(): void {
    if (this.#saidGoodbye) return;
    this.#saidGoodbye = true;
    this.watchProgress();
    this.stream.end(GOODBYE);
    // Somebody must read what still comes, or the other end's goodbye is never seen.
    this.#read();
  }

  /** Something that waited was taken. */
  protected madeProgress(): void {
    this.#stall.moved();
  }

  /**
   * Something is to be sent, and does not count as waiting yet. The link breaks when bytes wait, here or for an
   * acknowledgement, and neither the queue moves nor any packet comes for the time allowed.
   */
  protected watchProgress(): void {
    this.#stall.adds();
  }

  /** Both ends have said all they had to say. */
  #isSettled(): boolean {
    const areDone = this.#saidGoodbye && this.heardGoodbye;
    return areDone && !this.hasWaiting() && this.raw.inflight <= LAST_WORD_BYTES_MAX;
  }

  #read(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.stream.on('data', (chunk) => {
      // Plain bytes on the same memory: the `slice` of a Buffer would not copy.
      this.received(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    });
  }

  #remoteEnded(): void {
    if (this.heardGoodbye) this.close();
    else this.#broken(new Error('the other end stopped without a goodbye'));
  }

  #broken(error: Error & { readonly code?: string }): void {
    this.#reason ??= { code: 'LINK_RESET', detail: error.code ?? error.message };
    this.#end();
  }

  #end(): void {
    this.stream.destroy();
    this.raw.destroy();
    this.raw._predestroy();
  }

  #gone(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reason ??=
      this.#saidGoodbye && this.heardGoodbye
        ? { code: null, detail: 'closed' }
        : { code: 'LINK_RESET', detail: 'the stream closed' };
    this.#forgetAll();
    this.#config.onOver(this.#reason);
    this.#tellClose();
  }

  #tellClose(): void {
    const { handlers } = this;
    if (handlers === null || this.#reason === null) return;
    this.handlers = null;
    handlers.close(this.#reason);
  }

  #forgetAll(): void {
    this.#stall.cancel();
    this.#closeTimer?.cancel();
    this.forget();
  }
}
