// What a session table is given, and what it answers.

import type { ErrorCode, Result } from '../core/errors.ts';
import type { Clock } from '../env/clock.ts';
import type { Compressor } from '../env/compressor.ts';
import type { Logger } from '../env/logger.ts';
import type { Hello } from '../versioning/hello.ts';
import type { HandshakeParty } from './session-handshake.ts';

export type SessionSendErrorCode =
  | 'MESH_KEY_INVALID'
  | 'MESH_PENDING_FULL'
  | 'MESH_SESSION_REFUSED';

/** Why a packet for this node was not delivered. */
export type SessionDropCode =
  | 'MESH_BODY_MALFORMED'
  | 'MESH_SEAL_BROKEN'
  | 'MESH_SESSION_UNKNOWN'
  | 'MESH_MESSAGE_REPLAYED'
  | 'MESH_RATE_EXCEEDED';

export interface SessionTableConfig<C extends ErrorCode> extends HandshakeParty {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly compressor: Compressor;
  /** Default `SESSIONS_MAX`. */
  readonly sessionsMax?: number;
  /** A fresh Hello for each handshake. */
  hello(): Hello;
  sendHandshake(destination: Uint8Array, body: Uint8Array): void;
  /** `isReported`: the destination reports on the packets of this flow. */
  sendData(
    destination: Uint8Array,
    body: Uint8Array,
    flowId: number,
    isReported: boolean,
    protocol: number,
  ): Result<void, C>;
  deliver(source: Uint8Array, protocol: number, payload: Uint8Array): void;
  /** A handshake was given up: `MESH_SESSION_TIMEOUT` or `MESH_SESSION_REFUSED`. */
  failed(peer: Uint8Array, code: 'MESH_SESSION_TIMEOUT' | 'MESH_SESSION_REFUSED'): void;
}
