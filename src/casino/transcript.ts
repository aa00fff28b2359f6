// A transcript is one file with a whole chain: genesis, every block, and a closing signed by whoever wrote the file.
// It is encoded canonically, so that every bit of it means something.

import { create } from '@bufbuild/protobuf';
import { BitcrapsError, fail, ok, type Result } from '../core/errors.ts';
import { hashIn } from '../crypto/hash.ts';
import { signIn, type Identity } from '../crypto/signing.ts';
import type { Head } from '../consensus/block.ts';
import type { Primitives } from '../env/primitives.ts';
import { decodeCanonical, encodeBody } from '../wire/body.ts';
import {
  TranscriptClosingSchema,
  TranscriptSchema,
} from '../wire/gen/bitcraps/v1/transcript_pb.ts';

/** Longer files are neither written nor read: a checker holds the whole file in memory. */
export const TRANSCRIPT_BYTES_MAX: number = 256 * 1024 * 1024;
/** No block is shorter: its header names a chain, a parent and three hashes, and is signed. */
const BLOCK_BYTES_MIN = 200;
/** Far above what a validator puts into a block. */
const BLOCK_BYTES_MAX = 1024 * 1024;
/** What closing and signature take in a file at most: a signer, a height of 64 bits, three hashes, and a signature. */
const ENDING_BYTES_MAX = 216;

/** What a genesis or a block of `length` bytes takes in a file: a tag, the length in groups of seven bits, the bytes. */
export function transcriptFieldBytes(length: number): number {
  let bytes = 2 + length;
  for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** Bytes of the file of these lengths, at most 11 more than it will have. */
export function transcriptBytes(genesisLength: number, blockLengths: Iterable<number>): number {
  let bytes = ENDING_BYTES_MAX + transcriptFieldBytes(genesisLength);
  for (const length of blockLengths) bytes += transcriptFieldBytes(length);
  return bytes;
}

export interface TranscriptClosing {
  /** Who wrote the file and vouches that nothing up to here is left out: the operator or a player. */
  readonly signer: Uint8Array;
  readonly height: bigint;
  readonly blockHash: Uint8Array;
  readonly stateRoot: Uint8Array;
  /** Over the genesis and every block, see `contentHash`. */
  readonly contentHash: Uint8Array;
}

export interface Transcript {
  /** Signed, as founded. */
  readonly genesis: Uint8Array;
  /** In order from height 1. */
  readonly blocks: readonly Uint8Array[];
  readonly closing: TranscriptClosing;
  readonly closingBytes: Uint8Array;
  readonly signature: Uint8Array;
}

/** A chain of hashes: H(…H(H(genesis) ‖ block 1)… ‖ block n). */
export function contentHash(
  primitives: Primitives,
  genesis: Uint8Array,
  blocks: Iterable<Uint8Array>,
): Uint8Array {
  let hash = hashIn(primitives, 'transcript', genesis);
  for (const block of blocks) hash = hashIn(primitives, 'transcript', hash, block);
  return hash;
}

/**
 * Writes and signs a transcript of the chain up to `head`. Throws `TRANSCRIPT_TOO_LONG`, before anything is hashed or
 * copied, if it would come to more than `TRANSCRIPT_BYTES_MAX` by the count of `transcriptBytes`.
 */
export function encodeTranscript(
  primitives: Primitives,
  signer: Identity,
  chain: {
    readonly genesis: Uint8Array;
    readonly blocks: readonly Uint8Array[];
    readonly head: Head;
  },
): Uint8Array {
  const { genesis, blocks, head } = chain;
  const lengths = blocks.map((block) => block.length);
  const bytes = transcriptBytes(genesis.length, lengths);
  if (bytes > TRANSCRIPT_BYTES_MAX) {
    throw new BitcrapsError('TRANSCRIPT_TOO_LONG', { bytes, bytesMax: TRANSCRIPT_BYTES_MAX });
  }
  const closing = encodeBody(
    TranscriptClosingSchema,
    create(TranscriptClosingSchema, {
      signer: signer.publicKey,
      height: head.height,
      blockHash: head.hash,
      stateRoot: head.stateRoot,
      contentHash: contentHash(primitives, genesis, blocks),
    }),
  );
  const signature = signIn(primitives, signer, 'transcript', closing);
  return encodeBody(
    TranscriptSchema,
    create(TranscriptSchema, { genesis, blocks: [...blocks], closing, signature }),
  );
}

/** Reads a transcript; whether it holds is for `verifyTranscript`. */
export function decodeTranscript(
  bytes: Uint8Array,
): Result<Transcript, 'TRANSCRIPT_MALFORMED' | 'TRANSCRIPT_TOO_LONG'> {
  if (bytes.length > TRANSCRIPT_BYTES_MAX) {
    return fail('TRANSCRIPT_TOO_LONG', { bytes: bytes.length, bytesMax: TRANSCRIPT_BYTES_MAX });
  }
  const reason = misfit(bytes);
  if (reason !== null) return fail('TRANSCRIPT_MALFORMED', { reason });
  const transcript = decodeCanonical(TranscriptSchema, bytes);
  if (!transcript.ok) return fail('TRANSCRIPT_MALFORMED', { reason: transcript.error.message });
  const { genesis, blocks, closing: closingBytes, signature } = transcript.value;
  const closing = decodeCanonical(TranscriptClosingSchema, closingBytes);
  if (!closing.ok) return fail('TRANSCRIPT_MALFORMED', { reason: closing.error.message });
  return ok({ genesis, blocks, closing: closing.value, closingBytes, signature });
}

/** Tags of genesis, block, closing and signature. */
const TAGS: ReadonlySet<number | undefined> = new Set([0x0a, 0x12, 0x1a, 0x22]);
const BLOCK_TAG = 0x12;

/**
 * The first part that no transcript has. It is looked for before anything is decoded, since millions of empty parts in a
 * short file would become objects of many times its size.
 */
function misfit(bytes: Uint8Array): string | null {
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at];
    if (!TAGS.has(tag)) return `at byte ${at} a field that no transcript has`;
    let length = 0;
    let place = 1;
    let next = 0x80;
    let from = at + 1;
    for (; next >= 0x80 && from < bytes.length && place <= TRANSCRIPT_BYTES_MAX; from += 1) {
      next = bytes[from] ?? 0;
      length += (next & 0x7f) * place;
      place *= 0x80;
    }
    if (next >= 0x80 || from + length > bytes.length) {
      return `at byte ${at} a field that is longer than the file`;
    }
    if (tag === BLOCK_TAG && (length < BLOCK_BYTES_MIN || length > BLOCK_BYTES_MAX)) {
      return `at byte ${at} a block of ${length} bytes`;
    }
    at = from + length;
  }
  return null;
}
