// A block of the ledger: a signed header that commits to its parent, its operations, what they did, and the state
// after them. What is hashed and signed is the header's canonical bytes as received.

import { create } from '@bufbuild/protobuf';
import { bytesEqual } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/errors.ts';
import { hashIn } from '../crypto/hash.ts';
import { signIn, verifyIn, type Identity } from '../crypto/signing.ts';
import type { Primitives } from '../env/primitives.ts';
import { decodeCanonical, encodeBody } from '../wire/body.ts';
import { BlockHeaderSchema, BlockSchema } from '../wire/gen/bitcraps/v1/transcript_pb.ts';

export const HASH_BYTES = 32;

export interface BlockHeader {
  readonly chainId: Uint8Array;
  /** 1 for the first block; the genesis counts as height 0. */
  readonly height: bigint;
  /** The parent's hash; the chain id at height 1. */
  readonly parent: Uint8Array;
  /** Milliseconds since the Unix epoch by the operator's clock, after the parent's. */
  readonly timeMs: bigint;
  readonly operationsHash: Uint8Array;
  readonly effectsHash: Uint8Array;
  /** Of the state after this block. */
  readonly stateRoot: Uint8Array;
}

export interface Block {
  readonly header: BlockHeader;
  /** Hash of the header's bytes: the block's name. */
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
  readonly operations: readonly Uint8Array[];
  /** What the operations did, as the state machine encodes it. */
  readonly effects: Uint8Array;
  /** The whole block as stored and sent. */
  readonly bytes: Uint8Array;
  readonly headerBytes: Uint8Array;
}

/** The end of a chain: what the next block must build on. */
export interface Head {
  readonly height: bigint;
  readonly hash: Uint8Array;
  readonly timeMs: bigint;
  readonly stateRoot: Uint8Array;
}

export function headOf(block: Block): Head {
  const { height, timeMs, stateRoot } = block.header;
  return { height, hash: block.hash, timeMs, stateRoot };
}

export type BlockDraft = Omit<BlockHeader, 'operationsHash' | 'effectsHash'> & {
  readonly operations: readonly Uint8Array[];
  readonly effects: Uint8Array;
};

/** Writes and signs a block. */
export function sealBlock(primitives: Primitives, identity: Identity, draft: BlockDraft): Block {
  const { chainId, height, parent, timeMs, stateRoot, operations, effects } = draft;
  const header: BlockHeader = {
    chainId,
    height,
    parent,
    timeMs,
    operationsHash: hashIn(primitives, 'casino-operation', ...operations),
    effectsHash: hashIn(primitives, 'casino-effects', effects),
    stateRoot,
  };
  const headerBytes = encodeBody(BlockHeaderSchema, create(BlockHeaderSchema, header));
  const signature = signIn(primitives, identity, 'casino-block', headerBytes);
  const bytes = encodeBody(
    BlockSchema,
    create(BlockSchema, { header: headerBytes, signature, operations: [...operations], effects }),
  );
  const hash = hashIn(primitives, 'casino-block', headerBytes);
  return { header, hash, signature, operations, effects, bytes, headerBytes };
}

/** Reads a block; whether it belongs to a chain is for `checkBlock`. */
export function decodeBlock(
  primitives: Primitives,
  bytes: Uint8Array,
): Result<Block, 'CONSENSUS_BLOCK_MALFORMED'> {
  const block = decodeCanonical(BlockSchema, bytes);
  if (!block.ok) return fail('CONSENSUS_BLOCK_MALFORMED', { reason: block.error.message });
  const { header: headerBytes, signature, operations, effects } = block.value;
  const header = decodeCanonical(BlockHeaderSchema, headerBytes);
  if (!header.ok) return fail('CONSENSUS_BLOCK_MALFORMED', { reason: header.error.message });
  const { chainId, height, parent, timeMs, operationsHash, effectsHash, stateRoot } = header.value;
  const hashes = [chainId, parent, operationsHash, effectsHash, stateRoot];
  if (hashes.some((hash) => hash.length !== HASH_BYTES)) {
    return fail('CONSENSUS_BLOCK_MALFORMED', { reason: `a hash is not ${HASH_BYTES} bytes long` });
  }
  return ok({
    header: { chainId, height, parent, timeMs, operationsHash, effectsHash, stateRoot },
    hash: hashIn(primitives, 'casino-block', headerBytes),
    signature,
    operations,
    effects,
    bytes,
    headerBytes,
  });
}

export type BlockCheckCode =
  | 'CONSENSUS_BLOCK_CHAIN'
  | 'CONSENSUS_BLOCK_HEIGHT'
  | 'CONSENSUS_BLOCK_PARENT'
  | 'CONSENSUS_BLOCK_TIME'
  | 'CONSENSUS_BLOCK_SIGNATURE'
  | 'CONSENSUS_BLOCK_CONTENT';

/** Whether `block` may follow `head` on this chain, signed by `signer`: everything but its execution. */
export function checkBlock(
  primitives: Primitives,
  block: Block,
  chainId: Uint8Array,
  head: Head,
  signer: Uint8Array,
): Result<void, BlockCheckCode> {
  const { header, headerBytes, signature, operations, effects } = block;
  const { height } = header;
  if (!bytesEqual(header.chainId, chainId)) return fail('CONSENSUS_BLOCK_CHAIN', { height });
  const expected = head.height + 1n;
  if (height !== expected) return fail('CONSENSUS_BLOCK_HEIGHT', { height, expected });
  if (!bytesEqual(header.parent, head.hash)) return fail('CONSENSUS_BLOCK_PARENT', { height });
  if (header.timeMs <= head.timeMs) return fail('CONSENSUS_BLOCK_TIME', { height });
  if (!verifyIn(primitives, signer, 'casino-block', headerBytes, signature)) {
    return fail('CONSENSUS_BLOCK_SIGNATURE', { height });
  }
  const operationsHash = hashIn(primitives, 'casino-operation', ...operations);
  if (!bytesEqual(operationsHash, header.operationsHash)) {
    return fail('CONSENSUS_BLOCK_CONTENT', { height, part: 'operations' });
  }
  if (!bytesEqual(hashIn(primitives, 'casino-effects', effects), header.effectsHash)) {
    return fail('CONSENSUS_BLOCK_CONTENT', { height, part: 'effects' });
  }
  return ok(undefined);
}
