// What an engine replicates: a deterministic state machine over opaque operations. The machine does not know its
// engine; the calls map to ABCI's CheckTx, FinalizeBlock, Commit and Query (CometBFT), so that one may replace another.

import type { Result } from '../core/errors.ts';

/** What the machine is told of the block that it executes. */
export interface BlockContext {
  readonly height: bigint;
  readonly timeMs: bigint;
  /** Hash of the block before. */
  readonly parent: Uint8Array;
  readonly operations: readonly Uint8Array[];
}

/** The result of executing a block on the present state, which stays as it is until `commit`. */
export interface Applied {
  /** One for each operation, in order. A refused operation has changed nothing and belongs in no block. */
  readonly outcomes: readonly Result<void>[];
  /** What the accepted operations did, encoded by the machine. */
  readonly effects: Uint8Array;
  /** Of the state after the accepted operations. */
  readonly stateHash: Uint8Array;
  /** Makes the result the present state. At most one `Applied` of a state is committed; the others are dropped. */
  commit(blockHash: Uint8Array): void;
}

/** `State` is immutable: a reader may keep what `query` gave it. */
export interface Replicated<State = unknown> {
  /**
   * Whether an operation deserves a place in the queue. Cheap and without effect; acceptance is decided by `apply`.
   * The machine may remember its work by the identity of `operation`, whose bytes must not change afterwards.
   */
  check(operation: Uint8Array): Result<void>;
  apply(block: BlockContext): Applied;
  /** The committed state. */
  query(): State;
  /** Hash of the committed state. */
  stateHash(): Uint8Array;
}
