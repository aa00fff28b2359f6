// Links by key: the DHT finds the peer, makes holes in the address translators between, and carries the handshake
// (Noise IK under the peer's key). What the engine keeps for each handshake has no bound of its own, so it gets one.

import { bytesEqual } from '../../../core/bytes.ts';
import { BitcrapsError } from '../../../core/errors.ts';
import type { Link, Listener } from '../../../env/link.ts';
import type {
  HyperDhtServer,
  PeerHandshake,
  SecretStream,
  UdxAddress,
} from '../../dht/hyperdht-api.ts';
import { formatAddress } from '../address.ts';
import { checkIdentity } from './direct-dialer.ts';
import { introduce } from './introduction.ts';
import { linkOfVisit } from './link-of-visit.ts';
import { formatUdpAddress, type LinkMode, type UdpAddress } from './udp-address.ts';
import type { UdpNode } from './udp-node.ts';

type Accept = (link: Link) => void;
type ByKey = Extract<UdpAddress, { readonly kind: 'dht' }>;

export async function dialByKey(
  node: UdpNode,
  wanted: ByKey,
  remoteKey: Uint8Array | null,
): Promise<Link> {
  const address = formatUdpAddress(wanted);
  const { dht, bounds, keyPair, createSecretStream } = node;
  const { peer, mode } = wanted;
  if (peer === null) throw new BitcrapsError('LINK_ADDRESS_INVALID', { address });
  const failed = (detail: string): BitcrapsError =>
    new BitcrapsError('LINK_DIAL_FAILED', { address, detail });
  if (dht === null) throw failed('this node takes no part in the DHT');
  const stream = dht.engine.connect(Buffer.from(peer), { keyPair, createSecretStream });
  let failure: BitcrapsError | null = null;
  const giveUp = (error: BitcrapsError): void => {
    failure ??= error;
    stream.destroy();
  };
  const { dialTimeoutMs: timeoutMs } = bounds;
  const deadline = node.clock.after(timeoutMs, () =>
    giveUp(
      stream.rawStream === null
        ? new BitcrapsError('LINK_DIAL_TIMEOUT', { address, timeoutMs })
        : new BitcrapsError('LINK_HANDSHAKE_TIMEOUT', { timeoutMs }),
    ),
  );
  const stop = (): void => giveUp(failed('this node stops'));
  node.closers.add(stop);
  stream.on('error', ({ code, message }) => {
    if (stream.rawStream === null) failure ??= failed(code ?? message);
  });
  try {
    return await introduce({ ...node, stream, offer: mode, agrees: () => true }, (introduced) => {
      checkIdentity(address, introduced.remoteKey, remoteKey);
      return node.linkOf(introduced, { role: 'dialer', remoteAddress: address }, () => undefined);
    });
  } catch (error) {
    throw failure ?? error;
  } finally {
    deadline.cancel();
    node.closers.delete(stop);
  }
}

/** The node's place in the DHT, from its first listener to the close of its last. */
export class DhtAcceptor {
  readonly #node: UdpNode;
  readonly #accepts = new Map<LinkMode, Accept>();
  #serving: Promise<HyperDhtServer> | null = null;
  /** Encrypted streams without a proved identity. */
  readonly #halfOpen = new Set<SecretStream>();

  constructor(node: UdpNode) {
    this.#node = node;
  }

  async listen(wanted: ByKey, accept: Accept): Promise<Listener> {
    const { publicKey, dht } = this.#node;
    const { mode, peer } = wanted;
    const address = formatUdpAddress({ kind: 'dht', mode, peer: publicKey });
    const refused = (detail: string): BitcrapsError =>
      new BitcrapsError('LINK_ADDRESS_REFUSED', { address: formatUdpAddress(wanted), detail });
    if (dht === null) throw refused('this node takes no part in the DHT');
    if (peer !== null && !bytesEqual(peer, publicKey))
      throw refused('it is the key of another peer');
    if (this.#accepts.has(mode)) throw new BitcrapsError('LINK_ADDRESS_IN_USE', { address });
    this.#accepts.set(mode, accept);
    try {
      await this.#serve();
    } catch (error) {
      this.#accepts.delete(mode);
      this.#serving = null;
      const detail = error instanceof Error ? error.message : String(error);
      throw detail.startsWith('KEYPAIR_ALREADY_USED')
        ? new BitcrapsError('LINK_ADDRESS_IN_USE', { address })
        : refused(detail);
    }
    const close = async (): Promise<void> => {
      if (!this.#node.closers.delete(close)) return;
      this.#accepts.delete(mode);
      if (this.#accepts.size > 0) return;
      const serving = this.#serving;
      this.#serving = null;
      for (const stream of this.#halfOpen) stream.destroy();
      await (await serving)?.close();
    };
    this.#node.closers.add(close);
    return { address, close };
  }

  #serve(): Promise<unknown> {
    const { dht, bounds, keyPair, createSecretStream } = this.#node;
    if (dht === null || this.#serving !== null) return this.#serving ?? Promise.resolve();
    const server = dht.engine.createServer({
      createSecretStream,
      handshakeClearWait: bounds.handshakeTimeoutMs,
    });
    server.on('connection', (stream) => this.#connected(stream));
    boundHandshakes(server, bounds.dhtHandshakesMax);
    this.#serving = server.listen(keyPair).then(() => server);
    return this.#serving;
  }

  #connected(stream: SecretStream): void {
    const node = this.#node;
    const { clock, gate, logger, closers, bounds } = node;
    const from = remoteOf(stream);
    const stop = (): void => stream.destroy();
    const visit = gate.arrive({
      address: stream.rawStream?.remoteHost ?? '',
      transport: 'udp',
      // A puzzle has no place in hyperdht's handshake, which is over by now.
      isPastPuzzles: true,
      receivedBytes: () => stream.rawStream?.bytesReceived ?? 0,
      end: stop,
    });
    const isIn = typeof visit !== 'string' && visit.begin(null).kind === 'admitted';
    if (typeof visit === 'string' || !isIn || this.#serving === null) {
      if (typeof visit !== 'string') visit.leave();
      stream.on('error', () => undefined);
      stop();
      return;
    }
    closers.add(stop);
    this.#halfOpen.add(stream);
    const deadline = clock.after(bounds.handshakeTimeoutMs, () => {
      visit.fail('handshake-late');
      stop();
    });
    const settle = (): void => {
      deadline.cancel();
      this.#halfOpen.delete(stream);
      closers.delete(stop);
    };
    const agrees = (mode: LinkMode): boolean => this.#accepts.has(mode);
    introduce({ ...node, stream, offer: null, agrees }, (introduced) => {
      settle();
      const { mode, remoteKey: peer } = introduced;
      const remoteAddress = `${formatUdpAddress({ kind: 'dht', mode, peer })}@${from}`;
      const link = linkOfVisit(node, introduced, { role: 'listener', remoteAddress }, visit);
      this.#accepts.get(mode)?.(link);
    }).catch((error: unknown) => {
      settle();
      visit.fail('handshake-failed');
      const detail = error instanceof Error ? error.message : String(error);
      logger.debug('link-refused', { address: from, code: 'LINK_HANDSHAKE_FAILED', detail });
    });
  }
}

/** Ignores dialers while the server has `handshakesMax` handshakes in its table, where each stays for some seconds. */
function boundHandshakes(server: HyperDhtServer, handshakesMax: number): void {
  const onHandshake = server._onpeerhandshake.bind(server);
  // Before `listen`, which takes the method from the object.
  server._onpeerhandshake = (message: PeerHandshake, request: { readonly from: UdxAddress }) => {
    const isKnown = server._connects.has(message.noise.toString('hex'));
    if (!isKnown && server._connects.size >= handshakesMax) return Promise.resolve(null);
    return onHandshake(message, request);
  };
}

function remoteOf(stream: SecretStream): string {
  const { remoteHost = null, remotePort = 0 } = stream.rawStream ?? {};
  return remoteHost === null ? 'unknown' : formatAddress({ host: remoteHost, port: remotePort });
}
