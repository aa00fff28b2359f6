// Links over QUIC (RFC 9000) with TLS 1.3 inside: the same certificates and the same check of identities as on TLS
// links, one stream for each link. Off unless an address begins with `quic:`, and then the engine is loaded.

import type { Dialer, Listen } from '../../../env/link.ts';
import { dialQuic } from './quic-dialer.ts';
import type { QuicEndpoint } from './quic-endpoint.ts';
import { listenQuic } from './quic-listener.ts';
import { createQuicNode, type QuicNode, type QuicOptions } from './quic-node.ts';

export interface Quic {
  readonly dialer: Dialer;
  readonly listen: Listen;
  /**
   * Ends every listener, pending dial and link that came from here; nothing keeps the process alive after it. Links that
   * were closed just before have a moment to say goodbye.
   */
  close(): Promise<void>;
}

/** Both `dial` and `listen` reject with `LINK_QUIC_MISSING` where the platform has no engine. */
export function createQuic(options: QuicOptions): Quic {
  const endpoints = new Map<string, QuicEndpoint>();
  let made: QuicNode | null = null;
  const node = (): QuicNode => (made ??= createQuicNode(options));
  return {
    dialer: { dial: async (address, remoteKey) => dialQuic(node(), address, remoteKey) },
    listen: async (address, accept) => listenQuic(node(), endpoints, address, accept),
    async close() {
      if (made === null) return;
      await Promise.all([...made.closers].map(async (close) => close()));
      for (const abandon of made.lingering) abandon();
    },
  };
}
