// Checks a transcript without any network and without trusting its author: signatures, proofs, dice, every pay-out,
// the supply, and that nothing between its first and last block is missing.

import { decodeBlock } from '../consensus/block.ts';
import { bytesEqual, toHex } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/errors.ts';
import { verifyIn } from '../crypto/signing.ts';
import type { Primitives } from '../env/primitives.ts';
import { decodeGenesis } from './genesis.ts';
import { createReplica, type Replica } from './replica.ts';
import { recountSupply } from './state.ts';
import type { TranscriptCode } from './transcript-code.ts';
import { createReportBuilder, type TranscriptReport } from './transcript-report.ts';
import { contentHash, decodeTranscript, type Transcript } from './transcript.ts';

export interface VerifyOptions {
  /** The casino's PeerId, if only that one will do. */
  readonly casino?: Uint8Array;
  /** A block that a player's node has checked, if only a chain that contains it will do. */
  readonly seen?: SeenBlock;
}

/** The genesis is block 0, its hash the chain id. */
export interface SeenBlock {
  readonly height: bigint;
  /** 32 bytes. */
  readonly hash: Uint8Array;
}

/**
 * What the transcript proves, or the first thing that fails, with its height, roll and bet where it has them.
 * First the file as a whole (form, signature, integrity), then the chain block by block from the genesis, at last
 * whether it contains the block that was seen (`TRANSCRIPT_SEEN_MISSING`): a file cut off before that block fails.
 */
export function verifyTranscript(
  primitives: Primitives,
  bytes: Uint8Array,
  options: VerifyOptions = {},
): Result<TranscriptReport, TranscriptCode> {
  const decoded = decodeTranscript(bytes);
  if (!decoded.ok) return decoded;
  const transcript = decoded.value;
  const whole = checkWhole(primitives, transcript);
  if (!whole.ok) return whole;
  const replica = createReplica(primitives, transcript.genesis, options);
  if (!replica.ok) return replica;
  const { seen } = options;
  let foundHash = seen?.height === 0n ? replica.value.chainId : null;
  const builder = createReportBuilder();
  for (const blockBytes of transcript.blocks) {
    const added = replica.value.add(blockBytes);
    if (!added.ok) return added;
    const { header, hash } = added.value.block;
    if (header.height === seen?.height) foundHash = hash;
    builder.add(added.value);
  }
  const ended = checkEnd(replica.value, transcript);
  if (!ended.ok) return ended;
  const contained = checkSeen(replica.value, seen, foundHash);
  if (!contained.ok) return contained;
  return ok(builder.finish(replica.value, transcript.closing.signer));
}

/** Whether the file is the one that its author signed; a changed byte is placed at its block where that can be told. */
function checkWhole(
  primitives: Primitives,
  { genesis, blocks, closing, closingBytes, signature }: Transcript,
): Result<void, TranscriptCode> {
  if (!verifyIn(primitives, closing.signer, 'transcript', closingBytes, signature)) {
    return fail('TRANSCRIPT_CLOSING_WRONG', { reason: 'it is not signed by the author it names' });
  }
  if (bytesEqual(contentHash(primitives, genesis, blocks), closing.contentHash))
    return ok(undefined);
  const founded = decodeGenesis(primitives, genesis);
  if (!founded.ok) return fail('TRANSCRIPT_GENESIS_INVALID', { reason: founded.error.message });
  let height = 0n;
  for (const bytes of blocks) {
    height += 1n;
    const block = decodeBlock(primitives, bytes);
    if (!block.ok) return fail('TRANSCRIPT_CHAIN_BROKEN', { height, reason: block.error.message });
  }
  return fail('TRANSCRIPT_CLOSING_WRONG', {
    reason: 'the blocks are not those that it was signed for',
  });
}

/** Whether the closing tells where the chain really ended. */
function checkEnd(
  replica: Replica,
  { closing }: Transcript,
): Result<void, 'TRANSCRIPT_CLOSING_WRONG' | 'TRANSCRIPT_SUPPLY_WRONG'> {
  const head = replica.head();
  const reached =
    closing.height === head.height &&
    bytesEqual(closing.blockHash, head.hash) &&
    bytesEqual(closing.stateRoot, head.stateRoot);
  if (!reached) {
    return fail('TRANSCRIPT_CLOSING_WRONG', { reason: 'it names another last block or state' });
  }
  const { sum: found } = recountSupply(replica.state());
  const cap = replica.genesis.supplyCap;
  if (found !== cap) return fail('TRANSCRIPT_SUPPLY_WRONG', { height: head.height, found, cap });
  return ok(undefined);
}

/** `found` is the hash of the chain's block at the height that was seen; `null` if it has none. */
function checkSeen(
  replica: Replica,
  seen: SeenBlock | undefined,
  found: Uint8Array | null,
): Result<void, 'TRANSCRIPT_SEEN_MISSING'> {
  if (seen === undefined || (found !== null && bytesEqual(found, seen.hash))) return ok(undefined);
  const reason =
    found === null
      ? `its last block is ${replica.head().height}`
      : `its block there has the hash ${toHex(found)}`;
  return fail('TRANSCRIPT_SEEN_MISSING', { height: seen.height, hash: toHex(seen.hash), reason });
}
