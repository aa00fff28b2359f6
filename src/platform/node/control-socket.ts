// The control API on a Unix-domain socket that only its owner may open: requests, answers, and streams of events.

import { chmodSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { BitcrapsError } from '../../core/errors.ts';
import {
  createLineSplitter,
  decodeAnswer,
  decodeRequest,
  encodeLine,
  errorAnswer,
  errorOf,
  type ControlAnswer,
  type ControlRequest,
} from './control-lines.ts';

export type { ControlRequest } from './control-lines.ts';

/**
 * Answers one request. An async iterable is a stream: its items go out as events until it ends or the client leaves,
 * whereupon its iterator's `return` is called. What it throws goes to the client.
 */
export type ControlHandler = (request: ControlRequest) => Promise<unknown>;

export interface ControlServer {
  /** Ends every connection and removes the socket. */
  close(): Promise<void>;
}

/** The bounds of one server. */
export interface ControlBounds {
  readonly connectionsMax: number;
  /** Longest request, 1 MiB. */
  readonly requestBytesMax: number;
  /** Requests of one connection that wait for the one before; the connection is not read further meanwhile. */
  readonly requestsWaitingMax: number;
  /** Events that wait for a slow reader; the oldest are dropped, and the next event tells how many. */
  readonly eventsWaitingMax: number;
}

export const CONTROL_BOUNDS: ControlBounds = {
  connectionsMax: 64,
  requestBytesMax: 1024 * 1024,
  requestsWaitingMax: 16,
  eventsWaitingMax: 1024,
};

/** `sun_path` of Linux has 108 bytes with its terminator, that of macOS four less; beyond it, the path is cut silently. */
export const SOCKET_PATH_BYTES_MAX = 103;
const SOCKET_MODE = 0o600;
/** A node answers within this, a bet over a lost gateway included; else it is stopped. */
const ANSWER_WITHIN_MS = 20_000;
/** Longest answer that a client takes. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Serves `handler` at `path`, in a folder of the owner's. What is left of a socket whose node died is replaced.
 * Rejects with `PLATFORM_SOCKET_PATH_TOO_LONG` or `PLATFORM_SOCKET_UNUSABLE` (another process serves it).
 */
export async function serveControl(
  path: string,
  handler: ControlHandler,
  bounds: Partial<ControlBounds> = {},
): Promise<ControlServer> {
  const limits = { ...CONTROL_BOUNDS, ...bounds };
  checkPath(path);
  await removeStale(path);
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    if (sockets.size >= limits.connectionsMax) {
      const { connectionsMax } = limits;
      socket.end(
        encodeLine(errorAnswer(new BitcrapsError('PLATFORM_CONTROL_BUSY', { connectionsMax }))),
      );
      socket.resume();
      return;
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    void new Connection(socket, handler, limits).serve();
  });
  await listen(server, path);
  return {
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const socket of sockets) socket.destroy();
      await closed;
      rmSync(path, { force: true });
    },
  };
}

function checkPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes <= SOCKET_PATH_BYTES_MAX) return;
  const bytesMax = SOCKET_PATH_BYTES_MAX;
  throw new BitcrapsError('PLATFORM_SOCKET_PATH_TOO_LONG', { path, bytes, bytesMax });
}

/** A socket that nobody answers was left by a process that died. */
async function removeStale(path: string): Promise<void> {
  const answered = await new Promise<boolean>((resolve) => {
    const probe = createConnection(path);
    probe.on('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
  if (answered) {
    throw new BitcrapsError('PLATFORM_SOCKET_UNUSABLE', {
      path,
      detail: 'another process serves it',
    });
  }
  try {
    rmSync(path, { force: true });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new BitcrapsError('PLATFORM_SOCKET_UNUSABLE', { path, detail }, { cause: error });
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void =>
      reject(
        new BitcrapsError(
          'PLATFORM_SOCKET_UNUSABLE',
          { path, detail: error.message },
          { cause: error },
        ),
      );
    server.once('error', refuse);
    server.listen(path, () => {
      // Until here the folder's mode keeps others out.
      chmodSync(path, SOCKET_MODE);
      server.off('error', refuse);
      server.on('error', () => undefined);
      resolve();
    });
  });
}

/** One client at the server: its requests are answered one after the other. */
class Connection {
  readonly #socket: Socket;
  readonly #handler: ControlHandler;
  readonly #bounds: ControlBounds;

  constructor(socket: Socket, handler: ControlHandler, bounds: ControlBounds) {
    this.#socket = socket;
    this.#handler = handler;
    this.#bounds = bounds;
  }

  async serve(): Promise<void> {
    const { requestBytesMax: bytesMax, requestsWaitingMax } = this.#bounds;
    const socket = this.#socket;
    const splitter = createLineSplitter(bytesMax);
    const waiting: Uint8Array[] = [];
    let answering = false;
    const work = async (): Promise<void> => {
      if (answering) return;
      answering = true;
      for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) {
        await this.#answer(line);
        if (waiting.length < requestsWaitingMax) socket.resume();
      }
      answering = false;
      // A client that has said all it wanted is answered in full before the end.
      if (socket.readableEnded) socket.end();
    };
    socket.on('end', () => void work());
    socket.on('data', (chunk: Buffer) => {
      const lines = splitter.push(chunk);
      if (lines === null) {
        this.#end(new BitcrapsError('PLATFORM_CONTROL_REQUEST_TOO_LONG', { bytesMax }));
        return;
      }
      waiting.push(...lines);
      if (waiting.length >= requestsWaitingMax) socket.pause();
      void work();
    });
  }

  async #answer(line: Uint8Array): Promise<void> {
    const request = decodeRequest(line);
    if (!request.ok) {
      this.#write(errorAnswer(request.error));
      return;
    }
    try {
      const result = await this.#handler(request.value);
      if (isAsyncIterable(result)) await this.#stream(result);
      else this.#write({ result });
    } catch (error) {
      this.#write(errorAnswer(error));
    }
  }

  /** Takes events as they come and sends them as the client reads them; what does not fit between is dropped. */
  async #stream(events: AsyncIterable<unknown>): Promise<void> {
    const socket = this.#socket;
    const waiting: unknown[] = [];
    let dropped = 0;
    const flush = (): void => {
      while (waiting.length > 0 && !socket.writableNeedDrain && socket.writable) {
        const event = waiting.shift();
        this.#write(dropped > 0 ? { event, dropped } : { event });
        dropped = 0;
      }
    };
    const iterator = events[Symbol.asyncIterator]();
    const left = (): void => {
      socket.destroy();
      void iterator.return?.();
    };
    // A client that ends its side while it follows is gone: an idle stream would not notice otherwise.
    if (socket.readableEnded) left();
    socket.on('drain', flush);
    socket.once('end', left);
    socket.once('close', left);
    try {
      for (;;) {
        const next = await iterator.next();
        if (next.done === true || socket.destroyed) break;
        if (waiting.length >= this.#bounds.eventsWaitingMax) {
          waiting.shift();
          dropped += 1;
        }
        waiting.push(next.value);
        flush();
      }
      for (const event of waiting) {
        this.#write(dropped > 0 ? { event, dropped } : { event });
        dropped = 0;
      }
      this.#write({ end: true });
    } finally {
      socket.off('drain', flush);
      socket.off('end', left);
      socket.off('close', left);
    }
  }

  #write(answer: ControlAnswer): void {
    if (this.#socket.writable) this.#socket.write(encodeLine(answer));
  }

  #end(error: BitcrapsError): void {
    this.#socket.removeAllListeners('data');
    this.#socket.end(encodeLine(errorAnswer(error)));
    this.#socket.resume();
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/**
 * Calls `method` of the node at `path`. Rejects with the node's own code, or with `PLATFORM_NODE_NOT_RUNNING`,
 * `PLATFORM_SOCKET_PATH_TOO_LONG`, `PLATFORM_CONTROL_BROKEN`, `PLATFORM_NODE_SILENT`.
 */
export async function callControl(path: string, method: string, params: unknown): Promise<unknown> {
  const silence = AbortSignal.timeout(ANSWER_WITHIN_MS);
  try {
    return await answerOf(path, { method, params }, silence);
  } catch (error) {
    if (!silence.aborted) throw error;
    throw new BitcrapsError('PLATFORM_NODE_SILENT', { path, seconds: ANSWER_WITHIN_MS / 1000 });
  }
}

async function answerOf(
  path: string,
  request: ControlRequest,
  silence: AbortSignal,
): Promise<unknown> {
  for await (const answer of answers(path, request, silence)) {
    if ('error' in answer) throw errorOf(answer.error);
    if ('result' in answer) return answer.result;
    throw broken(path, 'it streams instead of answering');
  }
  throw broken(path, 'it closed without an answer');
}

/**
 * The events of `method`, until the node ends them or the loop over them is left. Where the reader was too slow, an
 * item `{ dropped: n }` stands for the n events that went lost. Throws as `callControl`, and `PLATFORM_CONTROL_BROKEN`
 * when the node stops or `ended` is aborted.
 */
export async function* followControl(
  path: string,
  method: string,
  params: unknown,
  ended?: AbortSignal,
): AsyncGenerator<unknown, void, void> {
  for await (const answer of answers(path, { method, params }, ended)) {
    if ('error' in answer) throw errorOf(answer.error);
    if ('end' in answer) return;
    if ('result' in answer) throw broken(path, 'it answers instead of streaming');
    if (answer.dropped !== undefined) yield { dropped: answer.dropped };
    yield answer.event;
  }
  throw broken(path, 'it closed before the end');
}

async function* answers(
  path: string,
  request: ControlRequest,
  ended?: AbortSignal,
): AsyncGenerator<ControlAnswer> {
  const socket = await connect(path);
  const end = (): void => void socket.destroy();
  if (ended?.aborted === true) end();
  ended?.addEventListener('abort', end, { once: true });
  const splitter = createLineSplitter(ANSWER_BYTES_MAX);
  socket.write(encodeLine(request));
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      const lines = splitter.push(chunk);
      if (lines === null) throw broken(path, 'its answer is too long');
      for (const line of lines) {
        const answer = decodeAnswer(line);
        if (answer === null) throw broken(path, 'its answer is not of this protocol');
        yield answer;
      }
    }
  } catch (error) {
    if (error instanceof BitcrapsError) throw error;
    throw broken(path, error instanceof Error ? error.message : String(error));
  } finally {
    ended?.removeEventListener('abort', end);
    socket.destroy();
  }
}

function connect(path: string): Promise<Socket> {
  checkPath(path);
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('error', (error: Error & { readonly code?: string }) => {
      const isDown = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      reject(
        isDown
          ? new BitcrapsError('PLATFORM_NODE_NOT_RUNNING', { path })
          : broken(path, error.message),
      );
    });
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function broken(path: string, detail: string): BitcrapsError {
  return new BitcrapsError('PLATFORM_CONTROL_BROKEN', { path, detail });
}
