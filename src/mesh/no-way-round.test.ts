import { expect, test } from 'vitest';
import { encodePacket, PacketType } from '../wire/packet.ts';
import { NoWayRound } from './no-way-round.ts';

function packet(destination: number): Uint8Array {
  const header = {
    type: PacketType.data,
    flags: 0,
    ttl: 1,
    flowId: 0,
    packetId: 1n,
    source: new Uint8Array(32),
    destination: new Uint8Array(32).fill(destination),
    route: Uint8Array.of(1),
    cursor: 0,
  };
  return encodePacket(header, new Uint8Array(0));
}

test('knows for a moment of just this destination behind just this link', () => {
  const none = new NoWayRound();
  expect(none.isKnown(packet(1), 1, 0)).toBe(false);
  none.remember(packet(1), 1, 100);
  expect(none.isKnown(packet(1), 1, 110)).toBe(true);
  expect(none.isKnown(packet(2), 1, 110)).toBe(false);
  expect(none.isKnown(packet(1), 2, 110)).toBe(false);
  expect(none.isKnown(packet(1), 1, 120)).toBe(false);
});
