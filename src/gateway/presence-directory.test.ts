import { expect, test } from 'vitest';
import type { Clock } from '../env/clock.ts';
import type { PresenceRecord } from './presence.ts';
import { createPresenceDirectory } from './presence-directory.ts';

const id = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

function directoryAt(time: { now: number }): ReturnType<typeof createPresenceDirectory> {
  const clock: Clock = {
    now: () => time.now,
    wallMs: () => 0,
    after: () => ({ cancel: () => undefined }),
  };
  return createPresenceDirectory(clock);
}

function record(gateway: number, sequence: bigint, peers: readonly number[]): PresenceRecord {
  return { gateway: id(gateway), meshName: 'b', sequence, peers: peers.map(id), validMs: 1000 };
}

test('peers are found through every gateway that names them, in one order', () => {
  const directory = directoryAt({ now: 0 });
  expect(directory.accept(record(9, 1n, [1, 2]))).toBe(true);
  expect(directory.accept(record(8, 1n, [2, 3]))).toBe(true);
  expect(directory.gatewaysFor(id(2))).toEqual([id(8), id(9)]);
  expect(directory.gatewaysFor(id(3))).toEqual([id(8)]);
  expect(directory.gatewaysFor(id(4))).toEqual([]);
});

test('only a newer record replaces one, even after the gateway was forgotten', () => {
  const directory = directoryAt({ now: 0 });
  directory.accept(record(9, 5n, [1]));
  expect(directory.accept(record(9, 5n, [2]))).toBe(false);
  directory.forget(id(9));
  expect(directory.gatewaysFor(id(1))).toEqual([]);
  expect(directory.accept(record(9, 4n, [1]))).toBe(false);
  expect(directory.accept(record(9, 6n, [2]))).toBe(true);
  expect(directory.gatewaysFor(id(2))).toEqual([id(9)]);
});

test('a record runs out', () => {
  const time = { now: 0 };
  const directory = directoryAt(time);
  directory.accept(record(9, 1n, [1]));
  time.now = 999;
  expect(directory.gatewaysFor(id(1))).toEqual([id(9)]);
  time.now = 1000;
  expect(directory.records()).toEqual([]);
});
