// Money is integers: 1 CRAP = 1 000 000 units, as `bigint`.

import { fail, ok, type Result } from './errors.ts';

export const UNITS_PER_CRAP = 1_000_000n;
const PLACES = 6;

/** Whole CRAP as units. */
export function crap(whole: number): bigint {
  return BigInt(whole) * UNITS_PER_CRAP;
}

/** `2.5` for 2 500 000 units; no trailing zeros. */
export function formatAmount(units: bigint): string {
  const sign = units < 0n ? '-' : '';
  const magnitude = units < 0n ? -units : units;
  const fraction = (magnitude % UNITS_PER_CRAP).toString().padStart(PLACES, '0').replace(/0+$/, '');
  return `${sign}${magnitude / UNITS_PER_CRAP}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Units of a decimal text such as `12` or `0.25`. */
export function parseAmount(text: string): Result<bigint, 'AMOUNT_INVALID'> {
  const match = /^(\d{1,15})(?:\.(\d{1,6}))?$/.exec(text);
  if (match === null) return fail('AMOUNT_INVALID', { text });
  const whole = BigInt(match[1] ?? '0');
  return ok(whole * UNITS_PER_CRAP + BigInt((match[2] ?? '').padEnd(PLACES, '0')));
}
