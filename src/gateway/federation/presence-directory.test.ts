import { expect, test } from 'vitest';
import type { Clock } from '../../env/clock.ts';
import type { PresenceRecord } from './presence.ts';
import { GATEWAYS_MAX, PresenceDirectory } from './presence-directory.ts';

const id = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

const NOTHING = new Uint8Array(0);

function directoryAt(
  time: { now: number },
  isReachable: (gateway: Uint8Array) => boolean = () => true,
): PresenceDirectory {
  const clock: Clock = {
    now: () => time.now,
    wallMs: () => 0,
    after: () => ({ cancel: () => undefined }),
  };
  return new PresenceDirectory({ clock, isReachable });
}

function record(gateway: number, sequence: bigint, peers: readonly number[]): PresenceRecord {
  return { gateway: id(gateway), meshName: 'b', sequence, peers: peers.map(id), validMs: 1000 };
}

test('peers are found through every gateway that names them, in one order', () => {
  const directory = directoryAt({ now: 0 });
  expect(directory.accept(record(9, 1n, [1, 2]), NOTHING)).toBe(true);
  expect(directory.accept(record(8, 1n, [2, 3]), NOTHING)).toBe(true);
  expect(directory.gatewaysFor(id(2))).toEqual([id(8), id(9)]);
  expect(directory.gatewaysFor(id(3))).toEqual([id(8)]);
  expect(directory.gatewaysFor(id(4))).toEqual([]);
});

test('only a newer record replaces one, even after the gateway was forgotten', () => {
  const time = { now: 0 };
  const directory = directoryAt(time);
  directory.accept(record(9, 5n, [1]), NOTHING);
  expect(directory.accept(record(9, 5n, [2]), NOTHING)).toBe(false);
  time.now = 1_000;
  expect(directory.gatewaysFor(id(1))).toEqual([]);
  expect(directory.accept(record(9, 4n, [1]), NOTHING)).toBe(false);
  expect(directory.accept(record(9, 6n, [2]), NOTHING)).toBe(true);
  expect(directory.gatewaysFor(id(2))).toEqual([id(9)]);
});

test('a record runs out', () => {
  const time = { now: 0 };
  const directory = directoryAt(time);
  directory.accept(record(9, 1n, [1]), NOTHING);
  time.now = 999;
  expect(directory.gatewaysFor(id(1))).toEqual([id(9)]);
  time.now = 1000;
  expect(directory.record(id(9))).toBeNull();
  expect([...directory.payloads()]).toEqual([]);
});

test('a full directory takes a gateway in place of one that no way leads to, and of no other', () => {
  const reachable = new Set<number>();
  const directory = directoryAt({ now: 0 }, (gateway) => reachable.has(gateway[31] ?? 0));
  const named = (i: number): Uint8Array =>
    id(7)
      .with(30, i >> 8)
      .with(31, i & 0xff);
  const fill = (i: number): boolean =>
    directory.accept({ ...record(9, 1n, [1]), gateway: named(i) }, NOTHING);
  for (let i = 0; i < GATEWAYS_MAX; i += 1) {
    expect(fill(i)).toBe(true);
    reachable.add(i);
  }
  expect(fill(300)).toBe(false);
  reachable.delete(17);
  expect(fill(300)).toBe(true);
  expect(directory.record(named(17))).toBeNull();
  expect(directory.gatewaysFor(id(1))).toHaveLength(GATEWAYS_MAX);
});
