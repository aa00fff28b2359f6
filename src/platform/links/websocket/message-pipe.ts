// A WebSocket as a link needs it, whether Node's `ws` or a page's own: whole binary messages, and a sense of how much
// waits. What differs between the two stays behind this.

/** What happens at the other end. Never called inside a call to the pipe. */
export interface PipeHandlers {
  /** One binary message. The bytes belong to the receiver. */
  message(bytes: Uint8Array): void;
  /** `bufferedBytes` went down. */
  written(): void;
  /** Exactly once; nothing follows. */
  closed(detail: string): void;
}

export interface MessagePipe {
  /** The other end's address, for people; empty where the platform does not tell. */
  readonly remoteAddress: string;
  /** Bytes given to `send` that the operating system has not taken. */
  readonly bufferedBytes: number;
  /** Whoever is attached last hears what comes from then on. */
  attach(handlers: PipeHandlers): void;
  /** After the end of the pipe, nothing. */
  send(message: Uint8Array): void;
  /** Reads no further, as far as the platform can hold back; a few messages may still come. */
  pause(): void;
  resume(): void;
  /** Orderly: what was sent still leaves, then the WebSocket closes. */
  end(): void;
  /** At once. `closed` follows soon, whatever the other end does. */
  destroy(): void;
}

/** What comes of an attempt to open a pipe: one of the two, once. */
export interface PipeOpening {
  opened(pipe: MessagePipe): void;
  failed(detail: string): void;
}

/** Opens a WebSocket to `url` that speaks `WEBSOCKET_PROTOCOL`. What it returns gives up; nothing is told afterwards. */
export interface OpenPipe {
  (url: string, opening: PipeOpening): () => void;
}
