// Links over WebSockets (RFC 6455) in Node, with a Noise handshake that proves both identities and seals what follows:
// for pages, which can open nothing else, and for nodes behind proxies that let nothing else through.

import type { Dialer, Listen } from '../../../env/link.ts';
import { createWebSocketDialer } from './websocket-dialer.ts';
import { listenWebSocket } from './websocket-listener.ts';
import { createWebSocketNode, type WebSocketOptions } from './websocket-node.ts';
import { openNodePipe } from './ws-pipe.ts';

export interface ListeningOptions {
  /**
   * Pages of these origins may connect; `null`, the default: of any. A page brings an identity of its own and no cookie
   * counts, so another site's page is one more stranger.
   */
  readonly origins?: readonly string[] | null;
}

export interface WebSockets {
  readonly dialer: Dialer;
  readonly listen: Listen;
  /**
   * Ends every listener, pending dial and link that came from here; nothing keeps the process alive after it. Links that
   * were closed just before have a moment to say goodbye.
   */
  close(): Promise<void>;
}

export function createWebSockets(options: WebSocketOptions & ListeningOptions): WebSockets {
  const node = createWebSocketNode(options);
  const { origins = null } = options;
  return {
    dialer: createWebSocketDialer(node, openNodePipe),
    listen: (address, accept) => listenWebSocket(node, origins, address, accept),
    async close() {
      await Promise.all([...node.closers].map(async (close) => close()));
    },
  };
}
