import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ports, packets } from '../../test/wire/arbitraries.ts';
import { unwrap } from '../core/errors.ts';
import {
  decodePacketHeader,
  detourCount,
  encodePacket,
  encodePacketHeader,
  FLAG_CONGESTION,
  PACKET_BODY_BYTES_MAX,
  PACKET_BYTES_MAX,
  PacketType,
  replaceRoute,
  rerouted,
  setCursor,
  setFlags,
  setTtl,
  withDetourCount,
  type PacketHeader,
} from './packet.ts';
import { encodePorts, ROUTE_BYTES_MAX } from './ports.ts';

const sample: PacketHeader = {
  type: PacketType.data,
  flags: 0,
  ttl: 8,
  bodyBytes: 4,
  flowId: 1,
  packetId: 2n,
  source: new Uint8Array(32).fill(1),
  destination: new Uint8Array(32).fill(2),
  route: encodePorts([3, 300]),
  cursor: 0,
};

describe('packet', () => {
  test('header and body survive the encoding', () => {
    fc.assert(
      fc.property(packets, ({ header, body }) => {
        const packet = encodePacket(header, body);
        const { headerBytes, ...decoded } = unwrap(decodePacketHeader(packet));
        expect(decoded).toEqual(header);
        expect(packet.subarray(headerBytes)).toEqual(body);
      }),
    );
  });

  test('what decodes encodes to the same bytes', () => {
    fc.assert(
      fc.property(packets, fc.nat(), fc.integer({ min: 0, max: 255 }), (sample, at, value) => {
        const packet = encodePacket(sample.header, sample.body);
        packet[at % packet.length] = value;
        const decoded = decodePacketHeader(packet);
        if (!decoded.ok) return;
        const body = packet.subarray(decoded.value.headerBytes);
        expect(encodePacket(decoded.value, body)).toEqual(packet);
      }),
    );
  });

  test('the header is written at the offset and nowhere else', () => {
    fc.assert(
      fc.property(packets, fc.nat({ max: 50 }), ({ header, body }, offset) => {
        const packet = encodePacket(header, body);
        const headerBytes = packet.length - body.length;
        const out = new Uint8Array(offset + headerBytes + 9).fill(0xee);
        expect(encodePacketHeader(header, out, offset)).toBe(offset + headerBytes);
        expect(out.subarray(offset, offset + headerBytes)).toEqual(packet.subarray(0, headerBytes));
        expect(out.subarray(0, offset).every((byte) => byte === 0xee)).toBe(true);
        expect(out.subarray(offset + headerBytes).every((byte) => byte === 0xee)).toBe(true);
      }),
    );
  });

  test('every length but the right one is refused', () => {
    const packet = encodePacket(sample, new Uint8Array(4));
    for (let length = 0; length < packet.length; length += 1) {
      expect(decodePacketHeader(packet.subarray(0, length)).ok).toBe(false);
    }
    expect(decodePacketHeader(new Uint8Array(packet.length + 1)).ok).toBe(false);
  });

  test('a relay changes ttl, cursor and flags in place and nothing else', () => {
    fc.assert(
      fc.property(packets, fc.nat({ max: 255 }), fc.nat({ max: 255 }), (sample, ttl, flags) => {
        const packet = encodePacket(sample.header, sample.body);
        setTtl(packet, ttl);
        setFlags(packet, flags);
        setCursor(packet, sample.header.route.length);
        const { headerBytes, ...changed } = unwrap(decodePacketHeader(packet));
        const cursor = sample.header.route.length;
        expect(changed).toEqual({ ...sample.header, ttl, flags, cursor });
        expect(packet.subarray(headerBytes)).toEqual(sample.body);
      }),
    );
  });

  test('a detour replaces the route, starts it anew and keeps the rest', () => {
    fc.assert(
      fc.property(packets, ports, ({ header, body }, run) => {
        const route = encodePorts(run);
        const packet = encodePacket(header, body);
        const before = packet.slice();
        const detoured = replaceRoute(packet, route);
        expect(detoured).toEqual(encodePacket({ ...header, route, cursor: 0 }, body));
        expect(packet).toEqual(before);
        const frame = Uint8Array.of(8, ...packet);
        const again = rerouted(frame, 1, route);
        expect(again).toEqual(Uint8Array.of(8, ...detoured));
        expect(again === frame).toBe(route.length === header.route.length);
      }),
    );
  });

  test('the detour count lies beside the other flags', () => {
    fc.assert(
      fc.property(fc.nat({ max: 255 }), fc.nat({ max: 3 }), (flags, count) => {
        const changed = withDetourCount(flags, count);
        expect(detourCount(changed)).toBe(count);
        expect(withDetourCount(changed, detourCount(flags))).toBe(flags);
        expect(changed & FLAG_CONGESTION).toBe(flags & FLAG_CONGESTION);
      }),
    );
    expect(() => withDetourCount(0, 4)).toThrow('two bits');
  });

  test('the longest packet is accepted', () => {
    const route = new Uint8Array(ROUTE_BYTES_MAX);
    const packet = encodePacket({ ...sample, route }, new Uint8Array(PACKET_BODY_BYTES_MAX));
    expect(packet).toHaveLength(PACKET_BYTES_MAX);
    expect(decodePacketHeader(packet).ok).toBe(true);
  });

  const bugs: readonly [string, Partial<PacketHeader>][] = [
    ['type 0', { type: 0 }],
    ['a short source', { source: new Uint8Array(31) }],
    ['a long destination', { destination: new Uint8Array(33) }],
    ['a long route', { route: new Uint8Array(256) }],
    ['a cursor past the route', { cursor: 4 }],
    ['a body past the bound', { bodyBytes: PACKET_BODY_BYTES_MAX + 1 }],
  ];
  test.each(bugs)('%s is a caller’s bug', (_, change) => {
    const out = new Uint8Array(1000);
    expect(() => encodePacketHeader({ ...sample, ...change }, out, 0)).toThrow('invariant broken');
  });

  test('a cursor past the route cannot be set', () => {
    const packet = encodePacket(sample, new Uint8Array(4));
    expect(() => setCursor(packet, 4)).toThrow('inside its route');
    expect(() => replaceRoute(packet, new Uint8Array(256))).toThrow('255 bytes');
  });
});
