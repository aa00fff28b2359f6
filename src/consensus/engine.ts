// What the casino asks of any consensus engine, be it one validator or a Byzantine quorum.

import type { Result } from '../core/errors.ts';
import type { Block, Head } from './block.ts';

/** Where an accepted operation stands in the ledger. */
export interface Accepted {
  readonly height: bigint;
  readonly blockHash: Uint8Array;
}

export interface Engine {
  /**
   * Resolves once the operation is final and durable, or refused with a code; never rejects. Repeating the same bytes
   * is harmless: an operation that is final already resolves with its place in the ledger.
   */
  submit(operation: Uint8Array): Promise<Result<Accepted>>;
  /** Calls `listener` with each block from now on, in order, after it is final. Returns the way to stop it. */
  subscribe(listener: (block: Block) => void): () => void;
  head(): Head;
  /** The time that a block would get now, milliseconds since the Unix epoch: what is due by it is due in the ledger. */
  timeMs(): bigint;
  /** The bytes of a final block, or `undefined` above the head and below height 1. */
  block(height: bigint): Uint8Array | undefined;
  /** Finishes the block at hand and refuses what waits. */
  stop(): Promise<void>;
}
