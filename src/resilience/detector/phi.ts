// φ of the accrual failure detector (Hayashibara and others 2004): −log10 of the chance that a beat which is late by y
// standard deviations comes yet, where lateness is normal. The tail Q is computed exactly: by the error function's series
// below y = 3, by Laplace's continued fraction above, and there in logarithms, so that no lateness underflows. What others
// use instead is a logistic approximation, which is fitted to the middle of the curve: at y = 5.23 it says 8.0 where the
// tail says 7.1, and at y = 40 it says 1989 where the tail says 349.

import { assert } from '../../core/assert.ts';

/** From here on the continued fraction; below, 1 − erf loses no more than three digits. */
const FRACTION_FROM = 3;
/** At y = 3, where the fraction is slowest, the last of these terms changes nothing any more. */
const FRACTION_TERMS = 100;
const LOG10_E = Math.LOG10E;
const LOG10_ROOT_2PI = Math.log10(2 * Math.PI) / 2;
/** φ(40) is 349: nobody asks for more. */
const DEVIATIONS_MAX = 40;
const BISECTIONS = 60;

/** −log10 Q(y), for any finite y. */
export function phiOf(y: number): number {
  if (y < 0) return -Math.log1p(-upperTail(-y)) * LOG10_E;
  return y < FRACTION_FROM ? -Math.log10(upperTail(y)) : fractionPhi(y);
}

/** The y at which φ is so much: the lateness in standard deviations that convicts. 0.31 ≤ φ ≤ 300. */
export function deviationsAt(phi: number): number {
  assert(phi >= phiOf(0) && phi <= phiOf(DEVIATIONS_MAX), 'φ of a lateness within 0 … 40');
  let low = 0;
  let high = DEVIATIONS_MAX;
  for (let i = 0; i < BISECTIONS; i += 1) {
    const middle = (low + high) / 2;
    if (phiOf(middle) < phi) low = middle;
    else high = middle;
  }
  return high;
}

/** Q(y), y ≥ 0. */
function upperTail(y: number): number {
  if (y >= FRACTION_FROM) return 10 ** -fractionPhi(y);
  // φ(y) · Σ y^(2n+1) / (2n+1)!! is Q(0) − Q(y); all its terms are positive.
  let term = y;
  let sum = y;
  for (let odd = 3; term > sum * Number.EPSILON; odd += 2) {
    term *= (y * y) / odd;
    sum += term;
  }
  return 0.5 - (sum * Math.exp((-y * y) / 2)) / Math.sqrt(2 * Math.PI);
}

/** Q(y) = density / (y + 1/(y + 2/(y + 3/(y + …)))), y > 0. */
function fractionPhi(y: number): number {
  let denominator = y;
  for (let n = FRACTION_TERMS; n >= 1; n -= 1) denominator = y + n / denominator;
  return ((y * y) / 2) * LOG10_E + LOG10_ROOT_2PI + Math.log10(denominator);
}
