import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCongestionTable } from './congestion-table.ts';

describe('congestion', () => {
  test('stays within 0 and 1 whatever is observed, and fades', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            nodes: fc.array(fc.nat({ max: 9 }), { maxLength: 6 }),
            delivered: fc.integer({ min: -2, max: 20 }),
            marked: fc.integer({ min: -2, max: 40 }),
          }),
          { maxLength: 30 },
        ),
        (observations) => {
          const table = createCongestionTable();
          observations.forEach(({ nodes, delivered, marked }, i) =>
            table.observed(nodes, delivered, marked, i),
          );
          for (let from = 0; from < 10; from += 1) {
            for (let to = 0; to < 10; to += 1) {
              const value = table.of(from, to, 30);
              expect(value).toBeGreaterThanOrEqual(0);
              expect(value).toBeLessThanOrEqual(1);
              expect(table.of(from, to, 600_000)).toBeLessThan(1e-9);
            }
          }
        },
      ),
    );
  });

  test('blames the arc that only marked paths share', () => {
    const table = createCongestionTable();
    for (let i = 0; i < 20; i += 1) {
      table.observed([0, 1, 2, 3], 10, 5, i);
      table.observed([0, 1, 4, 3], 10, 0, i);
    }
    expect(table.of(1, 2, 20)).toBeGreaterThan(0.4);
    expect(table.of(0, 1, 20)).toBeLessThan(0.3);
    expect(table.of(1, 4, 20)).toBe(0);
  });

  test('holds no more than its bound, the last observed', () => {
    const table = createCongestionTable(2);
    for (let node = 0; node < 5; node += 1) table.observed([node, node + 1], 1, 1, node);
    expect([0, 1, 2, 3, 4].map((node) => table.of(node, node + 1, 5) > 0)).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });
});
