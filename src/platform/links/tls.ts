// Links over TLS 1.3 (RFC 8446) with mutual authentication: each end's certificate carries its identity key, and the
// exporter (RFC 9266) binds what is said above to this very connection. Nothing is resumed: every connection proves
// both identities anew.

import type { Dialer, Listen } from '../../env/link.ts';
import { dialTls } from './tls-dialer.ts';
import { listenTls } from './tls-listener.ts';
import { createTlsNode, type TlsOptions } from './tls-node.ts';

export interface Tls {
  readonly dialer: Dialer;
  readonly listen: Listen;
  /**
   * Ends every listener, pending dial and link that came from here; nothing keeps the process alive after it. Links that
   * were closed just before have a moment to say goodbye.
   */
  close(): Promise<void>;
}

export async function createTls(options: TlsOptions): Promise<Tls> {
  const node = createTlsNode(options);
  return {
    dialer: { dial: (address, remoteKey) => dialTls(node, address, remoteKey) },
    listen: (address, accept) => listenTls(node, address, accept),
    async close() {
      await Promise.all([...node.closers].map(async (close) => close()));
    },
  };
}
