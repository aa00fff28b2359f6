// What the dealer, a bot and the control API ask of a casino, whether its ledger is here or five hops away.

import type { Result } from '../core/errors.ts';
import type { ActionInit } from '../casino/operation.ts';
import type { CasinoState } from '../casino/state.ts';
import type { Genesis } from '../casino/genesis.ts';
import type { Head } from '../consensus/block.ts';
import type { CheckedBlock } from '../casino/replica.ts';
import type { QuorumView } from '../resilience/partitions/quorum-view.ts';

/** Why something does not work, by a code of the registry. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
}

/** An operation's place in the ledger. */
export interface Placed {
  readonly height: bigint;
  /** SHA-256 of the signed operation: one that is sent again, after a restart even, is the same. */
  readonly operation: Uint8Array;
}

export interface CasinoClient {
  /** The casino's PeerId. */
  readonly casino: Uint8Array;
  /** Known once the first answer came. */
  genesis(): Genesis | null;
  /** The newest block that this node has checked; `null` before the genesis arrived. */
  head(): Head | null;
  /** The state after the newest block that this node has checked; `null` before the genesis arrived. */
  state(): CasinoState | null;
  /**
   * Signs an action of this node's account and has it placed; resolves once it is final and this node has checked
   * the block that holds it; `NODE_BLOCK_NOT_SEEN` and `NODE_OPERATION_MISSING` where the casino said so and the ledger
   * does not. Actions of one account go one after the other, in the order of the calls. Where no quorum of validators is
   * reached, an action is refused with `NODE_MINORITY_SIDE` at once: nothing is kept to be placed later.
   */
  submit(action: ActionInit): Promise<Result<Placed>>;
  /** Calls `listener` after each block that this node has checked. Returns the way to stop it. */
  onBlock(listener: (block: CheckedBlock) => void): () => void;
  /** Whether the casino has told of later blocks than this node has checked: what it would do now is of the past. */
  isBehind(): boolean;
  /** Whether following has ended because the casino broke its own rules; `null` while all is well. */
  broken(): Trouble | null;
  /** Whether this node reaches those who finalize. */
  quorum(): QuorumView;
  /** Why the casino could not be reached the last time; `null` while it answers. */
  trouble(): Trouble | null;
  /**
   * The whole chain that this node has checked, signed by it. Throws `NODE_CASINO_NOT_SYNCED`, `TRANSCRIPT_TOO_LONG`.
   */
  transcript(): Uint8Array;
  stop(): void;
}
