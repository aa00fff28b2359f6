import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import vectors from '../../../test/vectors/phi/normal-tail.json' with { type: 'json' };
import { deviationsAt, phiOf } from './phi.ts';

/** Of doubles: the largest part of it is 1 − erf just below y = 3. */
const RELATIVE_ERROR_MAX = 1e-13;

/** What Akka computes for a beat that is `y` deviations late (Bowling and others 2009). */
function logisticPhi(y: number): number {
  const e = Math.exp(-y * (1.5976 + 0.070566 * y * y));
  return y > 0 ? -Math.log10(e / (1 + e)) : -Math.log10(1 - 1 / (1 + e));
}

describe('φ', () => {
  test('is the tail to 13 digits, computed with 30, from y = −5 to 40', () => {
    expect(vectors).toHaveLength(181);
    for (const { y, phi } of vectors) {
      const exact = Number(phi);
      expect(Math.abs(phiOf(y) - exact) / exact, `y = ${y}`).toBeLessThan(RELATIVE_ERROR_MAX);
    }
  });

  test('grows with lateness, and never underflows', () => {
    const lateness = fc.double({ min: -30, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(lateness, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (y, more) => {
        expect(phiOf(y)).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(phiOf(y + more))).toBe(true);
        if (y > -8) expect(phiOf(y + more)).toBeGreaterThan(phiOf(y));
        else expect(phiOf(y + more)).toBeGreaterThanOrEqual(phiOf(y));
      }),
    );
  });

  test('has an inverse', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.302, max: 300, noNaN: true }), (phi) => {
        expect(phiOf(deviationsAt(phi))).toBeCloseTo(phi, 9);
      }),
    );
    // Q(5.612) is 1e-8.
    expect(deviationsAt(8)).toBeCloseTo(5.6120012, 6);
  });
});

describe('the logistic approximation', () => {
  test('gives the values that Akka publishes in its specification', () => {
    for (const [ms, published] of [
      [0, 0],
      [500, 0.1],
      [1_000, 0.3],
      [1_200, 1.6],
      [1_400, 4.7],
      [1_600, 10.8],
      [1_700, 15.3],
    ] as const) {
      // A mean of 1 000 ms, a deviation of 100 ms.
      expect(Math.abs(logisticPhi((ms - 1_000) / 100) - published), `${ms} ms`).toBeLessThan(0.1);
    }
  });

  test('is computed right in the vectors, too', () => {
    for (const { y, logistic } of vectors) {
      if (y < 0 || y > 20) continue;
      expect(logisticPhi(y)).toBeCloseTo(Number(logistic), 9);
    }
  });

  test('differs from the tail as documented: by 2 % up to y = 2, by 0.9 at a threshold of 8', () => {
    for (const { y, phi } of vectors) {
      if (y < 0 || y > 2) continue;
      expect(Math.abs(logisticPhi(y) / Number(phi) - 1)).toBeLessThan(0.02);
    }
    let convictsAt = 0;
    while (logisticPhi(convictsAt) < 8) convictsAt += 1e-4;
    expect(convictsAt).toBeCloseTo(5.226, 3);
    expect(phiOf(convictsAt)).toBeCloseTo(7.06, 2);
    expect(deviationsAt(8)).toBeCloseTo(5.612, 3);
    expect(logisticPhi(12)).toBeGreaterThan(1.8 * phiOf(12));
  });
});
