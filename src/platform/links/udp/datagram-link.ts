// One end of an unreliable UDP link: each frame is one UDP packet, sealed by itself, that may be lost or overtaken. The
// encrypted stream of the same handshake carries nothing but the goodbye.
//
//   counter (8, big-endian) ‖ ChaCha20-Poly1305(frame)
//
// Each end chose its key and told it in its hello, on the stream. secret-stream has a seal of its own for such messages,
// under a key from the handshake's hash; that hash follows from what passed on the wire (with XX from that alone), so
// whoever recorded the handshake could read and forge them.

import { assert } from '../../../core/assert.ts';
import { BitcrapsError } from '../../../core/errors.ts';
import { createReplayWindow } from '../../../crypto/replay-window.ts';
import { openTransport, sealTransport } from '../../../crypto/transport-cipher.ts';
import type { LinkHandlers, SendResult } from '../../../env/link.ts';
import type { Primitives } from '../../../env/primitives.ts';
import { readU64, writeU64 } from '../../../wire/big-endian.ts';
import { StreamEnd, type StreamEndConfig } from './stream-end.ts';
import { DATAGRAM_FRAME_BYTES_MAX } from './udp-bounds.ts';

const COUNTER_BYTES = 8;
const GOODBYE_BYTES = 4;
const NO_DATA = new Uint8Array(0);
/** Frames kept for a receiver that has not come yet; later ones are lost. */
const EARLY_FRAMES_MAX = 64;

export class DatagramLink extends StreamEnd {
  readonly transport = 'udp-datagram';
  readonly reliable = false;
  readonly frameBytesMax: number = DATAGRAM_FRAME_BYTES_MAX;
  readonly #primitives: Primitives;
  readonly #sealKey: Uint8Array;
  readonly #openKey: Uint8Array;
  /** A packet that the network, or somebody on it, repeats is delivered once. */
  readonly #window = createReplayWindow();
  #counter = 0n;
  #early: Uint8Array[] = [];
  #bufferedBytes = 0;
  #wantsDrain = false;

  constructor(config: StreamEndConfig, primitives: Primitives) {
    super(config);
    this.#primitives = primitives;
    this.#sealKey = config.introduced.sealKey;
    this.#openKey = config.introduced.openKey;
    this.raw.on('message', (bytes) => this.#arrived(bytes));
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  attach(handlers: LinkHandlers): void {
    this.setHandlers(handlers);
    if (this.#early.length === 0) return;
    setImmediate(() => {
      const early = this.#early;
      this.#early = [];
      for (const frame of early) if (!this.isOver) handlers.frame(frame);
    });
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
    const counter = this.#counter;
    this.#counter += 1n;
    const sealed = sealTransport(this.#primitives, this.#sealKey, counter, NO_DATA, frame);
    const packet = Buffer.allocUnsafe(COUNTER_BYTES + sealed.length);
    writeU64(packet, 0, counter);
    packet.set(sealed, COUNTER_BYTES);
    this.#bufferedBytes += frame.length;
    const sent = (): void => this.#sent(frame.length);
    void this.raw.send(packet).then(sent, sent);
    return 'sent';
  }

  protected override received(bytes: Uint8Array): void {
    const isGoodbye = bytes.length === GOODBYE_BYTES && bytes.every((byte) => byte === 0);
    if (isGoodbye && !this.heardGoodbye) this.heardGoodbye = true;
    else this.destroy({ code: 'LINK_RESET', detail: 'frames on the stream of a datagram link' });
  }

  protected override finish(): void {
    // Never within the call, as the stream would not either.
    if (this.#bufferedBytes === 0) setImmediate(() => this.#finishNow());
  }

  protected override hasWaiting(): boolean {
    return false;
  }

  protected override forget(): void {
    this.#bufferedBytes = 0;
    this.#early = [];
    this.#primitives.wipe(this.#sealKey);
    this.#primitives.wipe(this.#openKey);
  }

  #finishNow(): void {
    if (this.isOver) return;
    this.sayGoodbye();
  }

  /** The system took a packet, or the stream ended before it could. */
  #sent(bytes: number): void {
    if (this.isOver) return;
    this.#bufferedBytes -= bytes;
    this.writtenBytes += bytes;
    if (this.isEnding) {
      if (this.#bufferedBytes === 0) this.#finishNow();
    } else if (this.#wantsDrain && this.#bufferedBytes <= this.queueBytesMax / 2) {
      this.#wantsDrain = false;
      this.handlers?.drain();
    }
  }

  #arrived(bytes: Uint8Array): void {
    if (this.isOver || bytes.length <= COUNTER_BYTES) return;
    const counter = readU64(bytes, 0);
    const sealed = bytes.subarray(COUNTER_BYTES);
    const frame = openTransport(this.#primitives, this.#openKey, counter, NO_DATA, sealed);
    // What nobody of this link sealed, what came before, and an empty frame are dropped without a word.
    if (frame === null || frame.length === 0 || !this.#window.accept(counter)) return;
    if (this.handlers !== null && this.#early.length === 0) this.handlers.frame(frame);
    else if (this.#early.length < EARLY_FRAMES_MAX) this.#early.push(frame);
  }
}
