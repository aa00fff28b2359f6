// Node's WebSockets, by `ws`, as pipes.

import { randomFillSync } from 'node:crypto';
import { WebSocket, type ClientOptions, type RawData } from 'ws';
import { NOISE_MESSAGE_BYTES_MAX } from '../../../crypto/noise.ts';
import type { MessagePipe, OpenPipe, PipeHandlers } from './message-pipe.ts';
import { WEBSOCKET_PROTOCOL } from './websocket-node.ts';

/** RFC 6455, section 7.4.1. */
const CLOSE_NORMAL = 1000;
/** Messages of ours are whole; a proxy on the way may cut them. */
const FRAGMENTS_MAX = 64;
/** Pieces of the socket's that a message is gathered from. */
const CHUNKS_MAX = 4096;

/**
 * Whatever leaves a dialler and is longer is sealed; an answer to a ping is what the other end chose, and an answer to a
 * challenge in part.
 */
const CHOSEN_BYTES_MAX = 125;

/**
 * A dialler must mask what it sends (section 5.3), so that nobody can choose bytes that a proxy on the way takes for a
 * request. Nobody chooses what is sealed: there the mask is zero, which saves a pass that costs more than the seal.
 */
class Masking {
  isSealed = false;
  /** `ws` asks within the call that sends. */
  readonly generate = (mask: Buffer): void => {
    if (this.isSealed) mask.fill(0);
    else randomFillSync(mask);
  };
}

/** What a WebSocket of ours is set to, at either end. */
export interface PipeSettings {
  /** What is sealed does not compress. */
  readonly perMessageDeflate: false;
  readonly maxPayload: number;
  readonly maxFragments: number;
  readonly maxBufferedChunks: number;
  readonly skipUTF8Validation: boolean;
  /** Ours answers: `ws` would queue an answer for each, whether or not the other end reads. */
  readonly autoPong: false;
}

export const PIPE_SETTINGS: PipeSettings = {
  perMessageDeflate: false,
  maxPayload: NOISE_MESSAGE_BYTES_MAX,
  maxFragments: FRAGMENTS_MAX,
  maxBufferedChunks: CHUNKS_MAX,
  skipUTF8Validation: true,
  autoPong: false,
};

/** Takes over an open WebSocket; nobody else may listen to it. `masking` is a dialler's. */
export function pipeOf(
  socket: WebSocket,
  remoteAddress: string,
  masking: Masking = new Masking(),
): MessagePipe {
  let handlers: PipeHandlers | null = null;
  let bufferedBytes = 0;
  let detail = 'the socket closed';
  let over = false;
  const destroy = (reason: string): void => {
    detail = reason;
    socket.terminate();
  };
  socket.on('message', (data: RawData, isBinary: boolean) => {
    // `ws` goes through what it has read even after the socket's end.
    if (over || socket.readyState !== WebSocket.OPEN) return;
    if (!isBinary || !(data instanceof Buffer)) destroy('a message of text');
    else handlers?.message(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  });
  socket.on('ping', (data: Buffer) => {
    // An answer to the latest is enough (section 5.5.3), and none while the other end does not read.
    if (bufferedBytes === 0 && socket.bufferedAmount === 0) socket.pong(data);
  });
  socket.on('error', (error: Error & { readonly code?: string }) => {
    detail = error.code ?? error.message;
    socket.terminate();
  });
  socket.on('close', () => {
    over = true;
    handlers?.closed(detail);
  });
  return {
    remoteAddress,
    get bufferedBytes() {
      return bufferedBytes;
    },
    attach(next) {
      handlers = next;
    },
    send(message) {
      if (socket.readyState !== WebSocket.OPEN) return;
      bufferedBytes += message.length;
      masking.isSealed = message.length > CHOSEN_BYTES_MAX;
      socket.send(message, (error) => {
        bufferedBytes -= message.length;
        if (error === undefined || error === null) handlers?.written();
      });
      masking.isSealed = false;
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: () => socket.close(CLOSE_NORMAL),
    destroy: () => destroy('destroyed'),
  };
}

const DIAL_SETTINGS: ClientOptions = { ...PIPE_SETTINGS, followRedirects: false };

/** Opens WebSockets from Node. */
export const openNodePipe: OpenPipe = (url, opening) => {
  const masking = new Masking();
  const settings = { ...DIAL_SETTINGS, generateMask: masking.generate };
  const socket = new WebSocket(url, [WEBSOCKET_PROTOCOL], settings);
  let over = false;
  const settle = (act: () => void): void => {
    if (over) return;
    over = true;
    act();
  };
  const failed = (error: Error & { readonly code?: string }): void =>
    settle(() => opening.failed(error.code ?? error.message));
  socket.on('error', failed);
  socket.on('unexpected-response', (request, response) => {
    request.destroy();
    settle(() => opening.failed(`HTTP status ${response.statusCode ?? 0}`));
  });
  // A peer that vanished is noticed by the system where nobody writes.
  socket.on('upgrade', (response) => response.socket.setKeepAlive(true));
  socket.on('open', () =>
    settle(() => {
      socket.removeAllListeners();
      opening.opened(pipeOf(socket, url, masking));
    }),
  );
  return () => {
    over = true;
    socket.terminate();
  };
};
