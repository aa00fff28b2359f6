// A page's own WebSockets as pipes. The browser tells how much waits but not when it leaves, so that is looked at while
// something waits; and it cannot stop reading.

import type { Clock, Timer } from '../../env/clock.ts';
import type { MessagePipe, OpenPipe, PipeHandlers } from '../links/websocket/message-pipe.ts';
import { WEBSOCKET_PROTOCOL } from '../links/websocket/websocket-node.ts';

/** RFC 6455, section 7.4.1. */
const CLOSE_NORMAL = 1000;
/** Between two looks at what waits: with 256 KiB under way at once, 60 MB/s. */
const LOOK_EVERY_MS = 4;

/** Takes over an open WebSocket whose messages come as `ArrayBuffer`. */
function pipeOf(socket: WebSocket, clock: Clock): MessagePipe {
  let handlers: PipeHandlers | null = null;
  let sentBytes = 0;
  let look: Timer | null = null;
  let over = false;

  function finish(detail: string): void {
    if (over) return;
    over = true;
    look?.cancel();
    handlers?.closed(detail);
  }

  function watch(): void {
    if (look !== null || over) return;
    // What waits may stay the same while it moves: somebody fills up what leaves.
    const takenBytes = sentBytes - socket.bufferedAmount;
    look = clock.after(LOOK_EVERY_MS, () => {
      look = null;
      const moved = sentBytes - socket.bufferedAmount > takenBytes;
      if (socket.bufferedAmount > 0) watch();
      if (moved) handlers?.written();
    });
  }

  socket.addEventListener('message', ({ data }: MessageEvent) => {
    if (over) return;
    if (data instanceof ArrayBuffer) handlers?.message(new Uint8Array(data));
    else {
      socket.close();
      finish('a message of text');
    }
  });
  socket.addEventListener('close', ({ code }) => finish(`the socket closed with ${code}`));
  return {
    remoteAddress: socket.url,
    get bufferedBytes() {
      return over ? 0 : socket.bufferedAmount;
    },
    attach(next) {
      handlers = next;
    },
    send(message) {
      if (over || socket.readyState !== WebSocket.OPEN) return;
      sentBytes += message.length;
      socket.send(message);
      watch();
    },
    pause: () => undefined,
    resume: () => undefined,
    end: () => socket.close(CLOSE_NORMAL),
    destroy() {
      socket.close();
      // The browser would wait for an answer to its goodbye; nobody here does.
      queueMicrotask(() => finish('destroyed'));
    },
  };
}

/** Opens WebSockets from a page. */
export function pageOpener(clock: Clock): OpenPipe {
  return (url, opening) => {
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, [WEBSOCKET_PROTOCOL]);
    } catch (error) {
      // A page from HTTPS may not open `ws:` addresses.
      const detail = error instanceof Error ? error.message : String(error);
      queueMicrotask(() => opening.failed(detail));
      return () => undefined;
    }
    socket.binaryType = 'arraybuffer';
    const opened = new AbortController();
    const { signal } = opened;
    socket.addEventListener(
      'open',
      () => {
        opened.abort();
        opening.opened(pipeOf(socket, clock));
      },
      { signal },
    );
    // Why it failed is not told to pages.
    socket.addEventListener(
      'close',
      ({ code }) => opening.failed(`the socket closed with ${code}`),
      { signal },
    );
    return () => {
      opened.abort();
      socket.close();
    };
  };
}
