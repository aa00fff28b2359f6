// Notices that a packet could not be delivered: advice from a relay or gateway to a source, not authenticated, bounded
// in rate for each source so that nobody can be flooded by forged packets (RFC 1812 section 4.3.2.8 asks the same).

import { create } from '@bufbuild/protobuf';
import { PEER_ID_BYTES } from '../core/peer-id.ts';
import { byteKey, type ByteKey } from '../routing/byte-key.ts';
import { createTokenBucket, type TokenBucket } from '../core/token-bucket.ts';
import { decodeBody, encodeBody } from '../wire/body.ts';
import { UnreachableSchema } from '../wire/gen/bitcraps/v1/session_pb.ts';

/** What a source is told of, so that it can react; the rest is counted only. */
export const TOLD: ReadonlySet<string> = new Set([
  'GATEWAY_CREDIT_EXHAUSTED',
  'MESH_NO_BRIDGE',
  'ROUTING_PORT_UNKNOWN',
  'ROUTING_ROUTE_EXHAUSTED',
  'ROUTING_TTL_EXHAUSTED',
]);

const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;
const NOTICE_BYTES_MAX = 128;
/** To one source: a few at once, then one a second. */
const NOTICES_BURST = 4;
const NOTICES_PER_SECOND = 1;
/** Sources with a bucket of their own; the one heard of longest ago goes first. */
const SOURCES_MAX = 1024;

export interface UnreachableNotice {
  /** PeerId. */
  readonly destination: Uint8Array;
  /** 1…64 of A–Z, 0–9 and underscore; perhaps of a later version's registry. */
  readonly code: string;
}

export function encodeUnreachable(notice: UnreachableNotice): Uint8Array {
  return encodeBody(UnreachableSchema, create(UnreachableSchema, notice));
}

/** `null` if it is malformed. */
export function decodeUnreachable(body: Uint8Array): UnreachableNotice | null {
  if (body.length > NOTICE_BYTES_MAX) return null;
  const decoded = decodeBody(UnreachableSchema, body);
  if (!decoded.ok) return null;
  const { destination, code } = decoded.value;
  return destination.length === PEER_ID_BYTES && CODE.test(code) ? { destination, code } : null;
}

export interface NoticeBound {
  /** Whether another notice may go to the source now. */
  allows(source: Uint8Array, nowMs: number): boolean;
}

export function createNoticeBound(): NoticeBound {
  const buckets = new Map<ByteKey, TokenBucket>();
  return {
    allows(source, nowMs) {
      const key = byteKey(source);
      const bucket = buckets.get(key) ?? createTokenBucket(NOTICES_BURST, NOTICES_PER_SECOND);
      buckets.delete(key);
      const oldest = buckets.size >= SOURCES_MAX ? buckets.keys().next().value : undefined;
      if (oldest !== undefined) buckets.delete(oldest);
      buckets.set(key, bucket);
      return bucket.take(nowMs);
    },
  };
}
