// A listener's UDP socket: which connection a datagram belongs to, and which strangers become connections. A stranger
// first gets a token (Retry) and nothing is kept about it; with the token it takes a place among a bounded number of
// handshakes, each with a deadline; and a link comes only of a proved identity.

import type { RemoteInfo, Socket } from 'node:dgram';
import { BitcrapsError } from '../../../core/errors.ts';
import type { RefusalReason, Visit } from '../../../env/admission.ts';
import type { Link } from '../../../env/link.ts';
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
  receivedBytes: number;
}

export class QuicEndpoint {
  /** `quic:host:port` with the real port. */
  readonly address: string;
  readonly #node: QuicNode;
  readonly #socket: Socket;
  readonly #onClosed: () => void;
  readonly #tokens: RetryTokens;
  /** By our connection id. */
  readonly #served = new Map<string, Served>();
  #accept: ((link: Link) => void) | null = null;
  #links = 0;
  #refusing: RefusalReason | null = null;

  constructor(node: QuicNode, socket: Socket, secret: Uint8Array, onClosed: () => void) {
    const { address: host, port } = socket.address();
    this.address = formatQuicAddress({ host, port });
    this.#node = node;
    this.#socket = socket;
    this.#onClosed = onClosed;
    this.#tokens = createRetryTokens(node.clock, secret);
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
    else if (served.remote === addressOf(from)) {
      served.receivedBytes += datagram.length;
      served.connection.receive(datagram);
    }
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
    let served: Served | null = null;
    let giveUp: ((error: BitcrapsError) => void) | null = null;
    const visit = this.#node.gate.arrive({
      address: from.address,
      transport: 'quic',
      receivedBytes: () => served?.receivedBytes ?? 0,
      end: (detail) => giveUp?.(new BitcrapsError('LINK_HANDSHAKE_FAILED', { detail })),
    });
    if (typeof visit === 'string') {
      this.#tellRefusing(from.address, visit);
      return;
    }
    // The token is what a cookie would be. A puzzle has no place in QUIC: who is asked for one must come another way.
    const verdict = visit.begin(null);
    if (verdict.kind !== 'admitted') {
      visit.leave();
      this.#tellRefusing(from.address, verdict.kind === 'refused' ? verdict.reason : verdict.kind);
      return;
    }
    this.#refusing = null;
    served = this.#serve(id, original, from);
    served.receivedBytes = datagram.length;
    served.connection.receive(datagram);
    giveUp = this.#open(served.connection, from, visit);
  }

  #serve(id: Uint8Array, original: Uint8Array, from: RemoteInfo): Served {
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
    const served = { connection, remote: addressOf(from), receivedBytes: 0 };
    this.#served.set(key, served);
    return served;
  }

  /** The result ends the handshake. */
  #open(
    connection: QuicConnection,
    from: RemoteInfo,
    visit: Visit,
  ): (error: BitcrapsError) => void {
    const { clock, bounds, logger, closers } = this.#node;
    const { handshakeTimeoutMs: timeoutMs } = bounds;
    const address = addressOf(from);
    const over = (): void => {
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
        over();
        this.#opened(connection, address, opened, visit);
      },
      // Anybody can make a handshake fail, so that is told to developers only.
      onRefused: ({ code, message }) => {
        over();
        visit.fail(code === 'LINK_HANDSHAKE_TIMEOUT' ? 'handshake-late' : 'handshake-failed');
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
    return giveUp;
  }

  #opened(connection: QuicConnection, remoteAddress: string, opened: Opened, visit: Visit): void {
    const { closers } = this.#node;
    const reason = this.#accept === null ? 'draining' : visit.prove(opened.remoteKey);
    if (this.#accept === null || reason !== null) {
      visit.leave();
      if (reason !== null) this.#tellRefusing(remoteAddress, reason);
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
      onOver: ({ code }) => {
        closers.delete(close);
        if (code === 'LINK_FRAME_TOO_LONG') visit.fail('frame-oversized');
        else visit.leave();
        this.#links -= 1;
        this.#closeIfUnused();
      },
    });
    const close = (): Promise<void> => link.stop();
    closers.add(close);
    visit.holds({
      get bufferedBytes() {
        return link.bufferedBytes;
      },
      get writtenBytes() {
        return link.writtenBytes;
      },
      shed: () => link.destroy({ code: 'LINK_STALLED', detail: 'it took its bytes too slowly' }),
    });
    this.#accept(link);
  }

  /** Once for each spell of refusing, so that a flood does not fill the log as well. */
  #tellRefusing(address: string, reason: RefusalReason): void {
    if (this.#refusing === reason) return;
    this.#refusing = reason;
    this.#node.logger.warn('links-refused', { address, reason });
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
