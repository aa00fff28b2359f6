// An offer: what a gateway says about itself to those who may send through it. It is signed by itself and not by the link
// that it comes over, so that records of a directory, other gateways and answers to probes can all carry the same bytes.

import { create } from '@bufbuild/protobuf';
import { bytesEqual } from '../../core/bytes.ts';
import { fail, ok, type Result } from '../../core/errors.ts';
import { peerIdShort } from '../../core/peer-id.ts';
import { signIn, verifyIn, type Identity } from '../../crypto/signing.ts';
import type { Primitives } from '../../env/primitives.ts';
import { decodeBody, decodeCanonical, encodeBody } from '../../wire/body.ts';
import {
  GatewayOfferSchema,
  SignedGatewayOfferSchema,
  type GatewayOffer as OfferFields,
} from '../../wire/gen/bitcraps/v1/gateway_selection_pb.ts';

/** A longer offer is refused before it is decoded. */
export const OFFER_BYTES_MAX = 1_024;
/** An offer is never believed longer than this, whatever it says. */
export const OFFER_VALID_MS_MAX = 300_000;
export const TRANSPORTS_MAX = 16;
const TRANSPORT = /^[a-z][a-z0-9-]{0,15}$/;
const MESH_NAME_CHARS_MAX = 64;
const PERMILLE = 1_000;

/** What a gateway claims. Its price is no claim but a promise: see `accounting/price.ts`. */
export interface GatewayClaims {
  /** Share of its capacity in use, 0–1. */
  readonly load: number;
  /** Share of the time that it could carry packets to other meshes, 0–1. */
  readonly uptime: number;
  /** `null` where it does not tell. */
  readonly capacityBytesPerSecond: number | null;
  /** On which it takes links, such as `tls`; ascending, at most `TRANSPORTS_MAX`. */
  readonly transports: readonly string[];
  /** It is about to stop. */
  readonly draining: boolean;
}

export interface GatewayOffer extends GatewayClaims {
  /** PeerId. */
  readonly gateway: Uint8Array;
  readonly meshName: string;
  /** A boot epoch in the upper 32 bits, a counter below. */
  readonly sequence: bigint;
  /** From its arrival. */
  readonly validMs: number;
}

export type OfferErrorCode = 'GATEWAY_OFFER_MALFORMED' | 'GATEWAY_OFFER_FORGED';

/** Signed, as it travels. Shares are rounded to thousandths. */
export function encodeGatewayOffer(
  primitives: Primitives,
  identity: Identity,
  offer: Omit<GatewayOffer, 'gateway'>,
): Uint8Array {
  const { load, uptime, capacityBytesPerSecond, transports, ...rest } = offer;
  const bytes = encodeBody(
    GatewayOfferSchema,
    create(GatewayOfferSchema, {
      ...rest,
      gateway: identity.publicKey,
      loadPermille: Math.round(load * PERMILLE),
      uptimePermille: Math.round(uptime * PERMILLE),
      capacityBytesPerSecond: BigInt(Math.round(capacityBytesPerSecond ?? 0)),
      transports: [...new Set(transports)].toSorted().slice(0, TRANSPORTS_MAX),
    }),
  );
  const signature = signIn(primitives, identity, 'gateway-offer', bytes);
  const signed = create(SignedGatewayOfferSchema, { offer: bytes, signature });
  return encodeBody(SignedGatewayOfferSchema, signed);
}

/**
 * Decodes and verifies what is said to be an offer of `gateway`. Fields of later versions inside it are ignored.
 * Errors: `GATEWAY_OFFER_MALFORMED`, `GATEWAY_OFFER_FORGED`.
 */
export function decodeGatewayOffer(
  primitives: Primitives,
  gateway: Uint8Array,
  payload: Uint8Array,
): Result<GatewayOffer, OfferErrorCode> {
  if (payload.length > OFFER_BYTES_MAX) return malformed(`${payload.length} bytes`);
  const signed = decodeCanonical(SignedGatewayOfferSchema, payload);
  if (!signed.ok) return malformed(signed.error.message);
  const { offer, signature } = signed.value;
  if (!verifyIn(primitives, gateway, 'gateway-offer', offer, signature)) return forged(gateway);
  const body = decodeBody(GatewayOfferSchema, offer);
  if (!body.ok) return malformed(body.error.message);
  // The signer may only speak for itself, even inside an offer that it signed.
  if (!bytesEqual(body.value.gateway, gateway)) return forged(gateway);
  const wrong = wrongField(body.value);
  if (wrong !== null) return malformed(wrong);
  return ok(offerOf(body.value));
}

function offerOf(fields: OfferFields): GatewayOffer {
  const { meshName, sequence, transports, draining } = fields;
  const capacity = Number(fields.capacityBytesPerSecond);
  return {
    gateway: fields.gateway.slice(),
    meshName,
    sequence,
    validMs: Math.min(fields.validMs, OFFER_VALID_MS_MAX),
    load: fields.loadPermille / PERMILLE,
    uptime: fields.uptimePermille / PERMILLE,
    capacityBytesPerSecond: capacity === 0 ? null : capacity,
    transports,
    draining,
  };
}

function wrongField(fields: OfferFields): string | null {
  if (fields.loadPermille > PERMILLE) return 'load';
  if (fields.uptimePermille > PERMILLE) return 'uptime';
  if (fields.meshName.length > MESH_NAME_CHARS_MAX) return 'mesh name';
  if (fields.transports.length > TRANSPORTS_MAX) return `${fields.transports.length} transports`;
  let previous = '';
  for (const transport of fields.transports) {
    if (!TRANSPORT.test(transport) || transport <= previous) return 'transports';
    previous = transport;
  }
  return null;
}

function malformed(detail: string): ReturnType<typeof fail<'GATEWAY_OFFER_MALFORMED'>> {
  return fail('GATEWAY_OFFER_MALFORMED', { detail });
}

function forged(gateway: Uint8Array): ReturnType<typeof fail<'GATEWAY_OFFER_FORGED'>> {
  return fail('GATEWAY_OFFER_FORGED', { gateway: peerIdShort(gateway) });
}
