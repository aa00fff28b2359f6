// Listening: each connection passes the gate step by step, its first bytes are looked at before anything is set up for
// it, its handshake has a deadline, and there is a link only for a proved identity.

import { createServer as createTcpServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { ErrorCode } from '../../core/errors.ts';
import type { Failing, RefusalReason, Visit } from '../../env/admission.ts';
import type { Timer } from '../../env/clock.ts';
import type { Link, Listener } from '../../env/link.ts';
import { decodeKnock, isKnock, KNOCK_BYTES } from '../../wire/knock.ts';
import { formatAddress, parseAddress } from './address.ts';
import { bindTcp } from './tcp-bind.ts';
import { TLS_PROTOCOL, TLS_SETTINGS, type TlsNode } from './tls-node.ts';

/**
 * What a dialer hears who must knock first: the fatal alert insufficient_security (RFC 8446, section 6) in a record of
 * its own, which every TLS stack reads in answer to its ClientHello, and which is far shorter than one.
 */
const KNOCK_FIRST: Uint8Array = Uint8Array.of(0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x47);

type HandshakeFailing = Extract<Failing, 'handshake-late' | 'handshake-failed' | 'certificate'>;

const CODE: Readonly<Record<HandshakeFailing, ErrorCode>> = {
  'handshake-late': 'LINK_HANDSHAKE_TIMEOUT',
  'handshake-failed': 'LINK_HANDSHAKE_FAILED',
  certificate: 'LINK_PEER_CERTIFICATE',
};

/** Between the beginnings of two handshakes under load. */
const PACE_MS = 5;

interface HalfOpen {
  readonly visit: Visit;
  readonly raw: Socket;
  readonly deadline: Timer;
  /** It got its answer, and has only to go. */
  answered: boolean;
}

/** Listens on `address`. Besides the codes of `Listen`: `LINK_ADDRESS_REFUSED`. */
export async function listenTls(
  node: TlsNode,
  address: string,
  accept: (link: Link) => void,
): Promise<Listener> {
  const parsed = parseAddress(address);
  if (!parsed.ok) throw parsed.error;
  const acceptor = new Acceptor(node, accept);
  const tcp = createTcpServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, (raw) =>
    acceptor.connection(raw),
  );
  const bound = await bindTcp(tcp, parsed.value, address);
  const close = (): void => {
    node.closers.delete(close);
    tcp.close();
    acceptor.close();
  };
  node.closers.add(close);
  return { address: formatAddress(bound), close: async () => close() };
}

class Acceptor {
  readonly #node: TlsNode;
  readonly #accept: (link: Link) => void;
  readonly #tls;
  /** By remote address and port, which are unique among the live connections of a listener. */
  readonly #halfOpen = new Map<string, HalfOpen>();
  /** Those that passed the gate under load; all of them are half-open, which bounds them. */
  readonly #waiting: Socket[] = [];
  #pacing: Timer | null = null;
  #closed = false;
  #refusing: RefusalReason | null = null;

  constructor(node: TlsNode, accept: (link: Link) => void) {
    this.#node = node;
    this.#accept = accept;
    this.#tls = createTlsServer({
      ...TLS_SETTINGS,
      cert: node.certificate,
      key: node.privateKey,
      allowHalfOpen: true,
      requestCert: true,
      // No authority signs our certificates: the key itself is checked, before a link exists.
      rejectUnauthorized: false,
      ALPNProtocols: [TLS_PROTOCOL],
      // The deadline is ours: Node's starts anew with each byte.
      handshakeTimeout: 2 * node.bounds.handshakeTimeoutMs,
    });
    this.#tls.on('secureConnection', (secure) => this.#secured(secure));
    this.#tls.on('tlsClientError', (error, secure) => {
      this.#refuse(idOf(secure), 'handshake-failed', error.message, secure);
    });
  }

  connection(raw: Socket): void {
    raw.on('error', () => undefined);
    const { remoteAddress: host } = raw;
    const { handshakeTimeoutMs } = this.#node.bounds;
    if (host === undefined || this.#closed) {
      raw.destroy();
      return;
    }
    const id = idOf(raw);
    const visit = this.#node.gate.arrive({
      address: host,
      transport: 'tls',
      receivedBytes: () => raw.bytesRead,
      end: (reason) => this.#expelled(id, raw, reason),
    });
    if (typeof visit === 'string') {
      raw.resetAndDestroy();
      this.#tellRefusing(host, visit);
      return;
    }
    this.#refusing = null;
    const deadline = this.#node.clock.after(handshakeTimeoutMs, () =>
      this.#refuse(id, 'handshake-late', `${handshakeTimeoutMs} ms`),
    );
    this.#halfOpen.set(id, { visit, raw, deadline, answered: false });
    raw.once('close', () => {
      if (this.#halfOpen.get(id)?.raw === raw) this.#refuse(id, 'handshake-failed', 'closed');
    });
    const early = visit.looks ? null : visit.begin(null);
    if (early?.kind === 'admitted') this.#secure(raw);
    else if (early?.kind === 'refused') this.#turnAway(id, raw, host, early.reason);
    else this.#awaitFirstBytes(id, raw, host, visit);
  }

  close(): void {
    this.#closed = true;
    this.#pacing?.cancel();
    for (const [id, { raw }] of this.#halfOpen) {
      this.#leave(id)?.visit.leave();
      raw.destroy();
    }
  }

  /**
   * Nothing is set up for a connection that says nothing, or has to knock first. Only where the gate wants it: OpenSSL
   * then reads 16 KiB at once instead of 64, which costs a busy link some percent.
   */
  #awaitFirstBytes(id: string, raw: Socket, host: string, visit: Visit): void {
    let first: Uint8Array = new Uint8Array(0);
    const silent = (): void => this.#refuse(id, 'handshake-failed', 'it ended before it began');
    const look = (): void => {
      const chunk = raw.read() as Buffer | null;
      if (chunk === null) return;
      first = first.length === 0 ? chunk : Buffer.concat([first, chunk]);
      if (isKnock(first) && first.length < KNOCK_BYTES) return;
      raw.off('readable', look);
      raw.off('end', silent);
      this.#knocked(id, raw, host, visit, first);
    };
    raw.on('readable', look);
    raw.on('end', silent);
  }

  #knocked(id: string, raw: Socket, host: string, visit: Visit, first: Uint8Array): void {
    if (this.#halfOpen.get(id)?.raw !== raw) return;
    const knock = isKnock(first) ? first.subarray(0, KNOCK_BYTES) : null;
    if (knock !== null && decodeKnock(knock)?.kind === 'ask') {
      this.#answerAndEnd(id, raw, this.#node.gate.challengeFor(host, knock));
      return;
    }
    const verdict = visit.begin(knock);
    switch (verdict.kind) {
      case 'admitted':
        raw.unshift(first.subarray(knock?.length ?? 0));
        this.#waiting.push(raw);
        this.#secureNext();
        return;
      case 'challenged':
        this.#answerAndEnd(id, raw, KNOCK_FIRST);
        return;
      case 'refused':
        this.#turnAway(id, raw, host, verdict.reason);
    }
  }

  /** One handshake after the other, with room between them for everything else: each holds the node up for a millisecond. */
  #secureNext(): void {
    if (this.#pacing !== null) return;
    const raw = this.#waiting.shift();
    if (raw === undefined) return;
    this.#pacing = this.#node.clock.after(PACE_MS, () => {
      this.#pacing = null;
      this.#secureNext();
    });
    if (!raw.destroyed) this.#secure(raw);
  }

  /** As Node documents it: a TLS server takes connections that somebody else accepted. */
  #secure(raw: Socket): void {
    this.#tls.emit('connection', raw);
  }

  #turnAway(id: string, raw: Socket, host: string, reason: RefusalReason): void {
    this.#leave(id)?.visit.leave();
    raw.resetAndDestroy();
    this.#tellRefusing(host, reason);
  }

  /**
   * The last that it gets from here. What it still sends is read until it goes, or the deadline comes: to close before
   * would reset the connection, and the answer might be lost with it.
   */
  #answerAndEnd(id: string, raw: Socket, reply: Uint8Array | null): void {
    const halfOpen = this.#halfOpen.get(id);
    if (halfOpen === undefined || reply === null) {
      this.#leave(id)?.visit.leave();
      raw.resetAndDestroy();
      return;
    }
    halfOpen.answered = true;
    raw.on('end', () => raw.destroy());
    raw.resume().end(reply);
  }

  #secured(secure: TLSSocket): void {
    const id = idOf(secure);
    const remote = this.#node.remoteKeyOf(secure);
    if ('refusal' in remote) {
      secure.on('error', () => undefined);
      this.#refuse(id, 'certificate', remote.refusal, secure);
      return;
    }
    const halfOpen = this.#leave(id);
    const reason = halfOpen?.visit.prove(remote.key) ?? null;
    if (halfOpen === undefined || reason !== null) {
      halfOpen?.visit.leave();
      secure.on('error', () => undefined);
      secure.destroy();
      if (reason !== null) this.#tellRefusing(id, reason);
      return;
    }
    const { visit } = halfOpen;
    const ends = { secure, role: 'listener', remoteKey: remote.key } as const;
    const link = this.#node.linkOf({ ...ends, remoteAddress: id }, ({ code }) => {
      if (code === 'LINK_FRAME_TOO_LONG') visit.fail('frame-oversized');
      else visit.leave();
    });
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

  /** The handshake of `id` is over, whichever way. */
  #leave(id: string): HalfOpen | undefined {
    const halfOpen = this.#halfOpen.get(id);
    if (halfOpen === undefined) return undefined;
    this.#halfOpen.delete(id);
    halfOpen.deadline.cancel();
    return halfOpen;
  }

  /** The gate ended it. */
  #expelled(id: string, raw: Socket, reason: RefusalReason): void {
    this.#leave(id);
    raw.destroy();
    this.#node.logger.debug('link-refused', { address: id, code: reason, detail: 'by the gate' });
  }

  /**
   * Anybody can make a handshake fail, so that is told to developers only. Within an event of the TLS socket it must
   * be given: to destroy the one beneath would free it under OpenSSL's feet.
   */
  #refuse(id: string, reason: HandshakeFailing, detail: string, secure?: TLSSocket): void {
    const halfOpen = this.#leave(id);
    if (secure !== undefined) secure.destroy();
    else halfOpen?.raw.destroy();
    if (halfOpen === undefined) return;
    if (halfOpen.answered) {
      halfOpen.visit.leave();
      return;
    }
    halfOpen.visit.fail(reason);
    this.#node.logger.debug('link-refused', { address: id, code: CODE[reason], detail });
  }

  /** Once for each spell of refusing and reason, so that a flood does not fill the log as well. */
  #tellRefusing(address: string, reason: RefusalReason): void {
    if (this.#refusing === reason) return;
    this.#refusing = reason;
    this.#node.logger.warn('links-refused', { address, reason });
  }
}

function idOf(socket: Socket): string {
  const host = socket.remoteAddress ?? '';
  // An IPv4 peer of a listener on `::` shows as `::ffff:192.0.2.7`.
  return formatAddress({
    host: host.startsWith('::ffff:') && host.includes('.') ? host.slice('::ffff:'.length) : host,
    port: socket.remotePort ?? 0,
  });
}
