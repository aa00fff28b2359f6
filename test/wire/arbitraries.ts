// Random valid values of the wire, for the properties and the fuzzers.

import fc from 'fast-check';
import { encodePorts, PORT_MAX, ROUTE_BYTES_MAX } from '../../src/wire/ports.ts';
import type { PacketHeader } from '../../src/wire/packet.ts';
import { HELLO_FRAME_BYTES_MIN, type Hello } from '../../src/versioning/hello.ts';
import type { FeatureOffer } from '../../src/versioning/offer.ts';

export function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

const u8 = fc.integer({ min: 0, max: 0xff });

/** Ports on both sides of the one-byte limit, few enough for one packet. */
export const ports: fc.Arbitrary<number[]> = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: PORT_MAX })),
  { maxLength: Math.floor(ROUTE_BYTES_MAX / 2) },
);

export interface PacketSample {
  readonly header: PacketHeader;
  readonly body: Uint8Array;
}

export const packets: fc.Arbitrary<PacketSample> = fc
  .record({
    type: fc.integer({ min: 1, max: 0xff }),
    flags: u8,
    ttl: u8,
    flowId: fc.integer({ min: 0, max: 0xffff_ffff }),
    packetId: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
    source: bytes(32),
    destination: bytes(32),
    route: ports.map(encodePorts),
    cursorAt: fc.double({ min: 0, max: 1, noNaN: true }),
    body: fc.uint8Array({ maxLength: 300 }),
  })
  .map(({ cursorAt, body, ...rest }) => {
    const cursor = Math.round(cursorAt * rest.route.length);
    return { header: Object.assign(rest, { cursor, bodyBytes: body.length }), body };
  });

const featureOffer: fc.Arbitrary<FeatureOffer> = fc
  .record({
    id: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 0xffff })),
    revisions: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })),
    required: fc.boolean(),
  })
  .map(({ id, revisions: [a, b], required }) => ({
    id,
    min: Math.min(a, b),
    max: Math.max(a, b),
    required,
  }));

/** Any offers at all, ascending by id. */
export const featureOffers: fc.Arbitrary<FeatureOffer[]> = fc
  .uniqueArray(featureOffer, { selector: ({ id }) => id, maxLength: 12 })
  .map((offers) => offers.sort((a, b) => a.id - b.id));

export const versions: fc.Arbitrary<{ major: number; minor: number; patch: number }> = fc.record({
  major: fc.integer({ min: 1, max: 0xffff }),
  minor: fc.integer({ min: 0, max: 0xffff }),
  patch: fc.integer({ min: 0, max: 0xffff }),
});

const name = fc.oneof(
  fc.string({ minLength: 1, maxLength: 64 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 16 }),
);

export const hellos: fc.Arbitrary<Hello> = fc
  .record({
    wire: fc.tuple(fc.integer({ min: 1, max: 255 }), fc.integer({ min: 1, max: 255 })),
    version: versions,
    features: featureOffers,
    networkId: name,
    rulesHash: bytes(32),
    purpose: fc.constantFrom('mesh' as const, 'bridge' as const),
    meshName: name,
    gateway: fc.boolean(),
    frameBytesMax: fc.integer({ min: HELLO_FRAME_BYTES_MIN, max: 16 * 1024 * 1024 }),
    proof: bytes(8),
    nonce: bytes(32),
  })
  .filter(({ networkId, meshName }) => [networkId, meshName].every(fits))
  .map(({ wire: [a, b], ...rest }) =>
    Object.assign(rest, { wireMin: Math.min(a, b), wireMax: Math.max(a, b) }),
  );

function fits(text: string): boolean {
  return text.isWellFormed() && new TextEncoder().encode(text).length <= 64;
}
