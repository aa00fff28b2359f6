import { describe, expect, test } from 'vitest';
import { benchDocument, row, tableRows, type Row } from './benchmark.ts';
import { exactly } from './bootstrap.ts';

const figure = {
  name: 'spf-full',
  title: 'full SPF',
  unit: 'ns/arc',
  value: 24.44,
  interval: { low: 23, high: 26, confidence: 0.95 },
};
const threshold = (value: number) => ({ threshold: { kind: 'at-most', value } as const });

const verdict = (...rows: readonly Row[]): boolean | null =>
  benchDocument('routing', 1, rows, []).met;

describe('a result', () => {
  test('is met only where all thresholds are, and missed where one is', () => {
    const met = row({ ...figure, ...threshold(30) });
    const undecided = row({ ...figure, ...threshold(25) });
    const missed = row({ ...figure, ...threshold(20) });
    const free = row(figure);
    expect(verdict(met, free)).toBe(true);
    expect(verdict(met, undecided)).toBe(null);
    expect(verdict(met, undecided, missed)).toBe(false);
    expect([met.verdict, undecided.met, missed.met, free.verdict]).toEqual([
      'met',
      null,
      false,
      '',
    ]);
  });

  test('is a table with a bound, a threshold and a verdict in each row that has them', () => {
    const bounded = row({
      ...figure,
      bound: { name: 'sweep', value: 2 },
      ...threshold(25),
    });
    expect(bounded.bound?.ratio).toBeCloseTo(12.22);
    const counted = row({ ...figure, title: 'memory', value: 1422.4, interval: exactly(1422.4) });
    expect(tableRows([bounded, counted]).slice(1)).toEqual([
      [
        'full SPF',
        '24.4 ns/arc',
        '23 – 26',
        '2 sweep',
        '12.2',
        '≤ 25',
        'undecided: the interval spans the threshold',
      ],
      ['memory', '1422 ns/arc', 'exact', '', '', '', ''],
    ]);
  });

  test('tells the machine and the seed', () => {
    const { environment, seed } = benchDocument('routing', 42, [], ['no peers']);
    expect(seed).toBe(42);
    expect(environment.node).toBe(process.version);
    expect(environment.cores).toBeGreaterThan(0);
  });
});
