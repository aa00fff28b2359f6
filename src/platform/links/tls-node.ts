// What dialling and listening over TLS share: bounds, settings, the node's certificate, and the making of links.

import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { Identity } from '../../crypto/signing.ts';
import type { AdmissionGate } from '../../env/admission.ts';
import type { Clock } from '../../env/clock.ts';
import type { LinkClose } from '../../env/link.ts';
import type { Logger } from '../../env/logger.ts';
import type { Primitives } from '../../env/primitives.ts';
import { certificateOf, certifiedKey, pem, privateKeyOf } from './certificate.ts';
import { createHandshakeGate } from './handshake-gate.ts';
import { STOP_TIMEOUT_MS } from './stop-timeout.ts';
import { TlsLink } from './tls-link.ts';

/** The bounds of one node's TLS links. */
export interface TlsBounds {
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
  /** Without a gate: accepted connections without a proved identity; more are dropped. */
  readonly halfOpenMax: number;
  /** Without a gate: the same from one address. */
  readonly halfOpenPerAddressMax: number;
  /** Without a gate: accepted links; more connections are dropped. */
  readonly acceptedLinksMax: number;
}

export const TLS_BOUNDS: TlsBounds = {
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

export interface TlsOptions {
  readonly primitives: Primitives;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who may come in; default: whoever finds a place within the bounds. */
  readonly gate?: AdmissionGate;
  /** Overrides of `TLS_BOUNDS`. */
  readonly bounds?: Partial<TlsBounds>;
}

/** What dialling and listening share. */
export interface TlsNode {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly primitives: Primitives;
  /** PeerId of this node. */
  readonly self: Uint8Array;
  readonly gate: AdmissionGate;
  readonly bounds: TlsBounds;
  readonly context: SecureContext;
  readonly certificate: string;
  readonly privateKey: string;
  /** Each is called by `close`, which waits for all. */
  readonly closers: Set<() => void | Promise<void>>;
  /** The proved key of the other end, or why it proved none. Only after the handshake. */
  remoteKeyOf(secure: TLSSocket): { readonly key: Uint8Array } | { readonly refusal: string };
  linkOf(ends: LinkEnds, onOver: (reason: LinkClose) => void): TlsLink;
}

export interface LinkEnds {
  readonly secure: TLSSocket;
  readonly role: 'dialer' | 'listener';
  readonly remoteKey: Uint8Array;
  readonly remoteAddress: string;
}

/** Both ends name it (RFC 7301), so that no other protocol's peer gets through by mistake. */
export const TLS_PROTOCOL = 'bitcraps';
const BINDING_BYTES = 32;
/** RFC 9266 section 4.2; the context is empty. */
const BINDING_LABEL = 'EXPORTER-Channel-Binding';

interface TlsSettings {
  readonly minVersion: 'TLSv1.3';
  readonly maxVersion: 'TLSv1.3';
  readonly sigalgs: string;
  readonly secureOptions: number;
}

/** What every TLS socket of ours is set to. */
export const TLS_SETTINGS: TlsSettings = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  sigalgs: 'ed25519',
  // Without tickets and without a session store nothing can be resumed.
  secureOptions: constants.SSL_OP_NO_TICKET,
};

export function createTlsNode(options: TlsOptions): TlsNode {
  const { primitives, identity, clock, logger } = options;
  const bounds = { ...TLS_BOUNDS, ...options.bounds };
  const certificate = pem('CERTIFICATE', certificateOf(primitives, identity));
  const privateKey = String(privateKeyOf(identity).export({ format: 'pem', type: 'pkcs8' }));
  const closers = new Set<() => void | Promise<void>>();
  return {
    clock,
    logger,
    primitives,
    self: identity.publicKey,
    gate: options.gate ?? createHandshakeGate(bounds),
    bounds,
    certificate,
    privateKey,
    closers,
    context: createSecureContext({ ...TLS_SETTINGS, cert: certificate, key: privateKey }),
    remoteKeyOf(secure) {
      if (secure.alpnProtocol !== TLS_PROTOCOL) return { refusal: 'it speaks another protocol' };
      if (secure.isSessionReused()) return { refusal: 'it resumed an old session' };
      return certifiedKey(primitives, secure.getPeerX509Certificate());
    },
    linkOf(ends, onOver) {
      const channelBinding = new Uint8Array(
        ends.secure.exportKeyingMaterial(BINDING_BYTES, BINDING_LABEL, Buffer.alloc(0)),
      );
      const over = Promise.withResolvers<void>();
      const link = new TlsLink({
        ...ends,
        ...bounds,
        channelBinding,
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
