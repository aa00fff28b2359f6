// One UDP socket of a node and who uses it: at most one acceptor, dials that wait for an answer, links. It stays open as
// long as anybody does, so that links outlive their listener, and can take a new listener meanwhile.

import { toHex } from '../../../core/bytes.ts';
import { BitcrapsError } from '../../../core/errors.ts';
import type { Udx, UdxAddress, UdxSocket } from '../../dht/hyperdht-api.ts';
import { formatAddress } from '../address.ts';
import { decodeOpening, encodeOpening, type OpeningMessage } from './opening-message.ts';

export type OpeningRequest = Extract<OpeningMessage, { readonly kind: 'probe' | 'open' }>;
export type OpeningReply = Exclude<OpeningMessage, OpeningRequest>;

/** Answers dialers. */
export interface OpeningResponder {
  request(message: OpeningRequest, from: UdxAddress): OpeningReply | null;
}

export class UdpPort {
  readonly socket: UdxSocket;
  /** `host:port` as bound. */
  readonly name: string;
  readonly address: UdxAddress;
  responder: OpeningResponder | null = null;
  readonly #onUnused: () => void;
  /** By the nonce in hexadecimal. */
  readonly #dials = new Map<string, (reply: OpeningReply) => void>();
  #users = 0;
  #closing: Promise<void> | null = null;

  /** Throws `LINK_ADDRESS_IN_USE` or `LINK_ADDRESS_REFUSED`. `onUnused`: the socket closes. */
  constructor(udx: Udx, wanted: UdxAddress, onUnused: () => void) {
    this.socket = udx.createSocket();
    this.#onUnused = onUnused;
    try {
      this.socket.bind(wanted.port, wanted.host);
    } catch (error) {
      void this.socket.close();
      throw bindError(error, formatAddress(wanted));
    }
    this.address = this.socket.address() ?? wanted;
    this.name = formatAddress(this.address);
    this.socket.on('message', (bytes, from) => this.#arrived(bytes, from));
  }

  /** Keeps the socket open until the returned function is called, which resolves once an unused socket is closed. */
  retain(): () => Promise<void> {
    this.#users += 1;
    let released = false;
    return async () => {
      if (released) return;
      released = true;
      this.#users -= 1;
      if (this.#users === 0) {
        this.#onUnused();
        this.#closing = this.socket.close();
      }
      await this.#closing;
    };
  }

  /** Tells `heard` of replies to `nonce`, until the returned function is called. */
  awaitReplies(nonce: Uint8Array, heard: (reply: OpeningReply) => void): () => void {
    const key = toHex(nonce);
    this.#dials.set(key, heard);
    return () => void this.#dials.delete(key);
  }

  send(message: OpeningMessage, to: UdxAddress): void {
    if (this.#closing === null)
      this.socket.trySend(Buffer.from(encodeOpening(message)), to.port, to.host);
  }

  #arrived(bytes: Uint8Array, from: UdxAddress): void {
    const message = decodeOpening(bytes);
    if (message === null) return;
    if (message.kind !== 'probe' && message.kind !== 'open') {
      this.#dials.get(toHex(message.nonce))?.(message);
      return;
    }
    const { nonce } = message;
    const reply =
      this.responder === null
        ? ({ kind: 'refuse', nonce, reason: 'nobody' } as const)
        : this.responder.request(message, from);
    if (reply !== null) this.send(reply, from);
  }
}

function bindError(error: unknown, address: string): BitcrapsError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const cause = { cause: error };
  if (code === 'EADDRINUSE') return new BitcrapsError('LINK_ADDRESS_IN_USE', { address }, cause);
  return new BitcrapsError('LINK_ADDRESS_REFUSED', { address, detail: code }, cause);
}
