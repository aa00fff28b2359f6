// What a gateway asks for carrying traffic between meshes: a signed promise of the price now and, where a change is
// announced, of the price after it. Prices are integers: units (1 CRAP = 1 000 000) per MiB, by class of traffic.

import { create } from '@bufbuild/protobuf';
import { assert } from '../../core/assert.ts';
import { fail, ok, type Result } from '../../core/errors.ts';
import { PEER_ID_BYTES, peerIdShort } from '../../core/peer-id.ts';
import { signIn, verifyIn, type Identity } from '../../crypto/signing.ts';
import type { Primitives } from '../../env/primitives.ts';
import { decodeCanonical, encodeBody } from '../../wire/body.ts';
import {
  GatewayPriceSchema,
  PriceTermsSchema,
  SignedGatewayPriceSchema,
} from '../../wire/gen/bitcraps/v1/gateway_price_pb.ts';

/** A change is announced at least so long before it takes effect: five questions of who asks once a minute. */
export const PRICE_NOTICE_MS: number = 5 * 60_000;
/** What a promise holds for. No shorter than the notice, or a gateway could change its price by falling silent. */
export const PRICE_VALID_MS: number = 10 * 60_000;
assert(PRICE_VALID_MS >= PRICE_NOTICE_MS, 'a promise outlives the notice');
/** Wall clocks of two nodes may differ by so much. */
export const CLOCK_SKEW_MS_MAX = 30_000;
/** A million CRAP for a MiB. */
export const PRICE_UNITS_MAX: bigint = 10n ** 12n;
export const PRICE_BYTES_MAX = 512;
/** 1 January 10000 lies before it; every such number is exact. */
const WALL_MS_MAX: bigint = 2n ** 48n;

/** Units per MiB of each class. */
export interface PriceTable {
  readonly control: bigint;
  readonly game: bigint;
  readonly bulk: bigint;
}

export interface PriceTerms extends PriceTable {
  /** From when on, milliseconds of the wall clock. */
  readonly fromMs: number;
}

/** `current` holds until `next` begins, or without a `next` until `validUntilMs` at least. */
export interface GatewayPrice {
  /** PeerId. */
  readonly gateway: Uint8Array;
  readonly sequence: bigint;
  readonly current: PriceTerms;
  readonly next: PriceTerms | null;
  readonly validUntilMs: number;
}

export const FREE: PriceTable = { control: 0n, game: 0n, bulk: 0n };

/** The terms in force at a time of the wall clock. */
export function termsAt({ current, next }: GatewayPrice, wallMs: number): PriceTerms {
  return next !== null && next.fromMs <= wallMs ? next : current;
}

export function sameTerms(a: PriceTerms | null, b: PriceTerms | null): boolean {
  if (a === null || b === null) return a === b;
  return a.fromMs === b.fromMs && samePrices(a, b);
}

export function samePrices(a: PriceTable, b: PriceTable): boolean {
  return a.control === b.control && a.game === b.game && a.bulk === b.bulk;
}

/** Whether every price of it is 0…`PRICE_UNITS_MAX`. */
export function isPriceTable({ control, game, bulk }: PriceTable): boolean {
  return [control, game, bulk].every((units) => units >= 0n && units <= PRICE_UNITS_MAX);
}

/** A `SignedGatewayPrice` by `identity`. */
export function encodeGatewayPrice(
  primitives: Primitives,
  identity: Identity,
  { sequence, current, next, validUntilMs }: Omit<GatewayPrice, 'gateway'>,
): Uint8Array {
  const price = encodeBody(
    GatewayPriceSchema,
    create(GatewayPriceSchema, {
      gateway: identity.publicKey,
      sequence,
      current: termsBody(current),
      ...(next === null ? {} : { next: termsBody(next) }),
      validUntilMs: BigInt(validUntilMs),
    }),
  );
  const signature = signIn(primitives, identity, 'gateway-price', price);
  return encodeBody(
    SignedGatewayPriceSchema,
    create(SignedGatewayPriceSchema, { price, signature }),
  );
}

/** Decodes and verifies a promise, whoever passed it on. Errors: `GATEWAY_PRICE_MALFORMED`, `GATEWAY_PRICE_FORGED`. */
export function decodeGatewayPrice(
  primitives: Primitives,
  bytes: Uint8Array,
): Result<GatewayPrice, 'GATEWAY_PRICE_MALFORMED' | 'GATEWAY_PRICE_FORGED'> {
  if (bytes.length > PRICE_BYTES_MAX) return malformed(`${bytes.length} bytes`);
  const signed = decodeCanonical(SignedGatewayPriceSchema, bytes);
  if (!signed.ok) return malformed(signed.error.message);
  const { price, signature } = signed.value;
  const body = decodeCanonical(GatewayPriceSchema, price);
  if (!body.ok) return malformed(body.error.message);
  const { gateway, sequence, current, next, validUntilMs } = body.value;
  if (gateway.length !== PEER_ID_BYTES) return malformed(`a PeerId of ${gateway.length} bytes`);
  if (!verifyIn(primitives, gateway, 'gateway-price', price, signature)) {
    return fail('GATEWAY_PRICE_FORGED', { gateway: peerIdShort(gateway) });
  }
  const now = termsOf(current);
  const later = next === undefined ? null : termsOf(next);
  if (now === null || (next !== undefined && later === null)) return malformed('no price');
  if (validUntilMs > WALL_MS_MAX) return malformed('a time out of range');
  if (later !== null && later.fromMs <= now.fromMs) return malformed('prices out of order');
  return ok({
    // A copy: the bytes may be a view into a packet.
    gateway: gateway.slice(),
    sequence,
    current: now,
    next: later,
    validUntilMs: Number(validUntilMs),
  });
}

function termsBody({ fromMs, control, game, bulk }: PriceTerms) {
  return create(PriceTermsSchema, { fromMs: BigInt(fromMs), control, game, bulk });
}

function termsOf(body: (PriceTable & { readonly fromMs: bigint }) | undefined): PriceTerms | null {
  if (body === undefined || body.fromMs > WALL_MS_MAX || !isPriceTable(body)) return null;
  const { control, game, bulk } = body;
  return { fromMs: Number(body.fromMs), control, game, bulk };
}

function malformed(detail: string): {
  readonly ok: false;
  readonly error: ReturnType<typeof fail<'GATEWAY_PRICE_MALFORMED'>>['error'];
} {
  return fail('GATEWAY_PRICE_MALFORMED', { detail });
}
