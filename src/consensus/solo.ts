// One validator: operations are batched into signed blocks, and each block is durable before anybody hears of it.
// While one block is being written the next operations gather, so that a busy ledger shares each sync (group commit).

import { bytesEqual } from '../core/bytes.ts';
import { BitcrapsError, fail, ok, type Result } from '../core/errors.ts';
import { hashIn } from '../crypto/hash.ts';
import type { Identity } from '../crypto/signing.ts';
import type { Clock } from '../env/clock.ts';
import type { Logger } from '../env/logger.ts';
import type { Primitives } from '../env/primitives.ts';
import type { Store } from '../env/store.ts';
import {
  operationName,
  readBlock,
  readBlocks,
  readGenesis,
  readOperationHeight,
  writeBlock,
  writeGenesis,
} from './block-log.ts';
import { checkBlock, decodeBlock, headOf, sealBlock, type Block, type Head } from './block.ts';
import type { Accepted, Engine } from './engine.ts';
import type { Applied, Replicated } from './replicated.ts';

export interface SoloLimits {
  /** Operations waiting or being written; beyond it `submit` refuses with `CONSENSUS_QUEUE_FULL`. */
  readonly pendingOperationsMax: number;
  readonly operationsPerBlockMax: number;
  /** Bytes of a whole encoded block: one end-to-end datagram of the mesh carries it. */
  readonly blockBytesMax: number;
  readonly operationBytesMax: number;
}

export const SOLO_LIMITS: SoloLimits = {
  pendingOperationsMax: 4096,
  operationsPerBlockMax: 64,
  blockBytesMax: 48 * 1024,
  operationBytesMax: 1024,
};

export interface SoloConfig {
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly store: Store;
  readonly logger: Logger;
  /** Signs the blocks. */
  readonly identity: Identity;
  /** What the chain begins with; kept in the store, and compared with what is there. */
  readonly genesis: Uint8Array;
  readonly chainId: Uint8Array;
  readonly genesisTimeMs: bigint;
  /** In its state after the genesis, before any block. */
  readonly machine: Replicated;
  readonly limits?: Partial<SoloLimits>;
}

interface Pending {
  readonly operation: Uint8Array;
  readonly hash: Uint8Array;
  readonly promise: Promise<Result<Accepted>>;
  readonly settle: (result: Result<Accepted>) => void;
}

export type OpenSoloCode = 'CONSENSUS_OTHER_GENESIS' | 'CONSENSUS_LOG_CORRUPT';

/**
 * Replays the log in `store` and goes on from there. Errors: `CONSENSUS_OTHER_GENESIS`, `CONSENSUS_LOG_CORRUPT`.
 * Rejects with what `store` throws.
 */
export async function openSolo(config: SoloConfig): Promise<Result<Engine, OpenSoloCode>> {
  const known = readGenesis(config.store);
  if (known === undefined) await writeGenesis(config.store, config.genesis);
  else if (!bytesEqual(known, config.genesis)) return fail('CONSENSUS_OTHER_GENESIS', {});
  const head = replay(config);
  if (!head.ok) return head;
  return ok(new SoloEngine(config, head.value));
}

function replay(config: SoloConfig): Result<Head, 'CONSENSUS_LOG_CORRUPT'> {
  const { primitives, store, machine, chainId, identity } = config;
  let head: Head = {
    height: 0n,
    hash: chainId,
    timeMs: config.genesisTimeMs,
    stateRoot: machine.stateHash(),
  };
  for (const bytes of readBlocks(store)) {
    const height = head.height + 1n;
    const corrupt = (reason: string): Result<Head, 'CONSENSUS_LOG_CORRUPT'> =>
      fail('CONSENSUS_LOG_CORRUPT', { height, reason });
    const block = decodeBlock(primitives, bytes);
    if (!block.ok) return corrupt(block.error.message);
    const checked = checkBlock(primitives, block.value, chainId, head, identity.publicKey);
    if (!checked.ok) return corrupt(checked.error.message);
    const { header, operations, effects } = block.value;
    const { timeMs, parent } = header;
    const applied = machine.apply({ height, timeMs, parent, operations });
    const refused = applied.outcomes.find((outcome) => !outcome.ok);
    if (refused !== undefined && !refused.ok) return corrupt(refused.error.message);
    if (!bytesEqual(applied.effects, effects)) return corrupt('other effects');
    if (!bytesEqual(applied.stateHash, header.stateRoot)) return corrupt('another state');
    applied.commit(block.value.hash);
    head = headOf(block.value);
  }
  return ok(head);
}

function failureOf(error: unknown): BitcrapsError {
  if (error instanceof BitcrapsError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new BitcrapsError('CONSENSUS_STORE_FAILED', { detail }, { cause: error });
}

class SoloEngine implements Engine {
  readonly #config: SoloConfig;
  readonly #limits: SoloLimits;
  readonly #listeners = new Set<(block: Block) => void>();
  /** Waiting, in order of arrival. */
  #queue: Pending[] = [];
  /** Waiting or being written, by `operationName`: a repeated operation shares the first one's answer. */
  readonly #pending = new Map<string, Pending>();
  #head: Head;
  /** When `#head` became the head, on the monotonic clock. */
  #headAtMs: number;
  #working: Promise<void> | null = null;
  #refusal: BitcrapsError | null = null;

  constructor(config: SoloConfig, head: Head) {
    this.#config = config;
    this.#limits = { ...SOLO_LIMITS, ...config.limits };
    this.#head = head;
    this.#headAtMs = config.clock.now();
  }

  submit(received: Uint8Array): Promise<Result<Accepted>> {
    const placed = this.#place(received);
    return placed instanceof Promise ? placed : Promise.resolve(placed);
  }

  subscribe(listener: (block: Block) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  head(): Head {
    return this.#head;
  }

  /** The wall clock's, or, while that lags behind the last block after a jump, the last block's time and what passed since. */
  timeMs(): bigint {
    const { clock } = this.#config;
    const wallMs = BigInt(Math.floor(clock.wallMs()));
    const passedMs = BigInt(Math.max(1, Math.floor(clock.now() - this.#headAtMs)));
    const carriedMs = this.#head.timeMs + passedMs;
    return wallMs > this.#head.timeMs ? wallMs : carriedMs;
  }

  block(height: bigint): Uint8Array | undefined {
    if (height < 1n || height > this.#head.height) return undefined;
    return readBlock(this.#config.store, height);
  }

  async stop(): Promise<void> {
    this.#refusal ??= new BitcrapsError('CONSENSUS_STOPPED', {});
    await this.#working;
    this.#listeners.clear();
  }

  #place(received: Uint8Array): Result<Accepted> | Promise<Result<Accepted>> {
    const { primitives, store, machine } = this.#config;
    const { operationBytesMax: bytesMax, pendingOperationsMax } = this.#limits;
    if (this.#refusal !== null) return { ok: false, error: this.#refusal };
    const bytes = received.length;
    if (bytes > bytesMax) return fail('CONSENSUS_OPERATION_TOO_LONG', { bytes, bytesMax });
    const operation = received.slice();
    const hash = hashIn(primitives, 'casino-operation', operation);
    const name = operationName(hash);
    const same = this.#pending.get(name);
    if (same !== undefined) return same.promise;
    try {
      const height = readOperationHeight(store, hash);
      if (height !== undefined) return this.#alreadyFinal(height);
    } catch (error) {
      return { ok: false, error: failureOf(error) };
    }
    if (this.#pending.size >= pendingOperationsMax) {
      return fail('CONSENSUS_QUEUE_FULL', { pending: this.#pending.size });
    }
    const checked = machine.check(operation);
    if (!checked.ok) return checked;
    const { promise, resolve } = Promise.withResolvers<Result<Accepted>>();
    const settle = (result: Result<Accepted>): void => {
      this.#pending.delete(name);
      resolve(result);
    };
    const pending: Pending = { operation, hash, promise, settle };
    this.#pending.set(name, pending);
    this.#queue.push(pending);
    this.#working ??= this.#work();
    return promise;
  }

  #alreadyFinal(height: bigint): Result<Accepted> {
    const bytes = readBlock(this.#config.store, height);
    const block = bytes === undefined ? null : decodeBlock(this.#config.primitives, bytes);
    if (block === null) return fail('CONSENSUS_LOG_CORRUPT', { height, reason: 'it is missing' });
    if (!block.ok) return fail('CONSENSUS_LOG_CORRUPT', { height, reason: block.error.message });
    return ok({ height, blockHash: block.value.hash });
  }

  async #work(): Promise<void> {
    // One turn later, so that what is submitted together shares a block.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, this.#limits.operationsPerBlockMax);
      if (this.#refusal !== null) {
        for (const pending of batch) pending.settle({ ok: false, error: this.#refusal });
        continue;
      }
      try {
        await this.#finalize(batch);
      } catch (error) {
        this.#halt(error, batch);
      }
    }
    this.#working = null;
  }

  /** Executes, writes, commits, announces: in this order, so that nothing is announced that a crash could lose. */
  async #finalize(batch: readonly Pending[]): Promise<void> {
    const { primitives, clock, identity, machine, chainId, store, logger } = this.#config;
    const height = this.#head.height + 1n;
    const timeMs = this.timeMs();
    const parent = this.#head.hash;
    const operations = batch.map((pending) => pending.operation);
    const applied = machine.apply({ height, timeMs, parent, operations });
    const accepted = batch.filter((_, at) => applied.outcomes[at]?.ok === true);
    if (accepted.length === 0) {
      settleRefused(batch, applied);
      return;
    }
    const block = sealBlock(primitives, identity, {
      chainId,
      height,
      parent,
      timeMs,
      stateRoot: applied.stateHash,
      operations: accepted.map((pending) => pending.operation),
      effects: applied.effects,
    });
    if (block.bytes.length > this.#limits.blockBytesMax) {
      await this.#halve(batch, block.bytes.length);
      return;
    }
    settleRefused(batch, applied);
    try {
      await writeBlock(
        store,
        block,
        accepted.map((pending) => pending.hash),
      );
    } catch (error) {
      const failure = failureOf(error);
      logger.error('block-not-written', { height, code: failure.code, detail: failure.message });
      for (const pending of accepted) pending.settle({ ok: false, error: failure });
      return;
    }
    applied.commit(block.hash);
    this.#head = headOf(block);
    this.#headAtMs = clock.now();
    const place = ok({ height, blockHash: block.hash });
    for (const pending of accepted) pending.settle(place);
    this.#announce(block);
  }

  /** The block became too long: the second half of its operations waits for the next one. */
  async #halve(batch: readonly Pending[], bytes: number): Promise<void> {
    const { blockBytesMax: bytesMax } = this.#limits;
    const [first] = batch;
    if (batch.length === 1 && first !== undefined) {
      first.settle(fail('CONSENSUS_BLOCK_TOO_LONG', { bytes, bytesMax }));
      return;
    }
    const half = batch.length >> 1;
    this.#queue.unshift(...batch.slice(half));
    await this.#finalize(batch.slice(0, half));
  }

  #announce(block: Block): void {
    for (const listener of this.#listeners) {
      try {
        listener(block);
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        this.#config.logger.error('block-listener-failed', { height: block.header.height, detail });
      }
    }
  }

  /** A broken invariant: nothing more is written, since the state can no longer be trusted. */
  #halt(error: unknown, batch: readonly Pending[]): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#config.logger.error('ledger-halted', { height: this.#head.height, reason });
    this.#refusal = new BitcrapsError('CONSENSUS_HALTED', { reason }, { cause: error });
    for (const pending of batch) pending.settle({ ok: false, error: this.#refusal });
  }
}

function settleRefused(batch: readonly Pending[], applied: Applied): void {
  batch.forEach((pending, at) => {
    const outcome = applied.outcomes[at];
    if (outcome !== undefined && !outcome.ok) pending.settle(outcome);
  });
}
