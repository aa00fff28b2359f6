// A listener's UDP socket: which connection a datagram belongs to, and which strangers become connections. A stranger
// first gets a token (Retry) and nothing is kept about it; with the token it takes a place among a bounded number of
// handshakes, each with a deadline; and a link comes only of a proved identity.

import type { RemoteInfo, Socket } from 'node:dgram';
import { BitcrapsError } from '../../../core/errors.ts';
import type { Link } from '../../../env/link.ts';
import { createHandshakeGate, type HandshakeGate } from '../handshake-gate.ts';
import { formatQuicAddress } from './quic-address.ts';
import { CONNECTION_REFUSED, LOCAL, QuicConnection, REMOTE } from './quic-connection.ts';
import { QuicLink } from './quic-link.ts';
import { ID_BYTES, newConnectionId, type QuicNode } from './quic-node.ts';
import { openLink, type Opened } from './quic-opening.ts';
import { PACKET_INITIAL, QUIC_VERSION, type QuicheHeader } from './quiche.ts';
import { createRetryTokens, type RetryTokens } from './retry-token.ts';

/** RFC 9000 section 14.1: a shorter first datagram is dropped, so that a reply is never longer than what asked. */
const FIRST_DATAGRAM_BYTES_MIN = 1200;
const LONG_HEADER = 0x80;
/** Where the length of the destination id stands in a long header. */
const ID_LENGTH_AT = 5;

interface Served {
  readonly connection: QuicConnection;
  readonly remote: string;
}

export class QuicEndpoint {
  /** `quic:host:port` with the real port. */
  readonly address: string;
  readonly #node: QuicNode;
  readonly #socket: Socket;
  readonly #onClosed: () => void;
  readonly #tokens: RetryTokens;
  readonly #gate: HandshakeGate;
  /** By our connection id. */
  readonly #served = new Map<string, Served>();
  #accept: ((link: Link) => void) | null = null;
  #links = 0;
  #halfOpen = 0;
  #refusing = false;

  constructor(node: QuicNode, socket: Socket, secret: Uint8Array, onClosed: () => void) {
    const { address: host, port } = socket.address();
    this.address = formatQuicAddress({ host, port });
    this.#node = node;
    this.#socket = socket;
    this.#onClosed = onClosed;
    this.#tokens = createRetryTokens(node.clock, secret);
    this.#gate = createHandshakeGate(node.bounds.halfOpenMax, node.bounds.halfOpenPerAddressMax);
    socket.on('message', (datagram, from) => this.#receive(datagram, from));
    // A datagram that cannot be sent is a lost datagram.
    socket.on('error', () => undefined);
  }

  get listening(): boolean {
    return this.#accept !== null;
  }

  listen(accept: (link: Link) => void): void {
    this.#accept = accept;
  }

  /** No more links. The socket stays for those that there are, and goes with the last of them. */
  stopListening(): void {
    this.#accept = null;
    this.#closeIfUnused();
  }

  #closeIfUnused(): void {
    if (this.#accept !== null || this.#links > 0) return;
    this.#onClosed();
    for (const { connection } of this.#served.values()) connection.abandon();
    this.#socket.close();
  }

  #receive(datagram: Buffer, from: RemoteInfo): void {
    if (datagram.length <= ID_BYTES) return;
    const served = this.#served.get(idIn(datagram));
    if (served === undefined) this.#stranger(datagram, from);
    // Connections do not move: who else has the id may not even make us think.
    else if (served.remote === addressOf(from)) served.connection.receive(datagram);
  }

  #stranger(datagram: Buffer, from: RemoteInfo): void {
    if (datagram.length < FIRST_DATAGRAM_BYTES_MIN) return;
    const header = headerOf(this.#node, datagram);
    if (header?.ty !== PACKET_INITIAL || header.version !== QUIC_VERSION) return;
    const { token } = header;
    if (token === undefined || token === null || token.length === 0) this.#retry(header, from);
    else {
      const original = this.#tokens.open(token, addressOf(from), header.dcid);
      if (original !== null) this.#admit(datagram, header.dcid, original, from);
    }
  }

  #retry(header: QuicheHeader, from: RemoteInfo): void {
    const nextId = newConnectionId();
    const token = this.#tokens.mint(addressOf(from), header.dcid, nextId);
    const reply = Buffer.allocUnsafe(FIRST_DATAGRAM_BYTES_MIN);
    const { scid, dcid, version } = header;
    const bytes = this.#node.quiche.retry(scid, dcid, nextId, token, version, reply);
    this.#socket.send(reply.subarray(0, bytes), from.port, from.address, () => undefined);
  }

  #admit(datagram: Buffer, id: Uint8Array, original: Uint8Array, from: RemoteInfo): void {
    const { acceptedLinksMax } = this.#node.bounds;
    const full = this.#links + this.#halfOpen >= acceptedLinksMax;
    if (full || !this.#gate.enter(from.address)) {
      this.#tellRefusing(from.address);
      return;
    }
    this.#refusing = false;
    const connection = this.#serve(id, original, from);
    connection.receive(datagram);
    this.#halfOpen += 1;
    this.#open(connection, from);
  }

  #serve(id: Uint8Array, original: Uint8Array, from: RemoteInfo): QuicConnection {
    const node = this.#node;
    const key = keyOf(Buffer.from(id));
    const connection = new QuicConnection({
      engine: node.quiche.Connection.accept(id, original, LOCAL, REMOTE, node.listenConfig),
      clock: node.clock,
      datagramBytesMax: node.bounds.datagramBytesMax,
      keepAliveMs: node.bounds.keepAliveMs,
      transmit: (bytes, done) => this.#socket.send(bytes, from.port, from.address, done),
      onGone: () => this.#served.delete(key),
    });
    this.#served.set(key, { connection, remote: addressOf(from) });
    return connection;
  }

  #open(connection: QuicConnection, from: RemoteInfo): void {
    const { clock, bounds, logger, closers } = this.#node;
    const { handshakeTimeoutMs: timeoutMs } = bounds;
    const address = addressOf(from);
    const leave = (): void => {
      this.#halfOpen -= 1;
      this.#gate.leave(from.address);
      deadline.cancel();
      closers.delete(stop);
    };
    const giveUp = openLink({
      node: this.#node,
      connection,
      role: 'listener',
      address,
      expected: null,
      onOpened: (opened) => {
        leave();
        this.#opened(connection, address, opened);
      },
      // Anybody can make a handshake fail, so that is told to developers only.
      onRefused: ({ code, message }) => {
        leave();
        logger.debug('link-refused', { address, code, detail: message });
        this.#closeIfUnused();
      },
    });
    const deadline = clock.after(timeoutMs, () =>
      giveUp(new BitcrapsError('LINK_HANDSHAKE_TIMEOUT', { timeoutMs })),
    );
    const stop = (): void =>
      giveUp(new BitcrapsError('LINK_HANDSHAKE_FAILED', { detail: 'the listener closes' }));
    closers.add(stop);
  }

  #opened(connection: QuicConnection, remoteAddress: string, opened: Opened): void {
    const { closers } = this.#node;
    if (this.#accept === null) {
      // Before the handshake is over the dialer could not read it.
      connection.close(false, CONNECTION_REFUSED);
      this.#closeIfUnused();
      return;
    }
    this.#links += 1;
    const link = new QuicLink({
      ...opened,
      node: this.#node,
      connection,
      role: 'listener',
      remoteAddress,
      onOver: () => {
        closers.delete(close);
        this.#links -= 1;
        this.#closeIfUnused();
      },
    });
    const close = (): void => link.destroy({ code: null, detail: 'this node stops' });
    closers.add(close);
    this.#accept(link);
  }

  /** Once for each spell of refusing, so that a flood does not fill the log as well. */
  #tellRefusing(address: string): void {
    if (this.#refusing) return;
    this.#refusing = true;
    this.#node.logger.warn('links-refused', { address, reason: 'too many connections' });
  }
}

/** The destination id of a datagram, if it is as long as ours are; an id that nobody has, if not. */
function idIn(datagram: Buffer): string {
  const first = datagram[0] ?? 0;
  if ((first & LONG_HEADER) === 0) return keyOf(datagram.subarray(1, 1 + ID_BYTES));
  if (datagram[ID_LENGTH_AT] !== ID_BYTES) return '';
  return keyOf(datagram.subarray(ID_LENGTH_AT + 1, ID_LENGTH_AT + 1 + ID_BYTES));
}

function keyOf(id: Buffer): string {
  return id.toString('latin1');
}

function addressOf(from: RemoteInfo): string {
  return formatQuicAddress({ host: from.address, port: from.port });
}

function headerOf(node: QuicNode, datagram: Uint8Array): QuicheHeader | null {
  try {
    return node.quiche.Header.fromSlice(datagram, ID_BYTES);
  } catch {
    return null;
  }
}
