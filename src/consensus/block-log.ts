// The durable log of one chain inside a store: the genesis, each block by its height, and where each operation stands.

import { toHex, utf8, concat } from '../core/bytes.ts';
import type { Store, StoreWrite } from '../env/store.ts';
import { readU64, writeU64 } from '../wire/big-endian.ts';
import type { Block } from './block.ts';

const GENESIS_KEY = utf8('ledger/genesis');
const BLOCK_PREFIX = utf8('ledger/block/');
const OPERATION_PREFIX = utf8('ledger/operation/');
/** Blocks read at a time when the log is replayed. */
const REPLAY_BLOCKS_MAX = 64;

function heightBytes(height: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  writeU64(bytes, 0, height);
  return bytes;
}

function blockKey(height: bigint): Uint8Array {
  return concat(BLOCK_PREFIX, heightBytes(height));
}

/** The genesis that this store's ledger was begun with, if any. */
export function readGenesis(store: Store): Uint8Array | undefined {
  return store.get(GENESIS_KEY);
}

export async function writeGenesis(store: Store, genesis: Uint8Array): Promise<void> {
  await store.write([{ kind: 'put', key: GENESIS_KEY, value: genesis }]);
}

export function readBlock(store: Store, height: bigint): Uint8Array | undefined {
  return store.get(blockKey(height));
}

/** Stored blocks in order from height 1. A gap shows as a block of the wrong height. */
export function* readBlocks(store: Store): Generator<Uint8Array> {
  const end = concat(BLOCK_PREFIX, new Uint8Array(9).fill(0xff));
  let next = 1n;
  for (;;) {
    const entries = store.range(blockKey(next), end, REPLAY_BLOCKS_MAX);
    for (const { value } of entries) yield value;
    const last = entries.at(-1);
    if (last === undefined || entries.length < REPLAY_BLOCKS_MAX) return;
    next = readU64(last.key, BLOCK_PREFIX.length) + 1n;
  }
}

/** The height of the block that holds an operation of this hash, if any. */
export function readOperationHeight(store: Store, operationHash: Uint8Array): bigint | undefined {
  const value = store.get(concat(OPERATION_PREFIX, operationHash));
  return value === undefined ? undefined : readU64(value, 0);
}

/** One batch, so that a block is there with its index or not at all. */
export async function writeBlock(
  store: Store,
  block: Block,
  operationHashes: readonly Uint8Array[],
): Promise<void> {
  const { height } = block.header;
  const batch: StoreWrite[] = [{ kind: 'put', key: blockKey(height), value: block.bytes }];
  const value = heightBytes(height);
  for (const hash of operationHashes) {
    batch.push({ kind: 'put', key: concat(OPERATION_PREFIX, hash), value });
  }
  await store.write(batch);
}

/** A map key for an operation. */
export function operationName(operationHash: Uint8Array): string {
  return toHex(operationHash);
}
