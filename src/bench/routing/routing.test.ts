import { describe, expect, test } from 'vitest';
import type { Row } from '../benchmark.ts';
import { benchRng } from '../seed.ts';
import { benchChoosing } from './choosing.ts';
import { benchDisjointPaths } from './disjoint.ts';
import { benchFullSpf } from './full-spf.ts';
import { packRows } from './graph-of-rows.ts';
import { benchIncrementalSpf } from './incremental-spf.ts';
import { benchMemory } from './memory.ts';
import { gridGraph, randomGraph } from './random-graph.ts';

const once = { rounds: 1, warmUpRounds: 1 };
/** Large enough for a round of many steps of the processor's clock. */
const random = randomGraph(3000, 4, 100, benchRng(1, 'graph'));

function expectMeasured(rows: readonly Row[], ...names: readonly string[]): void {
  expect(rows.map(({ name }) => name)).toEqual(names);
  for (const { value, interval, bound } of rows) {
    expect(value).toBeGreaterThanOrEqual(0);
    expect(interval.low).toBeLessThanOrEqual(value);
    expect(interval.high).toBeGreaterThanOrEqual(value);
    if (bound !== null) expect(bound.value).toBeGreaterThan(0);
  }
}

describe('each workload of the router', () => {
  test('full SPF beside a sweep', async () => {
    expectMeasured([await benchFullSpf('spf', 'full', packRows(random), once, 1)], 'spf');
  });

  test('repair, which is checked against full computations', async () => {
    const wanted = { kind: 'at-least', value: 0 } as const;
    const rows = await benchIncrementalSpf(random, once, 1, wanted);
    expectMeasured(rows, 'repair', 'repair-speed-up');
    expect(rows[0]?.summary?.rounds).toBe(2999);
    expect(rows[1]?.met).toBe(true);
  });

  test('disjoint paths beside full SPF', async () => {
    expectMeasured([await benchDisjointPaths(packRows(random), once, 1)], 'disjoint');
  });

  test('the choices of every policy and what it keeps', async () => {
    const grid = gridGraph(6, 100, benchRng(1, 'graph'));
    const rows = await benchChoosing(packRows(grid), 6, once, 1);
    expect(rows).toHaveLength(15);
    expectMeasured(rows.slice(0, 3), 'choose-first-dijkstra', 'choose-dijkstra', 'state-dijkstra');
  });

  test('memory, of which the arrays of arcs are the most', async () => {
    const large = randomGraph(20_000, 4, 100, benchRng(1, 'graph'));
    const rows = await benchMemory('memory', 'memory', large, { kind: 'at-most', value: 150 });
    expectMeasured(rows, 'memory', 'memory-paths');
    expect(rows[0]?.bound?.ratio).toBeGreaterThan(1);
    expect(rows[0]?.met).toBe(true);
  });
});
