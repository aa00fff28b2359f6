// Listening: a bounded number of handshakes at once, each with a deadline, and a link only for a proved identity.

import { createServer as createTcpServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Timer } from '../../env/clock.ts';
import type { Link, Listener } from '../../env/link.ts';
import { formatAddress, parseAddress } from './address.ts';
import { createHandshakeGate } from './handshake-gate.ts';
import { bindTcp } from './tcp-bind.ts';
import { TLS_PROTOCOL, TLS_SETTINGS, type TlsNode } from './tls-node.ts';

interface HalfOpen {
  /** For the gate; the socket forgets its own once it is closed. */
  readonly host: string;
  readonly raw: Socket;
  readonly deadline: Timer;
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
  readonly #gate;
  /** By remote address and port, which are unique among the live connections of a listener. */
  readonly #halfOpen = new Map<string, HalfOpen>();
  #links = 0;
  #closed = false;
  #refusing = false;

  constructor(node: TlsNode, accept: (link: Link) => void) {
    this.#node = node;
    this.#accept = accept;
    this.#gate = createHandshakeGate(node.bounds.halfOpenMax, node.bounds.halfOpenPerAddressMax);
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
      this.#refuse(idOf(secure), 'LINK_HANDSHAKE_FAILED', error.message, secure);
    });
  }

  connection(raw: Socket): void {
    raw.on('error', () => undefined);
    const { remoteAddress: host } = raw;
    const { acceptedLinksMax, handshakeTimeoutMs } = this.#node.bounds;
    if (host === undefined || this.#closed) {
      raw.destroy();
      return;
    }
    if (this.#links + this.#halfOpen.size >= acceptedLinksMax || !this.#gate.enter(host)) {
      raw.resetAndDestroy();
      this.#tellRefusing(host);
      return;
    }
    this.#refusing = false;
    const id = idOf(raw);
    const deadline = this.#node.clock.after(handshakeTimeoutMs, () =>
      this.#refuse(id, 'LINK_HANDSHAKE_TIMEOUT', `${handshakeTimeoutMs} ms`),
    );
    this.#halfOpen.set(id, { host, raw, deadline });
    raw.once('close', () => {
      if (this.#halfOpen.get(id)?.raw === raw) this.#refuse(id, 'LINK_HANDSHAKE_FAILED', 'closed');
    });
    // As Node documents it: a TLS server takes connections that somebody else accepted.
    this.#tls.emit('connection', raw);
  }

  close(): void {
    this.#closed = true;
    for (const id of this.#halfOpen.keys()) {
      this.#refuse(id, 'LINK_HANDSHAKE_FAILED', 'the listener closes');
    }
  }

  #secured(secure: TLSSocket): void {
    const id = idOf(secure);
    const remote = this.#node.remoteKeyOf(secure);
    if ('refusal' in remote) {
      secure.on('error', () => undefined);
      this.#refuse(id, 'LINK_PEER_CERTIFICATE', remote.refusal, secure);
      return;
    }
    if (this.#leave(id) === undefined) {
      secure.destroy();
      return;
    }
    this.#links += 1;
    const ends = { secure, role: 'listener', remoteKey: remote.key } as const;
    const link = this.#node.linkOf({ ...ends, remoteAddress: id }, () => {
      this.#links -= 1;
    });
    this.#accept(link);
  }

  /** The handshake of `id` is over, whichever way. */
  #leave(id: string): HalfOpen | undefined {
    const halfOpen = this.#halfOpen.get(id);
    if (halfOpen === undefined) return undefined;
    this.#halfOpen.delete(id);
    this.#gate.leave(halfOpen.host);
    halfOpen.deadline.cancel();
    return halfOpen;
  }

  /**
   * Anybody can make a handshake fail, so that is told to developers only. Within an event of the TLS socket it must
   * be given: to destroy the one beneath would free it under OpenSSL's feet.
   */
  #refuse(id: string, code: string, detail: string, secure?: TLSSocket): void {
    const halfOpen = this.#leave(id);
    if (secure !== undefined) secure.destroy();
    else halfOpen?.raw.destroy();
    if (halfOpen === undefined) return;
    this.#node.logger.debug('link-refused', { address: id, code, detail });
  }

  /** Once for each spell of refusing, so that a flood does not fill the log as well. */
  #tellRefusing(address: string): void {
    if (this.#refusing) return;
    this.#refusing = true;
    this.#node.logger.warn('links-refused', { address, reason: 'too many connections' });
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
