// One node's signed word about its own links. The signature covers the network id and the record's bytes as received, so
// that fields of a later version survive relays of this one.

import { create } from '@bufbuild/protobuf';
import { compareBytes, concat, utf8 } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/errors.ts';
import { PEER_ID_BYTES, peerIdText } from '../core/peer-id.ts';
import { hashIn } from '../crypto/hash.ts';
import { signIn, verifyIn, type Identity } from '../crypto/signing.ts';
import type { Primitives } from '../env/primitives.ts';
import { decodeBody, decodeCanonical, encodeBody } from '../wire/body.ts';
import {
  LinkStateNeighbourSchema,
  LinkStateRecordSchema,
  SignedLinkStateSchema,
} from '../wire/gen/bitcraps/v1/link_state_pb.ts';
import { attributesFromFields, attributesToFields } from './link-state-attributes.ts';
import { PORT_MAX } from '../wire/ports.ts';
import { WEIGHT_MAX } from './link-metrics.ts';
import type { NodeAttributes } from './node-attributes.ts';
import { PORT_MIN } from './port-allocator.ts';

/** Links of one node. Community meshes have servers with several hundred tunnels. */
export const NEIGHBOURS_MAX = 1_024;
/** About 50 bytes for each of `NEIGHBOURS_MAX`, and room for fields to come; every link takes frames of this size. */
export const RECORD_BYTES_MAX: number = 60 * 1024;
export const SEQUENCE_MAX = 0xffff_ffff_ffff_ffffn;
export const SIGNATURE_BYTES = 64;
const EPOCH_BITS = 32n;

export interface LinkStateNeighbour {
  /** PeerId. */
  readonly peer: Uint8Array;
  /** The originator's port, `PORT_MIN`…`PORT_MAX`. */
  readonly port: number;
  /** 1…`WEIGHT_MAX`. */
  readonly weight: number;
  /** As `metric-code.ts` packs them, 0 where nothing was measured. */
  readonly metrics: number;
}

export interface LinkStateRecord {
  /** PeerId. */
  readonly originator: Uint8Array;
  /** Unsigned 64 bits: `firstSequence` of a boot, then counting. */
  readonly sequence: bigint;
  readonly attributes: NodeAttributes;
  /** Ascending by PeerId, each once. */
  readonly neighbours: readonly LinkStateNeighbour[];
}

/** A record with the bytes that travel. */
export interface SignedRecord {
  readonly record: LinkStateRecord;
  /** What was signed, without the signature. */
  readonly content: Uint8Array;
  readonly signature: Uint8Array;
  /** 32 bytes over `content`. */
  readonly hash: Uint8Array;
  /** The payload of a link-state frame. */
  readonly payload: Uint8Array;
}

/** The sequence with which a boot begins. `bootEpoch` grows with each start of the node, 0…2^32 − 1. */
export function firstSequence(bootEpoch: number): bigint {
  return (BigInt(bootEpoch) << EPOCH_BITS) + 1n;
}

function signedBytes(networkId: string, content: Uint8Array): Uint8Array {
  const network = utf8(networkId);
  return concat(Uint8Array.of(network.length >> 8, network.length), network, content);
}

/** Encodes and signs a record of this node. */
export function signRecord(
  primitives: Primitives,
  identity: Identity,
  networkId: string,
  record: LinkStateRecord,
): SignedRecord {
  const content = encodeBody(
    LinkStateRecordSchema,
    create(LinkStateRecordSchema, {
      originator: record.originator,
      sequence: record.sequence,
      ...attributesToFields(record.attributes),
      neighbours: record.neighbours.map((neighbour) => create(LinkStateNeighbourSchema, neighbour)),
    }),
  );
  const signature = signIn(primitives, identity, 'link-state', signedBytes(networkId, content));
  const payload = sealRecord(content, signature);
  return { record, content, signature, hash: hashIn(primitives, 'link-state', content), payload };
}

/** The payload of a link-state frame. Its last bytes are the signature. */
export function sealRecord(content: Uint8Array, signature: Uint8Array): Uint8Array {
  return encodeBody(
    SignedLinkStateSchema,
    create(SignedLinkStateSchema, { record: content, signature }),
  );
}

/** Decodes the payload of a link-state frame and checks every bound; the signature is checked by `recordIsSigned`. */
export function decodeRecord(
  primitives: Primitives,
  received: Uint8Array,
): Result<SignedRecord, 'ROUTING_RECORD_MALFORMED'> {
  if (received.length > RECORD_BYTES_MAX) return malformed('too long');
  // A copy: records are kept for long, and the frame may be a view into a much larger piece of a stream.
  const payload = received.slice();
  // Nothing outside the signed bytes is anybody's to add: relays pass exactly what the originator sent.
  const signed = decodeCanonical(SignedLinkStateSchema, payload);
  if (!signed.ok) return malformed(signed.error.message);
  const { record: content, signature } = signed.value;
  if (signature.length !== SIGNATURE_BYTES) return malformed('no signature');
  const decoded = decodeBody(LinkStateRecordSchema, content);
  if (!decoded.ok) return malformed(decoded.error.message);
  const { originator, sequence } = decoded.value;
  if (originator.length !== PEER_ID_BYTES) return malformed('originator');
  const attributes = attributesFromFields(decoded.value);
  if (typeof attributes === 'string') return malformed(attributes);
  const neighbours = decoded.value.neighbours.map(({ peer, port, weight, metrics }) => ({
    peer,
    port,
    weight,
    metrics,
  }));
  const detail = neighboursFault(originator, neighbours);
  if (detail !== null) return malformed(detail);
  const record = { originator, sequence, attributes, neighbours };
  const hash = hashIn(primitives, 'link-state', content);
  return ok({ record, content, signature, hash, payload });
}

/** What is wrong with a list of neighbours, `null` if nothing. */
function neighboursFault(
  originator: Uint8Array,
  neighbours: readonly LinkStateNeighbour[],
): string | null {
  if (neighbours.length > NEIGHBOURS_MAX) return `more than ${NEIGHBOURS_MAX} neighbours`;
  const ports = new Set<number>();
  let previous: Uint8Array | null = null;
  for (const { peer, port, weight } of neighbours) {
    if (peer.length !== PEER_ID_BYTES) return 'neighbour';
    if (previous !== null && compareBytes(previous, peer) >= 0) return 'order of neighbours';
    if (compareBytes(originator, peer) === 0) return 'a link to itself';
    if (port < PORT_MIN || port > PORT_MAX || ports.has(port)) return 'port';
    if (weight < 1 || weight > WEIGHT_MAX) return 'weight';
    ports.add(port);
    previous = peer;
  }
  return null;
}

/** Whether the originator signed it for this network. */
export function recordIsSigned(
  primitives: Primitives,
  networkId: string,
  { record, content, signature }: SignedRecord,
): Result<void, 'ROUTING_RECORD_FORGED'> {
  const message = signedBytes(networkId, content);
  return verifyIn(primitives, record.originator, 'link-state', message, signature)
    ? ok(undefined)
    : fail('ROUTING_RECORD_FORGED', { originator: peerIdText(record.originator) });
}

function malformed(detail: string): Result<never, 'ROUTING_RECORD_MALFORMED'> {
  return fail('ROUTING_RECORD_MALFORMED', { detail });
}
