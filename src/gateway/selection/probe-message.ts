// What a probe asks a gateway and what comes back, sealed between the two like any message of the mesh.

import { create } from '@bufbuild/protobuf';
import { assert } from '../../core/assert.ts';
import { PEER_ID_BYTES } from '../../core/peer-id.ts';
import { decodeBody, encodeBody } from '../../wire/body.ts';
import { GatewayProbeMessageSchema } from '../../wire/gen/bitcraps/v1/gateway_selection_pb.ts';
import { OFFER_BYTES_MAX } from './gateway-offer.ts';

/** The protocol number of probes and their answers in end-to-end sessions. */
export const GATEWAY_PROBE_PROTOCOL = 16;
/** Peers that one probe asks about. */
export const PROBED_DESTINATIONS_MAX = 16;
const MESSAGE_BYTES_MAX = OFFER_BYTES_MAX + 64;

export interface GatewayProbe {
  /** Unsigned 32 bits. */
  readonly id: number;
  /** PeerIds that the sender has something for, at most `PROBED_DESTINATIONS_MAX`. */
  readonly destinations: readonly Uint8Array[];
}

export interface GatewayProbeAnswer {
  readonly id: number;
  /** Signed, as `encodeGatewayOffer` gives it. */
  readonly offer: Uint8Array;
  /** For each destination of the probe, whether the gateway reaches it. */
  readonly reached: readonly boolean[];
}

export type ProbeMessage =
  | ({ readonly kind: 'probe' } & GatewayProbe)
  | ({ readonly kind: 'answer' } & GatewayProbeAnswer);

export function encodeProbe({ id, destinations }: GatewayProbe): Uint8Array {
  assert(destinations.length <= PROBED_DESTINATIONS_MAX, 'a probe asks about at most 16 peers');
  const value = { id, destinations: [...destinations] };
  return encodeBody(
    GatewayProbeMessageSchema,
    create(GatewayProbeMessageSchema, { content: { case: 'probe', value } }),
  );
}

export function encodeProbeAnswer({ id, offer, reached }: GatewayProbeAnswer): Uint8Array {
  assert(reached.length <= PROBED_DESTINATIONS_MAX, 'a probe asks about at most 16 peers');
  const bits = reached.reduce((sum, one, i) => sum + (one ? 2 ** i : 0), 0);
  const value = { id, offer, reached: bits };
  return encodeBody(
    GatewayProbeMessageSchema,
    create(GatewayProbeMessageSchema, { content: { case: 'answer', value } }),
  );
}

/** `null` if it is malformed. `reached` of an answer has all `PROBED_DESTINATIONS_MAX` bits. */
export function decodeProbeMessage(payload: Uint8Array): ProbeMessage | null {
  if (payload.length > MESSAGE_BYTES_MAX) return null;
  const decoded = decodeBody(GatewayProbeMessageSchema, payload);
  if (!decoded.ok) return null;
  const { content } = decoded.value;
  switch (content.case) {
    case 'probe': {
      const { id, destinations } = content.value;
      if (destinations.length > PROBED_DESTINATIONS_MAX) return null;
      if (destinations.some(({ length }) => length !== PEER_ID_BYTES)) return null;
      return { kind: 'probe', id, destinations };
    }
    case 'answer': {
      const { id, offer, reached } = content.value;
      const bits = Array.from(
        { length: PROBED_DESTINATIONS_MAX },
        (_, i) => ((reached >> i) & 1) === 1,
      );
      return { kind: 'answer', id, offer, reached: bits };
    }
    case undefined:
      return null;
  }
}
