// What a mesh tells of the packets that its links carry, to whom accounts for them: gateways do, for their bridges. All of
// it lies on the path of every packet.

import type { BitcrapsError, ErrorCode } from '../core/errors.ts';

/** What comes over a link. A packet is what stands in `bytes` from `at` on. */
export interface LinkArrivals {
  /** A packet came; an error refuses it. */
  came(bytes: Uint8Array, at: number): BitcrapsError | null;
  /** A packet of `bytes` that came goes no further. `source`: its PeerId; `null` if it is malformed. */
  dropped(source: Uint8Array | null, bytes: number, code: ErrorCode): void;
}

/** What goes over a link that carries the mesh. */
export interface LinkAccount {
  /** A packet is about to wait for the link; an error refuses it. */
  take(bytes: Uint8Array, at: number): BitcrapsError | null;
  /** The link did not take the packet that `take` allowed. */
  retract(bytes: Uint8Array, at: number): void;
  /** The other end has the packet, which is `length` bytes long. */
  acknowledged(bytes: Uint8Array, at: number, length: number): void;
  /** The packet will not be acknowledged over this link: it goes another way, or was dropped while it waited. */
  gaveUp(bytes: Uint8Array, at: number): void;
  /** The link has ended: what was not acknowledged never will be. */
  close(): void;
}

/** Who accounts for links. */
export interface LinkAccounts {
  /** For any link to the neighbour, from its handshake on: of two, both may bring packets for a moment. */
  arrivals(neighbour: Uint8Array): LinkArrivals;
  /** For the one that carries the mesh; an older one has ended. */
  open(neighbour: Uint8Array): LinkAccount;
}
