// What a mesh tells of the packets that its links carry, to whom accounts for them: gateways do, for their bridges. All of
// it lies on the path of every packet.

import type { BitcrapsError, ErrorCode } from '../core/errors.ts';

/** The account of one link that carries the mesh. A packet is what stands in `bytes` from `at` on. */
export interface LinkAccount {
  /** A packet is about to wait for the link; an error refuses it. */
  take(bytes: Uint8Array, at: number): BitcrapsError | null;
  /** The link did not take the packet that `take` allowed. */
  retract(bytes: Uint8Array, at: number): void;
  /** The other end has the packet. */
  acknowledged(bytes: Uint8Array, at: number): void;
  /** The packet will not be acknowledged over this link: it goes another way, or was dropped while it waited. */
  gaveUp(bytes: Uint8Array, at: number): void;
  /** A packet came over the link; an error refuses it. */
  came(bytes: Uint8Array, at: number): BitcrapsError | null;
  /** A packet of `bytes` that came over the link goes no further. `source`: its PeerId; `null` if it is malformed. */
  dropped(source: Uint8Array | null, bytes: number, code: ErrorCode): void;
  /** The link has ended: what was not acknowledged never will be. */
  close(): void;
}

/** Opens the account of a link to a neighbour. */
export type LinkAccounts = (neighbour: Uint8Array) => LinkAccount;
