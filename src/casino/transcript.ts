// A transcript is one file with a whole chain: genesis, every block, and a closing signed by whoever wrote the file.
// It is encoded canonically, so that every bit of it means something.

import { create } from '@bufbuild/protobuf';
import { fail, ok, type Result } from '../core/errors.ts';
import { hashIn } from '../crypto/hash.ts';
import { signIn, type Identity } from '../crypto/signing.ts';
import type { Head } from '../consensus/block.ts';
import type { Primitives } from '../env/primitives.ts';
import { decodeCanonical, encodeBody } from '../wire/body.ts';
import {
  TranscriptClosingSchema,
  TranscriptSchema,
} from '../wire/gen/bitcraps/v1/transcript_pb.ts';

/** Longer files are refused before they are read. */
export const TRANSCRIPT_BYTES_MAX: number = 64 * 1024 * 1024;

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

/** Writes and signs a transcript of the chain up to `head`. */
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
  const transcript = decodeCanonical(TranscriptSchema, bytes);
  if (!transcript.ok) return fail('TRANSCRIPT_MALFORMED', { reason: transcript.error.message });
  const { genesis, blocks, closing: closingBytes, signature } = transcript.value;
  const closing = decodeCanonical(TranscriptClosingSchema, closingBytes);
  if (!closing.ok) return fail('TRANSCRIPT_MALFORMED', { reason: closing.error.message });
  return ok({ genesis, blocks, closing: closing.value, closingBytes, signature });
}
