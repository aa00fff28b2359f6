// Listening: TCP, HTTP's upgrade to a WebSocket at one path, then the handshake. A bounded number of connections at once
// may be on the way to a proved identity, each with one deadline for all of it.

import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { BitcrapsError } from '../../../core/errors.ts';
import type { IdentityHandshake, IdentityStep } from '../../../crypto/noise-identity.ts';
import type { Failing, RefusalReason, Visit } from '../../../env/admission.ts';
import type { Timer } from '../../../env/clock.ts';
import type { Link, Listener } from '../../../env/link.ts';
import { isKnock } from '../../../wire/knock.ts';
import { bindTcp } from '../tcp-bind.ts';
import type { MessagePipe } from './message-pipe.ts';
import {
  formatWebSocketAddress,
  parseWebSocketAddress,
  WEBSOCKET_PATH,
} from './websocket-address.ts';
import { WEBSOCKET_PROTOCOL, type WebSocketEnds, type WebSocketNode } from './websocket-node.ts';
import { PIPE_SETTINGS, pipeOf } from './ws-pipe.ts';

/** Of a request's head: browsers send cookies along. */
const REQUEST_BYTES_MAX = 8192;
/** On one connection: work may become dearer while a dialer is at it. */
const CHALLENGES_MAX = 4;

/** Listens on `address`. Besides the codes of `Listen`: `LINK_ADDRESS_REFUSED`. */
export async function listenWebSocket(
  node: WebSocketNode,
  origins: readonly string[] | null,
  address: string,
  accept: (link: Link) => void,
): Promise<Listener> {
  const parsed = parseWebSocketAddress(address);
  if (!parsed.ok || parsed.value.scheme !== 'ws') {
    throw new BitcrapsError('LINK_ADDRESS_INVALID', { address });
  }
  const acceptor = new Acceptor(node, origins, accept);
  const tcp = createTcpServer({ noDelay: true, keepAlive: true }, (raw) =>
    acceptor.connection(raw),
  );
  const { host, port } = parsed.value;
  const bound = await bindTcp(tcp, { host, port }, address);
  const close = (): void => {
    node.closers.delete(close);
    tcp.close();
    acceptor.close();
  };
  node.closers.add(close);
  return {
    address: formatWebSocketAddress({ scheme: 'ws', ...bound }),
    close: async () => close(),
  };
}

/** A connection that has proved nothing yet. */
interface HalfOpen {
  readonly visit: Visit;
  readonly address: string;
  readonly deadline: Timer;
}

class Acceptor {
  readonly #node: WebSocketNode;
  readonly #origins: readonly string[] | null;
  readonly #accept: (link: Link) => void;
  readonly #http: Server;
  readonly #upgrades: WebSocketServer;
  readonly #halfOpen = new Map<Duplex, HalfOpen>();
  #closed = false;
  #refusing: RefusalReason | null = null;

  constructor(
    node: WebSocketNode,
    origins: readonly string[] | null,
    accept: (link: Link) => void,
  ) {
    this.#node = node;
    this.#origins = origins;
    this.#accept = accept;
    // The deadline is ours, and one for everything: those of Node's HTTP server start anew with each part.
    this.#http = createHttpServer({ maxHeaderSize: REQUEST_BYTES_MAX });
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#http.on('request', (request, response) => {
      response.writeHead(426, { Upgrade: 'websocket', Connection: 'close' }).end();
      this.#refuse(request.socket, 'a request for something else', false);
    });
    this.#http.on('clientError', (error, socket) => this.#refuse(socket, error.message));
    this.#upgrades = new WebSocketServer({
      ...PIPE_SETTINGS,
      noServer: true,
      clientTracking: false,
      handleProtocols: () => WEBSOCKET_PROTOCOL,
    });
    this.#upgrades.on('wsClientError', (error, socket) => this.#refuse(socket, error.message));
  }

  connection(raw: Socket): void {
    raw.on('error', () => undefined);
    const { remoteAddress: host } = raw;
    const { handshakeTimeoutMs } = this.#node.bounds;
    if (host === undefined || this.#closed) {
      raw.destroy();
      return;
    }
    const visit = this.#node.gate.arrive({
      address: host,
      transport: 'websocket',
      receivedBytes: () => raw.bytesRead,
      end: (reason) => this.#expelled(raw, reason),
    });
    if (typeof visit === 'string') {
      raw.resetAndDestroy();
      this.#tellRefusing(host, visit);
      return;
    }
    this.#refusing = null;
    const deadline = this.#node.clock.after(handshakeTimeoutMs, () =>
      this.#refuse(raw, `no handshake within ${handshakeTimeoutMs} ms`, true, 'handshake-late'),
    );
    this.#halfOpen.set(raw, { visit, address: addressOf(raw, host), deadline });
    raw.once('close', () => this.#refuse(raw, 'closed'));
    // As Node documents it: an HTTP server takes connections that somebody else accepted.
    this.#http.emit('connection', raw);
  }

  close(): void {
    this.#closed = true;
    for (const raw of this.#halfOpen.keys()) {
      this.#leave(raw)?.visit.leave();
      raw.destroy();
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#refusalOf(request);
    if (refusal !== null) {
      socket.write(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      this.#refuse(socket, refusal, false);
      return;
    }
    this.#upgrades.handleUpgrade(request, socket, head, (webSocket) =>
      this.#handshake(webSocket, socket),
    );
  }

  #refusalOf(request: IncomingMessage): string | null {
    if (request.url !== WEBSOCKET_PATH) return '404 Not Found';
    const { origin, 'sec-websocket-protocol': protocols = '' } = request.headers;
    // Only pages send an origin, and no script can change it.
    if (origin !== undefined && this.#origins?.includes(origin) === false) return '403 Forbidden';
    const named = protocols.split(',').map((protocol) => protocol.trim());
    return named.includes(WEBSOCKET_PROTOCOL) ? null : '400 Bad Request';
  }

  #handshake(webSocket: WebSocket, raw: Duplex): void {
    const halfOpen = this.#halfOpen.get(raw);
    if (halfOpen === undefined) {
      webSocket.terminate();
      return;
    }
    const { visit, address: remoteAddress } = halfOpen;
    const pipe = pipeOf(webSocket, remoteAddress);
    let handshake: IdentityHandshake | null = null;
    let challenges = 0;
    const received = (bytes: Uint8Array): void => {
      if (handshake !== null) {
        this.#step(raw, pipe, handshake.receive(bytes), remoteAddress);
        return;
      }
      const knock = isKnock(bytes) ? bytes : null;
      const verdict = visit.begin(knock);
      if (verdict.kind === 'refused') this.#turnAway(raw, remoteAddress, verdict.reason);
      else if (verdict.kind === 'challenged') {
        challenges += 1;
        if (challenges > CHALLENGES_MAX) this.#refuse(raw, 'it does not answer challenges');
        else pipe.send(verdict.challenge);
      } else {
        handshake = this.#node.handshake('responder', null);
        // Behind an answer comes what was there before the challenge.
        if (knock === null) received(bytes);
      }
    };
    pipe.attach({
      message: received,
      written: () => undefined,
      closed: (detail) => this.#refuse(raw, detail),
    });
  }

  #step(raw: Duplex, pipe: MessagePipe, step: IdentityStep, remoteAddress: string): void {
    if (step.kind === 'reply') pipe.send(step.message);
    else if (step.kind !== 'proved') {
      this.#refuse(raw, step.kind === 'refused' ? step.detail : 'another peer');
    } else this.#proved(raw, { pipe, role: 'listener', peer: step.peer, remoteAddress });
  }

  #proved(raw: Duplex, ends: WebSocketEnds): void {
    const visit = this.#leave(raw)?.visit;
    if (visit === undefined) return;
    const reason = visit.prove(ends.peer.publicKey);
    if (reason !== null) {
      visit.leave();
      raw.destroy();
      this.#tellRefusing(ends.remoteAddress, reason);
      return;
    }
    const link = this.#node.linkOf(ends, ({ code }) => {
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

  /** The gate lets it no further. */
  #turnAway(raw: Duplex, address: string, reason: RefusalReason): void {
    this.#leave(raw)?.visit.leave();
    raw.destroy();
    this.#tellRefusing(address, reason);
  }

  /** The handshake on `raw` is over, whichever way. */
  #leave(raw: Duplex): HalfOpen | undefined {
    const halfOpen = this.#halfOpen.get(raw);
    if (halfOpen === undefined) return undefined;
    this.#halfOpen.delete(raw);
    halfOpen.deadline.cancel();
    return halfOpen;
  }

  /** The gate ended it. */
  #expelled(raw: Duplex, reason: RefusalReason): void {
    const halfOpen = this.#leave(raw);
    raw.destroy();
    if (halfOpen === undefined) return;
    const { address } = halfOpen;
    this.#node.logger.debug('link-refused', { address, code: reason, detail: 'by the gate' });
  }

  /** Anybody can make a handshake fail, so that is told to developers only. */
  #refuse(raw: Duplex, detail: string, atOnce = true, reason: Failing = 'handshake-failed'): void {
    const halfOpen = this.#leave(raw);
    if (atOnce) raw.destroy();
    else raw.end(() => raw.destroy());
    if (halfOpen === undefined) return;
    halfOpen.visit.fail(reason);
    this.#node.logger.debug('link-refused', {
      address: halfOpen.address,
      code: 'LINK_HANDSHAKE_FAILED',
      detail,
    });
  }

  /** Once for each spell of refusing, so that a flood does not fill the log as well. */
  #tellRefusing(address: string, reason: RefusalReason): void {
    if (this.#refusing === reason) return;
    this.#refusing = reason;
    this.#node.logger.warn('links-refused', { address, reason });
  }
}

function addressOf(raw: Socket, host: string): string {
  // An IPv4 peer of a listener on `::` shows as `::ffff:192.0.2.7`.
  const plain = host.startsWith('::ffff:') && host.includes('.') ? host.slice(7) : host;
  return formatWebSocketAddress({ scheme: 'ws', host: plain, port: raw.remotePort ?? 0 });
}
