// What dialling and listening over UDP share: bounds, keys, sockets, and the making of links.

import type { Identity } from '../../../crypto/signing.ts';
import type { AdmissionGate } from '../../../env/admission.ts';
import type { Clock } from '../../../env/clock.ts';
import type { LinkClose } from '../../../env/link.ts';
import type { Logger } from '../../../env/logger.ts';
import type { Primitives } from '../../../env/primitives.ts';
import type { Rng } from '../../../env/rng.ts';
import type { DhtNode } from '../../dht/dht-node.ts';
import type {
  CreateSecretStream,
  NoiseKeyPair,
  UdxAddress,
  UdxStream,
} from '../../dht/hyperdht-api.ts';
import { loadUdx } from '../../dht/load-engine.ts';
import { createHandshakeGate } from '../handshake-gate.ts';
import { overInTime } from '../stop-timeout.ts';
import { boundedSecretStreams } from './bounded-secret-stream.ts';
import { DatagramLink } from './datagram-link.ts';
import type { Introduced } from './introduction.ts';
import type { StreamEnd } from './stream-end.ts';
import { UDP_BOUNDS, type UdpBounds } from './udp-bounds.ts';
import { UdpLink } from './udp-link.ts';
import { UdpPort } from './udp-port.ts';

export interface UdpOptions {
  readonly primitives: Primitives;
  /** Its key pair is the one that Noise proves. */
  readonly identity: Identity;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  /** Who may come in; default: whoever finds a place within the bounds. */
  readonly gate?: AdmissionGate;
  /** Overrides of `UDP_BOUNDS`. */
  readonly bounds?: Partial<UdpBounds>;
  /** For addresses `dht:…`; without it they are refused. It is closed by whoever started it, after the links. */
  readonly dht?: DhtNode;
}

/** What one end of a link is told about it. */
export interface LinkEnds {
  readonly role: 'dialer' | 'listener';
  readonly remoteAddress: string;
}

export interface UdpNode {
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly gate: AdmissionGate;
  readonly bounds: UdpBounds;
  readonly publicKey: Uint8Array;
  readonly keyPair: NoiseKeyPair;
  readonly dht: DhtNode | null;
  /** Each is called by `close`, which waits for all. */
  readonly closers: Set<() => void | Promise<void>>;
  newStream(): UdxStream;
  readonly createSecretStream: CreateSecretStream;
  /** The socket bound to `wanted`, a new one unless this node has it. Throws as `UdpPort` does. */
  portFor(wanted: UdxAddress): UdpPort;
  linkOf(introduced: Introduced, ends: LinkEnds, onOver: (reason: LinkClose) => void): StreamEnd;
}

export async function createUdpNode(options: UdpOptions): Promise<UdpNode> {
  const { primitives, identity, clock, rng, logger } = options;
  const bounds = { ...UDP_BOUNDS, ...options.bounds };
  const { UdxNative, RawStreamSet, NoiseSecretStream } = await loadUdx();
  const udx = new UdxNative();
  const streams = new RawStreamSet({ udx });
  const ports = new Map<string, UdpPort>();
  const closers = new Set<() => void | Promise<void>>();
  return {
    primitives,
    clock,
    rng,
    logger,
    gate: options.gate ?? createHandshakeGate(bounds),
    bounds,
    publicKey: identity.publicKey,
    keyPair: {
      publicKey: Buffer.from(identity.publicKey),
      secretKey: Buffer.from(identity.secretKey),
    },
    dht: options.dht ?? null,
    closers,
    newStream: () => streams.add({ framed: true }),
    createSecretStream: boundedSecretStreams(NoiseSecretStream),
    portFor(wanted) {
      const known = ports.get(`${wanted.host} ${wanted.port}`);
      if (known !== undefined) return known;
      const port: UdpPort = new UdpPort(udx, wanted, () => ports.delete(keyOf(port)));
      ports.set(keyOf(port), port);
      return port;
    },
    linkOf(introduced, ends, onOver) {
      const over = Promise.withResolvers<void>();
      const close = (): Promise<void> => {
        link.stop();
        return overInTime(over.promise, clock, bounds.stopTimeoutMs);
      };
      const config = {
        ...ends,
        introduced,
        bounds,
        clock,
        logger,
        onOver: (reason: LinkClose) => {
          closers.delete(close);
          over.resolve();
          onOver(reason);
        },
      };
      const link =
        introduced.mode === 'reliable' ? new UdpLink(config) : new DatagramLink(config, primitives);
      closers.add(close);
      return link;
    },
  };
}

function keyOf(port: UdpPort): string {
  return `${port.address.host} ${port.address.port}`;
}
