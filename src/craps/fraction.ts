// Exact rational numbers on `bigint`, always in lowest terms (Knuth, TAOCP volume 2, section 4.5.1).

import { assert } from '../core/assert.ts';

/** `num / den` in lowest terms with `den` > 0. */
export interface Fraction {
  readonly num: bigint;
  readonly den: bigint;
}

export const ZERO: Fraction = { num: 0n, den: 1n };
export const ONE: Fraction = { num: 1n, den: 1n };

/** A double holds values below 2^1024; both parts are cut to this many bits before they become numbers. */
const NUMBER_BITS_MAX = 1000;

/** The greatest common divisor, ≥ 0. */
export function gcd(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a;
  let y = b < 0n ? -b : b;
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** The least common multiple of two positive integers. */
export function lcm(a: bigint, b: bigint): bigint {
  return (a / gcd(a, b)) * b;
}

/** `num / den`; `den` must not be zero. */
export function fraction(num: bigint, den: bigint = 1n): Fraction {
  assert(den !== 0n, 'a denominator is not zero');
  const divisor = den < 0n ? -gcd(num, den) : gcd(num, den);
  return { num: num / divisor, den: den / divisor };
}

export function add(a: Fraction, b: Fraction): Fraction {
  return fraction(a.num * b.den + b.num * a.den, a.den * b.den);
}

export function subtract(a: Fraction, b: Fraction): Fraction {
  return fraction(a.num * b.den - b.num * a.den, a.den * b.den);
}

export function multiply(a: Fraction, b: Fraction): Fraction {
  return fraction(a.num * b.num, a.den * b.den);
}

/** `a / b`; `b` must not be zero. */
export function divide(a: Fraction, b: Fraction): Fraction {
  return fraction(a.num * b.den, a.den * b.num);
}

/** The nearest double, to within a few units in its last place. */
export function toNumber(value: Fraction): number {
  const bits = 4 * Math.max(value.num.toString(16).length, value.den.toString(16).length);
  const shift = BigInt(Math.max(0, bits - NUMBER_BITS_MAX));
  return Number(value.num >> shift) / Number(value.den >> shift);
}

/** `7/495`; a whole number without its denominator. */
export function formatFraction(value: Fraction): string {
  return value.den === 1n ? value.num.toString() : `${value.num}/${value.den}`;
}
