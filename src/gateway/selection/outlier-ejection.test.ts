import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EJECTION_DEFAULTS, OutlierEjection, type SuccessRate } from './outlier-ejection.ts';

const { baseMs, maxMs, consecutiveFailures } = EJECTION_DEFAULTS;

function among(keys: readonly string[]): OutlierEjection {
  const ejection = new OutlierEjection();
  ejection.know(keys);
  return ejection;
}

function fail(ejection: OutlierEjection, key: string, nowMs: number, times: number): void {
  for (let i = 0; i < times; i += 1) ejection.failed(key, nowMs);
}

function ratesOf(list: readonly number[]): readonly SuccessRate[] {
  return list.map((rate, i) => ({ key: 'abcde'[i] ?? '', rate, outcomes: 40 }));
}

function judged(...list: readonly number[]): readonly string[] {
  return among(['a', 'b', 'c', 'd', 'e'].slice(0, list.length)).judge(ratesOf(list), 0);
}

describe('ejection', () => {
  test('never takes more than its share out of use, whatever fails', () => {
    const steps = fc.array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
        what: fc.constantFrom('fail', 'succeed', 'convict', 'judge'),
        pauseMs: fc.nat(5_000),
        rate: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), steps, (count, list) => {
        const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].slice(0, count);
        const ejection = among(keys);
        let nowMs = 0;
        for (const { key, what, pauseMs, rate } of list) {
          nowMs += pauseMs;
          if (what === 'fail') ejection.failed(key, nowMs);
          else if (what === 'succeed') ejection.succeeded(key);
          else if (what === 'convict') ejection.convict(key, nowMs);
          else {
            const rates = keys.map((one) => ({
              key: one,
              rate: one === key ? rate : 1,
              outcomes: 50,
            }));
            ejection.judge(rates, nowMs);
          }
          const ejected = keys.filter((one) => ejection.isEjected(one, nowMs));
          expect(ejected.length).toBeLessThanOrEqual(Math.floor(count / 2));
          for (const one of keys) {
            expect(ejection.remainingMs(one, nowMs)).toBeLessThanOrEqual(maxMs);
          }
        }
      }),
    );
  });

  test('comes after so many failures in a row, and a success begins them anew', () => {
    const ejection = among(['a', 'b']);
    fail(ejection, 'a', 0, consecutiveFailures - 1);
    ejection.succeeded('a');
    fail(ejection, 'a', 0, consecutiveFailures - 1);
    expect(ejection.isEjected('a', 0)).toBe(false);
    fail(ejection, 'a', 0, 1);
    expect(ejection.remainingMs('a', 0)).toBe(baseMs);
    expect(ejection.isEjected('a', baseMs)).toBe(false);
  });

  test('lasts longer each time, and time in use is forgiven', () => {
    const ejection = among(['a', 'b']);
    let nowMs = 0;
    for (const times of [1, 2, 3]) {
      expect(ejection.convict('a', nowMs)).toBe(true);
      expect(ejection.remainingMs('a', nowMs)).toBe(times * baseMs);
      nowMs += times * baseMs;
    }
    // In use as long as two ejections of 30 s: the next is the third minus two, plus one.
    nowMs += 60_000;
    ejection.convict('a', nowMs);
    expect(ejection.remainingMs('a', nowMs)).toBe(2 * baseMs);
  });

  test('a share of successes that lies far below the others', () => {
    expect(judged(0.7, 1)).toEqual(['a']);
    expect(judged(0.7, 1, 1)).toEqual(['a']);
    expect(judged(0.95, 1, 1)).toEqual([]);
    // All fail alike: the cause is common.
    expect(judged(0.5, 0.55, 0.5, 0.45)).toEqual([]);
    // Others that differ widely make a low share nothing special.
    expect(judged(0.5, 1, 0.6, 0.9, 0.55)).toEqual([]);
  });

  test('a few outcomes convict nobody', () => {
    const ejection = among(['a', 'b']);
    const rates = [
      { key: 'a', rate: 0.5, outcomes: 8 },
      { key: 'b', rate: 1, outcomes: 40 },
    ];
    expect(ejection.judge(rates, 0)).toEqual([]);
  });

  test('a single gateway is never ejected', () => {
    const ejection = among(['a']);
    fail(ejection, 'a', 0, 100);
    expect(ejection.isEjected('a', 0)).toBe(false);
    expect(ejection.failures('a')).toBe(100);
  });
});
