import { expect, test } from 'vitest';
import { browserRng } from './rng.ts';

test('fills all of a view and nothing beside it, however long', () => {
  const memory = new Uint8Array(200_020);
  browserRng.fill(memory.subarray(10, 200_010));
  expect([...memory.subarray(0, 10), ...memory.subarray(200_010)]).toEqual(Array(20).fill(0));
  // A piece of 64 bytes stays zero by chance once in 2^512.
  for (let at = 10; at < 200_010; at += 64) {
    expect(memory.subarray(at, Math.min(at + 64, 200_010)).some((byte) => byte !== 0)).toBe(true);
  }
});

test('numbers have 32 bits', () => {
  const numbers = Array.from({ length: 200 }, () => browserRng.uint32());
  expect(numbers.every((n) => Number.isInteger(n) && n >= 0 && n < 2 ** 32)).toBe(true);
  expect(numbers.some((n) => n >= 2 ** 31)).toBe(true);
  expect(new Set(numbers).size).toBeGreaterThan(190);
});
