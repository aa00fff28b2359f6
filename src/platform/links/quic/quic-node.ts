// What dialling and listening over QUIC share: bounds, the engine's settings, the node's certificate.

import { X509Certificate, randomBytes } from 'node:crypto';
import type { Identity } from '../../../crypto/signing.ts';
import type { AdmissionGate } from '../../../env/admission.ts';
import type { Clock } from '../../../env/clock.ts';
import type { Logger } from '../../../env/logger.ts';
import type { Primitives } from '../../../env/primitives.ts';
import { certificateOf, certifiedKey, pem, privateKeyOf } from '../certificate.ts';
import { createHandshakeGate } from '../handshake-gate.ts';
import { TLS_BOUNDS, TLS_PROTOCOL, type TlsBounds } from '../tls-node.ts';
import { loadQuiche, type Quiche, type QuicheConfig, type QuicheConnection } from './quiche.ts';

/** The bounds of one node's QUIC links: those of TLS, and what TCP would have done for them. */
export interface QuicBounds extends TlsBounds {
  /** Without a datagram of the other end for so long, a link is dead. */
  readonly idleTimeoutMs: number;
  /** After so long without a datagram an end asks for one: a third of the time that it has. */
  readonly keepAliveMs: number;
  /** What is sent as one datagram. A path that carries less carries no QUIC; 1200 is what RFC 9000 asks of any. */
  readonly datagramBytesMax: number;
  /** Received, not yet read, on one link; at most one link's worth of frames under way. */
  readonly windowBytesMax: number;
}

export const QUIC_BOUNDS: QuicBounds = {
  ...TLS_BOUNDS,
  idleTimeoutMs: 30_000,
  keepAliveMs: 10_000,
  datagramBytesMax: 1350,
  windowBytesMax: 2 * 1024 * 1024,
};

export interface QuicOptions {
  readonly primitives: Primitives;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who may come in; default: whoever finds a place within the bounds. */
  readonly gate?: AdmissionGate;
  /** Overrides of `QUIC_BOUNDS`. */
  readonly bounds?: Partial<QuicBounds>;
}

/** What dialling and listening share. */
export interface QuicNode {
  readonly primitives: Primitives;
  readonly publicKey: Uint8Array;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly gate: AdmissionGate;
  readonly bounds: QuicBounds;
  readonly quiche: Quiche;
  readonly dialConfig: QuicheConfig;
  readonly listenConfig: QuicheConfig;
  /** Each is called by `close`, which waits for all. */
  readonly closers: Set<() => void | Promise<void>>;
  /** Each is called by `close`, after those: connections that still take their leave. */
  readonly lingering: Set<() => void>;
  /** The proved key of the other end, or why it proved none. Only after the handshake. */
  remoteKeyOf(
    connection: QuicheConnection,
  ): { readonly key: Uint8Array } | { readonly refusal: string };
}

/** The length of every connection id of ours, in bytes: the longest that version 1 allows. */
export const ID_BYTES = 20;

export function newConnectionId(): Uint8Array {
  return new Uint8Array(randomBytes(ID_BYTES));
}

/** Before a congestion signal widens it. */
const WINDOW_BYTES = 512 * 1024;
/** We read one stream, but the connection's window must never be the narrower one. */
const CONNECTION_WINDOW_FACTOR = 1.5;
const UDP_PAYLOAD_BYTES_MAX = 65_527;

export function createQuicNode(options: QuicOptions): QuicNode {
  const { primitives, identity, clock, logger } = options;
  const bounds = { ...QUIC_BOUNDS, ...options.bounds };
  const quiche = loadQuiche();
  const certificate = Buffer.from(pem('CERTIFICATE', certificateOf(primitives, identity)));
  const privateKey = Buffer.from(
    String(privateKeyOf(identity).export({ format: 'pem', type: 'pkcs8' })),
  );
  /** `streams`: how many the other end may open. Ours is one, and the dialer opens it. */
  const config = (streams: number): QuicheConfig => {
    // No authority signs our certificates: what BoringSSL would refuse them for is allowed, that the peer holds the
    // key of its certificate is proved all the same, and the key is checked before a link exists.
    const made = quiche.Config.withBoringSslCtx(
      true,
      true,
      null,
      [privateKey],
      [certificate],
      'ed25519',
    );
    const window = Math.min(WINDOW_BYTES, bounds.windowBytesMax);
    made.grease(false);
    made.setApplicationProtos([TLS_PROTOCOL]);
    made.setMaxIdleTimeout(bounds.idleTimeoutMs);
    made.setMaxRecvUdpPayloadSize(UDP_PAYLOAD_BYTES_MAX);
    made.setMaxSendUdpPayloadSize(bounds.datagramBytesMax);
    made.setInitialMaxData(window * CONNECTION_WINDOW_FACTOR);
    made.setInitialMaxStreamDataBidiLocal(window);
    made.setInitialMaxStreamDataBidiRemote(window);
    made.setMaxStreamWindow(bounds.windowBytesMax);
    made.setMaxConnectionWindow(bounds.windowBytesMax * CONNECTION_WINDOW_FACTOR);
    made.setInitialMaxStreamsBidi(streams);
    made.setInitialMaxStreamsUni(0);
    made.setActiveConnectionIdLimit(2);
    made.setDisableActiveMigration(true);
    return made;
  };
  return {
    primitives,
    publicKey: identity.publicKey,
    clock,
    logger,
    gate: options.gate ?? createHandshakeGate(bounds),
    bounds,
    quiche,
    dialConfig: config(0),
    listenConfig: config(1),
    closers: new Set(),
    lingering: new Set(),
    remoteKeyOf(connection) {
      if (Buffer.from(connection.applicationProto()).toString() !== TLS_PROTOCOL) {
        return { refusal: 'it speaks another protocol' };
      }
      if (connection.isResumed()) return { refusal: 'it resumed an old session' };
      const chain = connection.peerCertChain() ?? [];
      if (chain.length > 1) return { refusal: 'it sent a chain of certificates' };
      return certifiedKey(primitives, certificateFrom(chain[0]));
    },
  };
}

function certificateFrom(der: Uint8Array | undefined): X509Certificate | undefined {
  if (der === undefined) return undefined;
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}
