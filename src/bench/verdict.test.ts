import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge } from './verdict.ts';

const between = (low: number, high: number): Parameters<typeof judge>[0] => ({
  low,
  high,
  confidence: 0.95,
});

describe('a verdict', () => {
  test('is refused exactly where the threshold lies within the interval', () => {
    const number = fc.integer({ min: -50, max: 50 });
    fc.assert(
      fc.property(number, number, number, (a, b, value) => {
        const interval = between(Math.min(a, b), Math.max(a, b));
        const atMost = judge(interval, { kind: 'at-most', value });
        const atLeast = judge(interval, { kind: 'at-least', value });
        const inside = interval.low < value && value < interval.high;
        expect(atMost.met === null).toBe(
          inside || (interval.low === value && interval.high > value),
        );
        expect(atLeast.met === null).toBe(
          inside || (interval.high === value && interval.low < value),
        );
        if (atMost.met !== null) expect(atMost.met).toBe(interval.high <= value);
        if (atLeast.met !== null) expect(atLeast.met).toBe(interval.low >= value);
      }),
    );
  });

  test('says so', () => {
    const threshold = { kind: 'at-most', value: 0.8 } as const;
    expect(judge(between(0.7, 0.79), threshold)).toEqual({ met: true, text: 'met' });
    expect(judge(between(0.81, 0.9), threshold)).toEqual({ met: false, text: 'missed' });
    expect(judge(between(0.79, 0.81), threshold)).toEqual({
      met: null,
      text: 'undecided: the interval spans the threshold',
    });
  });
});
