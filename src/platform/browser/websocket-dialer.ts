// Links from a page: the dialler of `links/websocket/` on the browser's own WebSocket. A page cannot listen.

import type { Dialer } from '../../env/link.ts';
import { createWebSocketDialer } from '../links/websocket/websocket-dialer.ts';
import { createWebSocketNode, type WebSocketOptions } from '../links/websocket/websocket-node.ts';
import { pageOpener } from './page-pipe.ts';

export interface PageWebSockets {
  readonly dialer: Dialer;
  /** Ends every pending dial and link that came from here. */
  close(): void;
}

export function createPageWebSockets(options: WebSocketOptions): PageWebSockets {
  const node = createWebSocketNode(options);
  return {
    dialer: createWebSocketDialer(node, pageOpener(options.clock)),
    close() {
      for (const close of node.closers) void close();
    },
  };
}
