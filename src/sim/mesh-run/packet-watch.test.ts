import { describe, expect, test } from 'vitest';
import { FrameType, encodeFrame } from '../../wire/frame.ts';
import { encodePacket, PacketType, withDetourCount } from '../../wire/packet.ts';
import { encodePorts } from '../../wire/ports.ts';
import type { Direction } from './fleet-link.ts';
import { PacketWatch } from './packet-watch.ts';

const peers = [1, 2, 3, 4].map((byte) => new Uint8Array(32).fill(byte));

function frame(route: readonly number[], cursor: number, detours = 0): Uint8Array {
  const header = {
    type: PacketType.data,
    flags: withDetourCount(0, detours),
    ttl: 9,
    flowId: 0,
    packetId: 5n,
    source: new Uint8Array(32).fill(1),
    destination: new Uint8Array(32).fill(4),
    route: encodePorts(route),
    cursor,
  };
  return encodeFrame(FrameType.packet, encodePacket(header, new Uint8Array(3)));
}

function watched(): {
  readonly watch: PacketWatch;
  readonly cross: (from: number, to: number, bytes: Uint8Array) => void;
} {
  const watch = new PacketWatch({ peers, now: () => 0, trace: null });
  return {
    watch,
    cross: (from, to, bytes) => {
      // Of a direction only its ends, its weight and what travels on it are looked at.
      const direction = { from, to, weight: 100, travelling: [] } as unknown as Direction;
      watch.sent(direction, bytes);
      watch.arrived(direction, bytes);
    },
  };
}

describe('loops', () => {
  test('a way that visits each node once is none', () => {
    const { watch, cross } = watched();
    const route = [1, 1, 1];
    cross(0, 1, frame(route, 1));
    cross(1, 2, frame(route, 2));
    cross(2, 3, frame(route, 3));
    expect(watch.loops).toBe(0);
  });

  test('a route that leads back to a node is one, also to where it began', () => {
    const { watch, cross } = watched();
    const route = [1, 2, 1, 2];
    cross(0, 1, frame(route, 1));
    cross(1, 0, frame(route, 2));
    expect(watch.loops).toBe(1);
    cross(0, 1, frame(route, 3));
    expect(watch.loops).toBe(2);
  });

  test('a detour that leads back over the relay that planned it is one', () => {
    const { watch, cross } = watched();
    cross(0, 1, frame([1, 1], 1));
    const detour = [3, 2, 1];
    cross(1, 2, frame(detour, 1, 1));
    cross(2, 1, frame(detour, 2, 1));
    expect(watch.loops).toBe(1);
  });

  test('copies by two detours that meet are none', () => {
    const { watch, cross } = watched();
    cross(0, 1, frame([1, 1, 1], 1));
    cross(0, 2, frame([2, 4], 1, 1));
    cross(1, 2, frame([3, 5], 1, 1));
    expect(watch.loops).toBe(0);
  });
});
