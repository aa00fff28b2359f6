// A link carries whole frames between two neighbours. Every transport implements this and passes
// `test/suites/link.suite.ts`; the mesh above cannot tell a socket from a simulated wire.

/** Why a link ended. `code` is an error code of the registry, or `null` after an orderly close. */
export interface LinkClose {
  readonly code: string | null;
  readonly detail: string;
}

/** Events of one link. They never fire synchronously inside a call to the link. */
export interface LinkHandlers {
  /**
   * One whole frame. The bytes belong to the receiver; the link does not touch them again. `nowMs`: the monotonic clock, where
   * the link has just looked at it: once for all frames that came in one piece.
   */
  frame(bytes: Uint8Array, nowMs?: number): void;
  /** `bufferedBytes` fell back to half of `queueBytesMax` after a `send` that returned `'full'`. */
  drain(): void;
  /** Exactly once; nothing follows. */
  close(reason: LinkClose): void;
}

/** `full`: nothing was queued, wait for `drain`. `closed`: the link has ended. */
export type SendResult = 'sent' | 'full' | 'closed';

/** Where a link keeps the bytes of a frame that it took: `offset` into `bytes`, which are not written to again. */
export interface SentRange {
  bytes: Uint8Array;
  offset: number;
}

export interface Link {
  /** The transport's name: `tls`, `sim`, … */
  readonly transport: string;
  /** Which end opened the link. */
  readonly role: 'dialer' | 'listener';
  /** The neighbour's Ed25519 public key, 32 bytes, proved by the transport's handshake. */
  readonly remoteKey: Uint8Array;
  /** The neighbour's address as the transport writes it, for people. */
  readonly remoteAddress: string;
  /** 32 bytes that both ends derive from the transport's handshake and no third party can choose (RFC 9266's role). */
  readonly channelBinding: Uint8Array;
  /** `true`: frames arrive once, whole and in order, or the link closes. `false`: frames may be lost, repeated, reordered. */
  readonly reliable: boolean;
  /** A larger frame is refused by `send` with `LINK_FRAME_TOO_LONG` (thrown: a caller's bug). */
  readonly frameBytesMax: number;
  /** At this many bytes waiting, `send` answers `full`. */
  readonly queueBytesMax: number;
  /** Bytes accepted by `send` and not yet handed to the operating system. */
  readonly bufferedBytes: number;
  /** Sets the receiver. Frames that arrived earlier are delivered then, in order. Must be called once, at once. */
  attach(handlers: LinkHandlers): void;
  /**
   * Queues one frame. The link reads `frame` during the call only, unless it is `given`: then its bytes, and those before it
   * in their memory, do not change any more, and the link may keep them instead of a copy.
   */
  send(frame: Uint8Array, given?: boolean): SendResult;
  /**
   * Where the frame lies that `send` took last, for whoever may have to send it again; links that keep no copy have none. One
   * object, changed by each `send`.
   */
  readonly lastSent?: SentRange;
  /** Orderly: what was accepted is still delivered where the transport can. */
  close(): void;
  /** At once: drops what is queued and tells why in the local log. */
  destroy(reason: LinkClose): void;
}

/** Opens links. */
export interface Dialer {
  /**
   * Dials `address` and expects the peer with `remoteKey`; `null` accepts any key (the caller then checks it).
   * Rejects with a `BitcrapsError`: `LINK_DIAL_FAILED`, `LINK_DIAL_TIMEOUT`, `LINK_WRONG_IDENTITY`,
   * `LINK_ADDRESS_INVALID`, `LINK_HANDSHAKE_FAILED`, `LINK_HANDSHAKE_TIMEOUT`, `LINK_PEER_CERTIFICATE`.
   */
  dial(address: string, remoteKey: Uint8Array | null): Promise<Link>;
}

/** Accepts links. */
export interface Listener {
  /** The bound address with the real port. */
  readonly address: string;
  close(): Promise<void>;
}

/** Starts listening. Rejects with `LINK_ADDRESS_IN_USE`, `LINK_ADDRESS_INVALID` or `LINK_ADDRESS_REFUSED`. */
export interface Listen {
  (address: string, accept: (link: Link) => void): Promise<Listener>;
}
