// Dialling a host and port: probe, cookie, open, then Noise over the stream that both ends know by then.

import { isIPv6 } from 'node:net';
import { bytesEqual } from '../../../core/bytes.ts';
import { BitcrapsError } from '../../../core/errors.ts';
import { peerIdShort } from '../../../core/peer-id.ts';
import type { Timer } from '../../../env/clock.ts';
import type { Link } from '../../../env/link.ts';
import type { UdxAddress, UdxStream } from '../../dht/hyperdht-api.ts';
import { answerSearch } from '../knock-answer.ts';
import { introduce } from './introduction.ts';
import { NONCE_BYTES, type OpeningMessage } from './opening-message.ts';
import { resolveHost } from './resolve-host.ts';
import { formatUdpAddress, type UdpAddress } from './udp-address.ts';
import type { UdpNode } from './udp-node.ts';
import type { OpeningReply, UdpPort } from './udp-port.ts';

/** A lost datagram is sent again after so long, then after twice as long, and so on. */
const RESEND_FIRST_MS = 200;
/** The demand may rise while a dialer works. */
const DEMANDS_MAX = 3;

/** Throws `LINK_WRONG_IDENTITY` unless the one who answered is the one who was meant. */
export function checkIdentity(
  address: string,
  actual: Uint8Array,
  expected: Uint8Array | null,
): void {
  if (expected === null || bytesEqual(actual, expected)) return;
  throw new BitcrapsError('LINK_WRONG_IDENTITY', {
    address,
    actual: peerIdShort(actual),
    expected: peerIdShort(expected),
  });
}

export async function dialDirect(
  node: UdpNode,
  wanted: Extract<UdpAddress, { readonly kind: 'direct' }>,
  remoteKey: Uint8Array | null,
): Promise<Link> {
  const address = formatUdpAddress(wanted);
  if (wanted.port === 0) throw new BitcrapsError('LINK_ADDRESS_INVALID', { address });
  const host = await resolveHost(wanted.host);
  if (host === null) {
    throw new BitcrapsError('LINK_DIAL_FAILED', { address, detail: 'the name is not known' });
  }
  const dial = new DirectDial(node, address, { host, port: wanted.port }, remoteKey);
  try {
    const stream = await dial.open();
    const secret = node.createSecretStream(true, stream, {
      keyPair: node.keyPair,
      pattern: 'XX',
      keepAlive: node.bounds.keepAliveMs,
    });
    const introduction = { ...node, stream: secret, offer: wanted.mode, agrees: () => true };
    return await introduce(introduction, (introduced) => {
      checkIdentity(address, introduced.remoteKey, remoteKey);
      const ends = { role: 'dialer', remoteAddress: address } as const;
      return node.linkOf(introduced, ends, dial.handOver());
    });
  } catch (error) {
    throw dial.failure ?? error;
  } finally {
    dial.end();
  }
}

/** One dial until there is a link: its deadline, its socket, its stream. */
class DirectDial {
  /** Why it was given up, if it was. */
  failure: BitcrapsError | null = null;
  readonly #node: UdpNode;
  readonly #address: string;
  readonly #to: UdxAddress;
  readonly #remoteKey: Uint8Array | null;
  readonly #port: UdpPort;
  readonly #release: () => Promise<void>;
  readonly #stream: UdxStream;
  readonly #deadline: Timer;
  readonly #giveUp: () => void;
  readonly #nonce = new Uint8Array(NONCE_BYTES);
  readonly #forgetReplies: () => void;
  readonly #opened = Promise.withResolvers<UdxStream>();
  #resend: Timer | null = null;
  #cookie: Uint8Array = new Uint8Array(0);
  #demands = 0;
  #answered = false;
  #isOver = false;
  #handedOver = false;

  constructor(node: UdpNode, address: string, to: UdxAddress, remoteKey: Uint8Array | null) {
    this.#node = node;
    this.#address = address;
    this.#to = to;
    this.#remoteKey = remoteKey;
    this.#port = node.portFor({ host: isIPv6(to.host) ? '::' : '0.0.0.0', port: 0 });
    this.#release = this.#port.retain();
    this.#stream = node.newStream();
    this.#stream.on('error', () => undefined);
    node.rng.fill(this.#nonce);
    this.#forgetReplies = this.#port.awaitReplies(this.#nonce, (reply) => this.#heard(reply));
    const { dialTimeoutMs: timeoutMs } = node.bounds;
    this.#deadline = node.clock.after(timeoutMs, () =>
      this.#fail(
        this.#answered
          ? new BitcrapsError('LINK_HANDSHAKE_TIMEOUT', { timeoutMs })
          : this.#failed(`no answer within ${timeoutMs} ms`),
      ),
    );
    this.#giveUp = () => this.#fail(this.#failed('this node stops'));
    node.closers.add(this.#giveUp);
  }

  /** Resolves with the stream, connected to the listener's. */
  open(): Promise<UdxStream> {
    this.#send({ kind: 'probe', nonce: this.#nonce, stream: this.#stream.id }, RESEND_FIRST_MS);
    return this.#opened.promise;
  }

  /** The link keeps the socket now, until the returned function is called. */
  handOver(): () => void {
    this.#handedOver = true;
    return () => void this.#release();
  }

  end(): void {
    this.#isOver = true;
    this.#deadline.cancel();
    this.#resend?.cancel();
    this.#forgetReplies();
    this.#node.closers.delete(this.#giveUp);
    if (this.#handedOver) return;
    this.#stream.destroy();
    void this.#release();
  }

  #send(message: OpeningMessage, againMs: number): void {
    this.#resend?.cancel();
    this.#port.send(message, this.#to);
    this.#resend = this.#node.clock.after(againMs, () => this.#send(message, 2 * againMs));
  }

  /** Wherever it came from: nobody else knows the nonce. */
  #heard(reply: OpeningReply): void {
    this.#answered = true;
    switch (reply.kind) {
      case 'cookie':
        this.#cookie = reply.cookie;
        this.#askToOpen(null);
        break;
      case 'demand':
        void this.#work(reply.challenge);
        break;
      case 'accept':
        this.#resend?.cancel();
        this.#forgetReplies();
        this.#stream.connect(this.#port.socket, reply.stream, this.#to.port, this.#to.host);
        this.#opened.resolve(this.#stream);
        break;
      case 'refuse':
        this.#fail(
          this.#failed(reply.reason === 'busy' ? 'it takes no more links' : 'nobody listens there'),
        );
        break;
    }
  }

  #askToOpen(answer: Uint8Array | null): void {
    const [nonce, cookie] = [this.#nonce, this.#cookie];
    const { id: stream } = this.#stream;
    this.#send({ kind: 'open', nonce, stream, cookie, answer }, RESEND_FIRST_MS);
  }

  /** Solves what the listener wants before it accepts, in pieces between which others have their turn. */
  async #work(challenge: Uint8Array): Promise<void> {
    this.#resend?.cancel();
    this.#demands += 1;
    const { primitives, publicKey } = this.#node;
    const search = answerSearch(primitives, publicKey, this.#remoteKey, challenge);
    if (search === null || this.#demands > DEMANDS_MAX) {
      const detail = search === null ? 'its challenge is none' : 'it wants more and more work';
      this.#fail(new BitcrapsError('LINK_HANDSHAKE_FAILED', { detail }));
      return;
    }
    while (!this.#isOver && this.failure === null) {
      const answer = search.step();
      if (answer !== null) return this.#askToOpen(answer);
      await new Promise(setImmediate);
    }
  }

  #failed(detail: string): BitcrapsError {
    return new BitcrapsError('LINK_DIAL_FAILED', { address: this.#address, detail });
  }

  #fail(error: BitcrapsError): void {
    this.failure ??= error;
    this.#opened.reject(error);
    this.#stream.destroy();
  }
}
