// Listening on a host and port: a cookie to anybody who asks, a bounded number of handshakes at once for who came back
// with one, each with a deadline, and a link only for a proved identity.

import { toHex } from '../../../core/bytes.ts';
import { BitcrapsError } from '../../../core/errors.ts';
import type { RefusalReason, Visit } from '../../../env/admission.ts';
import type { Timer } from '../../../env/clock.ts';
import type { Link, Listener } from '../../../env/link.ts';
import { writeU32 } from '../../../wire/big-endian.ts';
import type { UdxAddress, UdxStream } from '../../dht/hyperdht-api.ts';
import { formatAddress } from '../address.ts';
import { createAddressCookies, type AddressCookies } from './address-cookie.ts';
import { introduce, type Introduced } from './introduction.ts';
import { NONCE_BYTES } from './opening-message.ts';
import { linkOfVisit } from './link-of-visit.ts';
import { resolveHost } from './resolve-host.ts';
import { formatUdpAddress, type LinkMode, type UdpAddress } from './udp-address.ts';
import type { UdpNode } from './udp-node.ts';
import type { OpeningReply, OpeningRequest, OpeningResponder, UdpPort } from './udp-port.ts';

type Accept = (link: Link) => void;

export async function listenDirect(
  node: UdpNode,
  wanted: Extract<UdpAddress, { readonly kind: 'direct' }>,
  accept: Accept,
): Promise<Listener> {
  const { mode } = wanted;
  const host = await resolveHost(wanted.host);
  if (host === null) {
    throw new BitcrapsError('LINK_ADDRESS_INVALID', { address: formatUdpAddress(wanted) });
  }
  const port = node.portFor({ host, port: wanted.port });
  const acceptor = port.responder instanceof Acceptor ? port.responder : new Acceptor(node, port);
  const address = formatUdpAddress({ kind: 'direct', mode, ...port.address });
  if (acceptor.accepts.has(mode)) throw new BitcrapsError('LINK_ADDRESS_IN_USE', { address });
  const release = port.retain();
  port.responder = acceptor;
  acceptor.accepts.set(mode, accept);
  const close = async (): Promise<void> => {
    node.closers.delete(close);
    acceptor.accepts.delete(mode);
    if (acceptor.accepts.size === 0) {
      port.responder = null;
      acceptor.close();
    }
    await release();
  };
  node.closers.add(close);
  return { address, close };
}

/** A dialer with a proved address, until its link ends. */
interface Opening {
  readonly from: UdxAddress;
  readonly stream: UdxStream;
  readonly visit: Visit;
  /** `null`: there is a link. */
  deadline: Timer | null;
}

class Acceptor implements OpeningResponder {
  readonly accepts = new Map<LinkMode, Accept>();
  readonly #node: UdpNode;
  readonly #port: UdpPort;
  readonly #cookies: AddressCookies;
  /** By nonce and address: a request that comes twice opens one stream. */
  readonly #openings = new Map<string, Opening>();
  #refusing: RefusalReason | null = null;

  constructor(node: UdpNode, port: UdpPort) {
    this.#node = node;
    this.#port = port;
    this.#cookies = createAddressCookies(node.primitives, node.rng, node.clock);
  }

  request(message: OpeningRequest, from: UdxAddress): OpeningReply | null {
    const { nonce } = message;
    const address = formatAddress(from);
    const request = requestBytes(message);
    if (message.kind === 'probe') {
      return { kind: 'cookie', nonce, cookie: this.#cookies.cookieOf(address, request) };
    }
    if (!this.#cookies.isValid(address, request, message.cookie)) return null;
    const key = `${toHex(nonce)} ${address}`;
    const known = this.#openings.get(key);
    if (known !== undefined) return { kind: 'accept', nonce, stream: known.stream.id };
    return this.#admit(key, message, from);
  }

  /** Ends the handshakes under way; links stay. */
  close(): void {
    for (const { deadline, stream } of this.#openings.values()) {
      if (deadline !== null) stream.destroy();
    }
  }

  #admit(
    key: string,
    { nonce, stream: remoteStream, answer }: Extract<OpeningRequest, { readonly kind: 'open' }>,
    from: UdxAddress,
  ): OpeningReply {
    let stream: UdxStream | null = null;
    const visit = this.#node.gate.arrive({
      address: from.host,
      transport: 'udp',
      receivedBytes: () => stream?.bytesReceived ?? 0,
      end: (reason) => {
        this.#tellRefusing(formatAddress(from), reason);
        stream?.destroy();
      },
    });
    const refuse = (reason: RefusalReason): OpeningReply => {
      this.#tellRefusing(formatAddress(from), reason);
      return { kind: 'refuse', nonce, reason: 'busy' };
    };
    if (typeof visit === 'string') return refuse(visit);
    const verdict = visit.begin(answer);
    if (verdict.kind !== 'admitted') {
      visit.leave();
      if (verdict.kind === 'refused') return refuse(verdict.reason);
      return { kind: 'demand', nonce, challenge: verdict.challenge };
    }
    this.#refusing = null;
    stream = this.#node.newStream();
    this.#open(key, { from, stream, visit, deadline: null }, remoteStream);
    return { kind: 'accept', nonce, stream: stream.id };
  }

  #open(key: string, opening: Opening, remoteStream: number): void {
    const node = this.#node;
    const { from, stream, visit } = opening;
    const { handshakeTimeoutMs, keepAliveMs } = node.bounds;
    const release = this.#port.retain();
    stream.on('error', () => undefined);
    const close = (): void => stream.destroy();
    node.closers.add(close);
    opening.deadline = node.clock.after(handshakeTimeoutMs, () => {
      visit.fail('handshake-late');
      close();
    });
    this.#openings.set(key, opening);
    stream.on('close', () => {
      this.#opened(opening);
      this.#openings.delete(key);
      visit.leave();
      node.closers.delete(close);
      void release();
    });
    stream.connect(this.#port.socket, remoteStream, from.port, from.host);
    const { keyPair } = node;
    const secret = node.createSecretStream(false, stream, {
      keyPair,
      pattern: 'XX',
      keepAlive: keepAliveMs,
    });
    const agrees = (mode: LinkMode): boolean => this.accepts.has(mode);
    introduce({ ...node, stream: secret, offer: null, agrees }, (introduced) => {
      this.#opened(opening);
      node.closers.delete(close);
      this.#accept(introduced, opening);
    }).catch((error: unknown) => {
      // Anybody can make a handshake fail, so that is told to developers only.
      visit.fail('handshake-failed');
      const detail = error instanceof Error ? error.message : String(error);
      const address = formatAddress(from);
      node.logger.debug('link-refused', { address, code: 'LINK_HANDSHAKE_FAILED', detail });
    });
  }

  /** The handshake is over, whichever way. */
  #opened(opening: Opening): void {
    opening.deadline?.cancel();
    opening.deadline = null;
  }

  #accept(introduced: Introduced, { from, visit }: Opening): void {
    const { mode } = introduced;
    const remoteAddress = formatUdpAddress({ kind: 'direct', mode, ...from });
    const ends = { role: 'listener', remoteAddress } as const;
    const link = linkOfVisit(this.#node, introduced, ends, visit);
    this.accepts.get(mode)?.(link);
  }

  /** Once for each spell of refusing and reason, so that a flood does not fill the log as well. */
  #tellRefusing(address: string, reason: RefusalReason): void {
    if (this.#refusing === reason) return;
    this.#refusing = reason;
    this.#node.logger.warn('links-refused', { address, reason });
  }
}

/** What the cookie covers besides the address. */
function requestBytes(message: OpeningRequest): Uint8Array {
  const out = new Uint8Array(NONCE_BYTES + 4);
  out.set(message.nonce);
  writeU32(out, NONCE_BYTES, message.stream);
  return out;
}
