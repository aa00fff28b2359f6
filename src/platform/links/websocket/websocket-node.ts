// What dialling and listening over WebSockets share, in Node and in a page: bounds, the handshake, the making of links.

import { utf8 } from '../../../core/bytes.ts';
import { createIdentityHandshake, type IdentityHandshake } from '../../../crypto/noise-identity.ts';
import type { ProvedPeer } from '../../../crypto/noise-identity.ts';
import type { Identity } from '../../../crypto/signing.ts';
import type { AdmissionGate } from '../../../env/admission.ts';
import type { Clock } from '../../../env/clock.ts';
import type { Logger } from '../../../env/logger.ts';
import type { Primitives } from '../../../env/primitives.ts';
import type { Rng } from '../../../env/rng.ts';
import type { LinkClose } from '../../../env/link.ts';
import { createHandshakeGate } from '../handshake-gate.ts';
import { STOP_TIMEOUT_MS } from '../stop-timeout.ts';
import { answerSearch, type AnswerSearch } from '../knock-answer.ts';
import type { MessagePipe } from './message-pipe.ts';
import { RecordLink } from './record-link.ts';

/** The bounds of one node's WebSocket links. */
export interface WebSocketBounds {
  /** Largest frame, both ways. */
  readonly frameBytesMax: number;
  /** Waiting to be sent on one link; `send` then answers `full`. */
  readonly queueBytesMax: number;
  /** From `dial` to a proved identity. */
  readonly dialTimeoutMs: number;
  /** From an accepted TCP connection to a proved identity, whatever the other end trickles. */
  readonly handshakeTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly closeTimeoutMs: number;
  /** An orderly close that is under way when the node stops ends within this time. */
  readonly stopTimeoutMs: number;
  /** Accepted connections without a proved identity; more are dropped. */
  readonly halfOpenMax: number;
  /** The same from one address. */
  readonly halfOpenPerAddressMax: number;
  /** Accepted links of one listener; more connections are dropped. */
  readonly acceptedLinksMax: number;
}

export const WEBSOCKET_BOUNDS: WebSocketBounds = {
  frameBytesMax: 1024 * 1024,
  queueBytesMax: 4 * 1024 * 1024,
  dialTimeoutMs: 5000,
  handshakeTimeoutMs: 5000,
  stallTimeoutMs: 30_000,
  closeTimeoutMs: 5000,
  stopTimeoutMs: STOP_TIMEOUT_MS,
  halfOpenMax: 256,
  halfOpenPerAddressMax: 64,
  acceptedLinksMax: 1024,
};

/** Both ends name it (RFC 6455, section 1.9), so that no other protocol's peer gets through by mistake. */
export const WEBSOCKET_PROTOCOL = 'bitcraps';
/** The handshake begins with it: another version of this transport fails there. */
const PROLOGUE = utf8('bitcraps/websocket/1');

export interface WebSocketOptions {
  readonly primitives: Primitives;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  /** Who may come in, at a listener; default: whoever finds a place within the bounds. */
  readonly gate?: AdmissionGate;
  /** Overrides of `WEBSOCKET_BOUNDS`. */
  readonly bounds?: Partial<WebSocketBounds>;
}

export interface WebSocketNode {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly gate: AdmissionGate;
  readonly bounds: WebSocketBounds;
  /** Each is called by `close`, which waits for all. */
  readonly closers: Set<() => void | Promise<void>>;
  handshake(role: 'initiator' | 'responder', expected: Uint8Array | null): IdentityHandshake;
  /** What a listener under load wants first; `null` for no challenge of `listener` (where it is known). */
  answerTo(challenge: Uint8Array, listener: Uint8Array | null): AnswerSearch | null;
  linkOf(ends: WebSocketEnds, onOver: (reason: LinkClose) => void): RecordLink;
}

export interface WebSocketEnds {
  readonly pipe: MessagePipe;
  readonly role: 'dialer' | 'listener';
  readonly peer: ProvedPeer;
  readonly remoteAddress: string;
}

export function createWebSocketNode(options: WebSocketOptions): WebSocketNode {
  const { primitives, identity, clock, rng, logger } = options;
  const bounds = { ...WEBSOCKET_BOUNDS, ...options.bounds };
  const closers = new Set<() => void | Promise<void>>();
  return {
    clock,
    logger,
    gate: options.gate ?? createHandshakeGate(bounds),
    bounds,
    closers,
    handshake: (role, expected) =>
      createIdentityHandshake({ primitives, rng, identity, role, prologue: PROLOGUE, expected }),
    answerTo: (challenge, listener) =>
      answerSearch(primitives, identity.publicKey, listener, challenge),
    linkOf({ pipe, role, peer, remoteAddress }, onOver) {
      const over = Promise.withResolvers<void>();
      const link = new RecordLink({
        pipe,
        role,
        peer,
        remoteAddress,
        transport: 'websocket',
        ...bounds,
        primitives,
        clock,
        logger,
        onOver: (reason) => {
          closers.delete(close);
          over.resolve();
          onOver(reason);
        },
      });
      const close = (): Promise<void> => {
        link.stop();
        return over.promise;
      };
      closers.add(close);
      return link;
    },
  };
}
