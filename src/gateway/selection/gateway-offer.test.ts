import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unwrap } from '../../core/errors.ts';
import { identityFromSeed, signIn } from '../../crypto/signing.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { decodeBody, encodeBody } from '../../wire/body.ts';
import { SignedGatewayOfferSchema } from '../../wire/gen/bitcraps/v1/gateway_selection_pb.ts';
import {
  decodeGatewayOffer,
  encodeGatewayOffer,
  OFFER_VALID_MS_MAX,
  TRANSPORTS_MAX,
} from './gateway-offer.ts';

const gateway = identityFromSeed(primitives, new Uint8Array(32).fill(1));
const other = identityFromSeed(primitives, new Uint8Array(32).fill(2));

const share = fc.integer({ min: 0, max: 1_000 }).map((permille) => permille / 1_000);
const offers = fc.record({
  meshName: fc.stringMatching(/^[a-z0-9-]{1,32}$/),
  sequence: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  validMs: fc.integer({ min: 0, max: OFFER_VALID_MS_MAX }),
  load: share,
  uptime: share,
  capacityBytesPerSecond: fc.option(fc.integer({ min: 1, max: 1e12 })),
  transports: fc
    .uniqueArray(fc.constantFrom('quic', 'tls', 'udp', 'websocket'))
    .map((list) => list.toSorted()),
  draining: fc.boolean(),
});

describe('an offer', () => {
  test('is read as it was meant', () => {
    fc.assert(
      fc.property(offers, (offer) => {
        const bytes = encodeGatewayOffer(primitives, gateway, offer);
        const read = unwrap(decodeGatewayOffer(primitives, gateway.publicKey, bytes));
        expect(read).toEqual({ ...offer, gateway: gateway.publicKey });
      }),
    );
  });

  const [plain] = fc.sample(offers, { numRuns: 1, seed: 1 });
  if (plain === undefined) throw new Error('a sample');
  const bytes = encodeGatewayOffer(primitives, gateway, plain);

  test('of another gateway is forged', () => {
    const forged = encodeGatewayOffer(primitives, other, plain);
    expect(decodeGatewayOffer(primitives, gateway.publicKey, forged)).toMatchObject({
      error: { code: 'GATEWAY_OFFER_FORGED' },
    });
  });

  test('that a gateway signed in the name of another one is forged', () => {
    const { offer } = unwrap(
      decodeBody(SignedGatewayOfferSchema, encodeGatewayOffer(primitives, other, plain)),
    );
    const signature = signIn(primitives, gateway, 'gateway-offer', offer);
    const signed = create(SignedGatewayOfferSchema, { offer, signature });
    const named = encodeBody(SignedGatewayOfferSchema, signed);
    expect(decodeGatewayOffer(primitives, gateway.publicKey, named)).toMatchObject({
      error: { code: 'GATEWAY_OFFER_FORGED' },
    });
  });

  test('with any bit flipped is refused', () => {
    fc.assert(
      fc.property(fc.nat({ max: bytes.length * 8 - 1 }), (bit) => {
        const changed = bytes.slice();
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(decodeGatewayOffer(primitives, gateway.publicKey, changed).ok).toBe(false);
      }),
    );
  });

  test.each([
    ['a load beyond 1', { load: 1.001 }],
    ['an uptime beyond 1', { uptime: 2 }],
    ['a transport that is no name', { transports: ['TLS!'] }],
    ['a mesh name without end', { meshName: 'x'.repeat(65) }],
  ])('with %s is malformed', (_, wrong) => {
    const signed = encodeGatewayOffer(primitives, gateway, { ...plain, ...wrong });
    expect(decodeGatewayOffer(primitives, gateway.publicKey, signed)).toMatchObject({
      error: { code: 'GATEWAY_OFFER_MALFORMED' },
    });
  });

  test('is never believed for longer than the bound, and names no more transports than it may', () => {
    const transports = Array.from({ length: 40 }, (_, i) => `t${String(i).padStart(2, '0')}`);
    const long = { ...plain, validMs: 4_000_000_000, transports };
    const signed = encodeGatewayOffer(primitives, gateway, long);
    const read = unwrap(decodeGatewayOffer(primitives, gateway.publicKey, signed));
    expect(read.validMs).toBe(OFFER_VALID_MS_MAX);
    expect(read.transports).toHaveLength(TRANSPORTS_MAX);
  });
});
