import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  add,
  divide,
  formatFraction,
  fraction,
  gcd,
  lcm,
  multiply,
  ONE,
  subtract,
  toNumber,
  ZERO,
} from './fraction.ts';

const someFraction = fc
  .tuple(fc.bigInt({ min: -(2n ** 90n), max: 2n ** 90n }), fc.bigInt({ min: 1n, max: 2n ** 90n }))
  .map(([num, den]) => fraction(num, den));

describe('fraction', () => {
  test('results are in lowest terms with a positive denominator', () => {
    fc.assert(
      fc.property(someFraction, someFraction, (a, b) => {
        const results = [
          add(a, b),
          subtract(a, b),
          multiply(a, b),
          ...(b.num === 0n ? [] : [divide(a, b)]),
        ];
        for (const { num, den } of results) {
          expect(den > 0n).toBe(true);
          expect(gcd(num, den)).toBe(1n);
        }
      }),
    );
  });

  test('obeys the laws of a field', () => {
    fc.assert(
      fc.property(someFraction, someFraction, someFraction, (a, b, c) => {
        expect(add(a, b)).toEqual(add(b, a));
        expect(add(add(a, b), c)).toEqual(add(a, add(b, c)));
        expect(multiply(multiply(a, b), c)).toEqual(multiply(a, multiply(b, c)));
        expect(multiply(a, add(b, c))).toEqual(add(multiply(a, b), multiply(a, c)));
        expect(subtract(a, a)).toEqual(ZERO);
        if (a.num !== 0n) expect(divide(a, a)).toEqual(ONE);
      }),
    );
  });

  test('becomes a number and a text', () => {
    expect(toNumber(fraction(7n, 495n))).toBe(7 / 495);
    expect(toNumber(fraction(-1n, 3n))).toBe(-1 / 3);
    expect(toNumber(fraction(3n ** 2000n, 2n * 3n ** 2000n + 1n))).toBeCloseTo(0.5, 14);
    expect(formatFraction(fraction(14n, -990n))).toBe('-7/495');
    expect(formatFraction(fraction(6n, 3n))).toBe('2');
    expect(lcm(4n, 6n)).toBe(12n);
  });

  test('refuses a zero denominator', () => {
    expect(() => fraction(1n, 0n)).toThrow('denominator');
    expect(() => divide(ONE, ZERO)).toThrow('denominator');
  });
});
