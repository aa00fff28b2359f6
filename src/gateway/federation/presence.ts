// Presence: a gateway's signed statement of who is in its mesh, for other gateways.

import { create } from '@bufbuild/protobuf';
import type { Primitives } from '../../env/primitives.ts';
import { compareBytes, utf8 } from '../../core/bytes.ts';
import { fail, ok, type Result } from '../../core/errors.ts';
import { PEER_ID_BYTES, peerIdShort } from '../../core/peer-id.ts';
import { lengthPrefixed } from '../../crypto/length-prefix.ts';
import { signIn, verifyIn, type Identity } from '../../crypto/signing.ts';
import { decodeCanonical, encodeBody } from '../../wire/body.ts';
import { PresenceSchema, SignedPresenceSchema } from '../../wire/gen/bitcraps/v1/presence_pb.ts';

/** A record naming more peers is refused: one mesh is one link-state area of up to some 10 000 nodes. */
export const PRESENCE_PEERS_MAX = 10_000;
/** Of a whole record: each peer takes 34 bytes, the rest fits 512. A longer one is refused before it is decoded. */
const PRESENCE_BYTES_MAX: number = PRESENCE_PEERS_MAX * 34 + 512;
/** A record is never believed longer than this, whatever it says. */
export const PRESENCE_VALID_MS_MAX = 300_000;

/** The content of a record, checked. Peers ascend bytewise. */
export interface PresenceRecord {
  readonly gateway: Uint8Array;
  readonly meshName: string;
  readonly sequence: bigint;
  readonly peers: readonly Uint8Array[];
  readonly validMs: number;
}

/** A record of one network counts in no other. */
function signedBytes(networkId: string, presence: Uint8Array): Uint8Array {
  return lengthPrefixed(utf8(networkId), presence);
}

/** The payload of a presence frame. Sorts the peers; at most `PRESENCE_PEERS_MAX` are named. */
export function encodePresence(
  primitives: Primitives,
  identity: Identity,
  networkId: string,
  record: Omit<PresenceRecord, 'gateway'>,
): Uint8Array {
  const peers = record.peers.toSorted(compareBytes).slice(0, PRESENCE_PEERS_MAX);
  const presence = encodeBody(
    PresenceSchema,
    create(PresenceSchema, { ...record, gateway: identity.publicKey, peers }),
  );
  const signature = signIn(primitives, identity, 'presence', signedBytes(networkId, presence));
  return encodeBody(SignedPresenceSchema, create(SignedPresenceSchema, { presence, signature }));
}

/** Decodes and verifies a record, whoever passed it on. Errors: `GATEWAY_PRESENCE_MALFORMED`, `GATEWAY_PRESENCE_FORGED`. */
export function decodePresence(
  primitives: Primitives,
  networkId: string,
  payload: Uint8Array,
): Result<PresenceRecord, 'GATEWAY_PRESENCE_MALFORMED' | 'GATEWAY_PRESENCE_FORGED'> {
  if (payload.length > PRESENCE_BYTES_MAX) {
    return fail('GATEWAY_PRESENCE_MALFORMED', { detail: `${payload.length} bytes` });
  }
  const signed = decodeCanonical(SignedPresenceSchema, payload);
  if (!signed.ok) return fail('GATEWAY_PRESENCE_MALFORMED', { detail: signed.error.message });
  const { presence, signature } = signed.value;
  const body = decodeCanonical(PresenceSchema, presence);
  if (!body.ok) return fail('GATEWAY_PRESENCE_MALFORMED', { detail: body.error.message });
  const { gateway, meshName, sequence, peers, validMs } = body.value;
  if (gateway.length !== PEER_ID_BYTES) {
    return fail('GATEWAY_PRESENCE_MALFORMED', { detail: `a gateway of ${gateway.length} bytes` });
  }
  // A gateway may only speak for itself.
  const message = signedBytes(networkId, presence);
  if (!verifyIn(primitives, gateway, 'presence', message, signature)) {
    return fail('GATEWAY_PRESENCE_FORGED', { gateway: peerIdShort(gateway) });
  }
  const wrong = wrongPeers(peers);
  if (wrong !== null) return fail('GATEWAY_PRESENCE_MALFORMED', { detail: wrong });
  return ok({
    gateway,
    meshName,
    sequence,
    peers,
    validMs: Math.min(validMs, PRESENCE_VALID_MS_MAX),
  });
}

function wrongPeers(peers: readonly Uint8Array[]): string | null {
  if (peers.length > PRESENCE_PEERS_MAX) return `${peers.length} peers`;
  let previous: Uint8Array = new Uint8Array(0);
  for (const peer of peers) {
    if (peer.length !== PEER_ID_BYTES) return `a PeerId of ${peer.length} bytes`;
    if (compareBytes(previous, peer) >= 0) return 'peers out of order';
    previous = peer;
  }
  return null;
}
