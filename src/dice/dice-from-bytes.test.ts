import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../core/bytes.ts';
import { primitives } from '../platform/node/primitives.ts';
import { diceFromBytes, diceFromSeed, faceOfByte, REJECT_FROM } from './dice-from-bytes.ts';

describe('dice from bytes', () => {
  test('over all 256 bytes each face has exactly 42, and 4 are rejected', () => {
    const counts = new Map<number | null, number>();
    for (let byte = 0; byte < 256; byte += 1) {
      const face = faceOfByte(byte);
      counts.set(face, (counts.get(face) ?? 0) + 1);
    }
    expect([1, 2, 3, 4, 5, 6].map((face) => counts.get(face))).toEqual([42, 42, 42, 42, 42, 42]);
    expect(counts.get(null)).toBe(4);
    expect(counts.size).toBe(7);
  });

  test('over all pairs of accepted bytes each of the 36 rolls has exactly 42 · 42', () => {
    const counts = new Map<string, number>();
    for (let a = 0; a < REJECT_FROM; a += 1) {
      for (let b = 0; b < REJECT_FROM; b += 1) {
        const roll = String(diceFromBytes(Uint8Array.of(a, b)));
        counts.set(roll, (counts.get(roll) ?? 0) + 1);
      }
    }
    expect(counts.size).toBe(36);
    expect(new Set(counts.values())).toEqual(new Set([42 * 42]));
  });

  test('rejected bytes change nothing, wherever they stand', () => {
    const rejected = fc.array(fc.integer({ min: REJECT_FROM, max: 255 }), { maxLength: 5 });
    const accepted = fc.integer({ min: 0, max: REJECT_FROM - 1 });
    fc.assert(
      fc.property(rejected, accepted, rejected, accepted, (before, a, between, b) => {
        const bytes = Uint8Array.from([...before, a, ...between, b]);
        expect(diceFromBytes(bytes)).toEqual(diceFromBytes(Uint8Array.of(a, b)));
        expect(diceFromBytes(bytes.subarray(0, -1))).toBeNull();
      }),
    );
  });

  test('the rolls of 36 000 seeds are as even as chance makes them', () => {
    const rolls = 36_000;
    const counts = new Map<string, number>();
    for (let seed = 0; seed < rolls; seed += 1) {
      const roll = String(diceFromSeed(primitives, utf8(`seed ${seed}`)));
      counts.set(roll, (counts.get(roll) ?? 0) + 1);
    }
    const expected = rolls / 36;
    let chiSquare = 0;
    for (const count of counts.values()) chiSquare += (count - expected) ** 2 / expected;
    expect(counts.size).toBe(36);
    // 35 degrees of freedom: the 0.001 and 0.999 quantiles.
    expect(chiSquare).toBeGreaterThan(14.69);
    expect(chiSquare).toBeLessThan(66.62);
  });

  test('a seed gives one roll', () => {
    expect(diceFromSeed(primitives, utf8('a'))).toEqual(diceFromSeed(primitives, utf8('a')));
  });
});
