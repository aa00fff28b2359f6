// What two neighbours compare when their link comes up: first one hash over everything, and only where that differs the
// list of what they have, in ranges, so that each then sends exactly what the other lacks.

import { create } from '@bufbuild/protobuf';
import { compareBytes, concat } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/errors.ts';
import { PEER_ID_BYTES } from '../core/peer-id.ts';
import { hashIn } from '../crypto/hash.ts';
import type { Primitives } from '../env/primitives.ts';
import { decodeCanonical, encodeBody } from '../wire/body.ts';
import {
  LinkStateDigestSchema,
  LinkStateEntrySchema,
  LinkStateRangeSchema,
  LinkStateSummarySchema,
  type LinkStateDigest,
} from '../wire/gen/bitcraps/v1/link_state_pb.ts';

/** Entries of one range: about 64 bytes each, so 32 KiB. */
export const RANGE_ENTRIES_MAX = 512;
/** Longer payloads are refused undecoded; the longest range takes about half. */
export const DIGEST_BYTES_MAX: number = 64 * 1024;
/** Enough of the hash to tell two contents of one sequence apart. */
export const ENTRY_HASH_BYTES = 16;
const SUMMARY_BYTES = 32;
const SEQUENCE_BYTES = 8;
const EMPTY: Uint8Array = new Uint8Array(0);

export interface DigestEntry {
  /** PeerId. */
  readonly originator: Uint8Array;
  readonly sequence: bigint;
  /** First `ENTRY_HASH_BYTES` of the record's hash. */
  readonly hash: Uint8Array;
}

export type Digest =
  | { readonly kind: 'summary'; readonly hash: Uint8Array }
  /** All entries of the sender with `after` < originator ≤ `upTo`; `null` for an open end. */
  | {
      readonly kind: 'range';
      readonly after: Uint8Array | null;
      readonly upTo: Uint8Array | null;
      readonly entries: readonly DigestEntry[];
    };

/** One hash over entries in ascending order. */
export function summaryOf(primitives: Primitives, entries: readonly DigestEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { originator, sequence, hash } of entries) {
    const number = new Uint8Array(SEQUENCE_BYTES);
    new DataView(number.buffer).setBigUint64(0, sequence);
    parts.push(originator, number, hash);
  }
  return hashIn(primitives, 'link-state', concat(...parts));
}

export function encodeDigest(digest: Digest): Uint8Array {
  const content: LinkStateDigest['content'] =
    digest.kind === 'summary'
      ? { case: 'summary', value: create(LinkStateSummarySchema, { hash: digest.hash }) }
      : {
          case: 'range',
          value: create(LinkStateRangeSchema, {
            after: digest.after ?? EMPTY,
            upTo: digest.upTo ?? EMPTY,
            entries: digest.entries.map((entry) => create(LinkStateEntrySchema, entry)),
          }),
        };
  return encodeBody(LinkStateDigestSchema, create(LinkStateDigestSchema, { content }));
}

/** At most `DIGEST_BYTES_MAX`, canonical. */
export function decodeDigest(payload: Uint8Array): Result<Digest, 'ROUTING_DIGEST_MALFORMED'> {
  if (payload.length > DIGEST_BYTES_MAX) return malformed('too long');
  const decoded = decodeCanonical(LinkStateDigestSchema, payload);
  if (!decoded.ok) return malformed(decoded.error.message);
  const { content } = decoded.value;
  if (content.case === undefined) return malformed('empty');
  if (content.case === 'summary') {
    const { hash } = content.value;
    return hash.length === SUMMARY_BYTES ? ok({ kind: 'summary', hash }) : malformed('summary');
  }
  const { entries } = content.value;
  const after = endOf(content.value.after);
  const upTo = endOf(content.value.upTo);
  if (after === undefined || upTo === undefined) return malformed('end of range');
  if (after !== null && upTo !== null && compareBytes(after, upTo) >= 0) return malformed('range');
  if (entries.length > RANGE_ENTRIES_MAX) return malformed('too many entries');
  let previous = after;
  for (const { originator, hash } of entries) {
    if (originator.length !== PEER_ID_BYTES || hash.length !== ENTRY_HASH_BYTES) {
      return malformed('entry');
    }
    if (previous !== null && compareBytes(previous, originator) >= 0) return malformed('order');
    previous = originator;
  }
  if (upTo !== null && previous !== null && compareBytes(previous, upTo) > 0) {
    return malformed('order');
  }
  return ok({ kind: 'range', after, upTo, entries });
}

/** A PeerId, `null` for an open end, `undefined` for what is neither. */
function endOf(bytes: Uint8Array): Uint8Array | null | undefined {
  if (bytes.length === 0) return null;
  return bytes.length === PEER_ID_BYTES ? bytes : undefined;
}

function malformed(detail: string): Result<never, 'ROUTING_DIGEST_MALFORMED'> {
  return fail('ROUTING_DIGEST_MALFORMED', { detail });
}
