// The QUIC engine (RFC 9000): Cloudflare's quiche as the native add-on of `@matrixai/quic` carries it. It knows neither
// sockets nor timers: datagrams go in and come out by call, so that both are ours. Loaded on first use, from the package
// of this platform.

import { createRequire } from 'node:module';
import { BitcrapsError } from '../../../core/errors.ts';

/** How quiche names where a datagram came from and went to. */
interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface DatagramPath {
  readonly from: HostPort;
  readonly to: HostPort;
}

export interface QuicheConfig {
  grease(on: boolean): void;
  setApplicationProtos(names: readonly string[]): void;
  setMaxIdleTimeout(ms: number): void;
  setMaxRecvUdpPayloadSize(bytes: number): void;
  setMaxSendUdpPayloadSize(bytes: number): void;
  setInitialMaxData(bytes: number): void;
  setInitialMaxStreamDataBidiLocal(bytes: number): void;
  setInitialMaxStreamDataBidiRemote(bytes: number): void;
  setInitialMaxStreamsBidi(streams: number): void;
  setInitialMaxStreamsUni(streams: number): void;
  setMaxConnectionWindow(bytes: number): void;
  setMaxStreamWindow(bytes: number): void;
  setActiveConnectionIdLimit(ids: number): void;
  setDisableActiveMigration(on: boolean): void;
}

/** How a connection ended, as its end told it. */
interface QuicheEnd {
  /** `true`: the code is the application's; else RFC 9000 section 20.1. */
  readonly isApp: boolean;
  readonly errorCode: number;
}

/** Calls throw an `Error` whose message is the name of quiche's error; `null` stands for its `Done`. */
export interface QuicheConnection {
  /** Decrypts in place: `datagram` is spoilt. */
  recv(datagram: Uint8Array, path: DatagramPath): number;
  /** Writes one datagram; `null`: nothing to send. */
  send(datagram: Uint8Array): readonly [bytes: number, ...unknown[]] | null;
  streamRecv(stream: number, into: Uint8Array): readonly [bytes: number, fin: boolean] | null;
  /** Takes as much as the congestion window and the other end's window allow. */
  streamSend(stream: number, bytes: Uint8Array, fin: boolean): number | null;
  /** Throws once the stream is over: all is read and everything sent is acknowledged. */
  streamCapacity(stream: number): number;
  sendAckEliciting(): void;
  close(application: boolean, code: number, reason: Uint8Array): void;
  timeout(): number | null;
  onTimeout(): void;
  applicationProto(): Uint8Array;
  /** DER, the peer's own first. */
  peerCertChain(): readonly Uint8Array[] | null;
  isEstablished(): boolean;
  isResumed(): boolean;
  isDraining(): boolean;
  isClosed(): boolean;
  isTimedOut(): boolean;
  peerError(): QuicheEnd | null;
}

export interface QuicheHeader {
  readonly ty: number;
  readonly version: number;
  readonly dcid: Uint8Array;
  readonly scid: Uint8Array;
  readonly token?: Uint8Array | null;
}

/** The part of the add-on that links use. */
export interface Quiche {
  readonly Config: {
    withBoringSslCtx(
      verifyPeer: boolean,
      verifyAllowFail: boolean,
      authorities: Uint8Array | null,
      privateKeysPem: readonly Uint8Array[] | null,
      certificatesPem: readonly Uint8Array[] | null,
      signatureAlgorithms: string,
    ): QuicheConfig;
  };
  readonly Connection: {
    connect(
      serverName: string | null,
      sourceId: Uint8Array,
      local: HostPort,
      remote: HostPort,
      config: QuicheConfig,
    ): QuicheConnection;
    accept(
      sourceId: Uint8Array,
      originalDestinationId: Uint8Array | null,
      local: HostPort,
      remote: HostPort,
      config: QuicheConfig,
    ): QuicheConnection;
  };
  readonly Header: { fromSlice(datagram: Uint8Array, idBytes: number): QuicheHeader };
  /** Writes a Retry packet (RFC 9000 section 17.2.5); its length in bytes. */
  retry(
    remoteId: Uint8Array,
    localId: Uint8Array,
    newLocalId: Uint8Array,
    token: Uint8Array,
    version: number,
    into: Uint8Array,
  ): number;
}

/** RFC 9000, the one version. */
export const QUIC_VERSION = 1;
/** The packet type of a connection's first datagrams, as quiche numbers it. */
export const PACKET_INITIAL = 0;

const require = createRequire(import.meta.url);
let loaded: Quiche | null = null;

/** The engine. Throws `LINK_QUIC_MISSING` where this platform has none. */
export function loadQuiche(): Quiche {
  if (loaded !== null) return loaded;
  const { platform, arch } = process;
  const name = `@matrixai/quic-${platform}-${arch}`;
  try {
    loaded = require(name) as Quiche;
    return loaded;
  } catch (error) {
    throw new BitcrapsError('LINK_QUIC_MISSING', { name }, { cause: error });
  }
}
