import { describe, expect, test } from 'vitest';
import { benchRng } from '../seed.ts';
import { gridGraph, randomGraph, type ArcRows } from './random-graph.ts';

const arcsOf = ({ nodes, offsets, targets }: ArcRows): readonly string[] =>
  Array.from({ length: nodes }, (_, node) =>
    Array.from(targets.subarray(offsets[node], offsets[node + 1]), (to) => `${node}-${to}`),
  ).flat();

/** What every graph to measure on is. */
function check(graph: ArcRows, weightMax: number): void {
  const { nodes, offsets, targets, weights } = graph;
  const arcs = new Set(arcsOf(graph));
  expect(arcs.size).toBe(targets.length);
  expect(weights).toHaveLength(targets.length);
  for (const arc of arcs) {
    const [from, to] = arc.split('-');
    expect(from).not.toBe(to);
    expect(arcs.has(`${to}-${from}`)).toBe(true);
  }
  for (let node = 0; node < nodes; node += 1) {
    const row = [...targets.subarray(offsets[node], offsets[node + 1])];
    expect(row).toEqual(row.toSorted((a, b) => a - b));
  }
  expect(Math.min(...weights)).toBeGreaterThanOrEqual(1);
  expect(Math.max(...weights)).toBeLessThanOrEqual(weightMax);
  const reached = new Set([0]);
  for (const node of reached) {
    for (const to of targets.subarray(offsets[node], offsets[node + 1])) reached.add(to);
  }
  expect(reached.size).toBe(nodes);
}

const small = (seed: number): ArcRows => randomGraph(60, 3, 9, benchRng(seed, 'graph'));

describe('a graph to measure on', () => {
  test('a random one is connected and nearly regular', () => {
    const graph = randomGraph(500, 4, 1000, benchRng(1, 'graph'));
    check(graph, 1000);
    expect(graph.targets.length).toBeGreaterThan(500 * 8 * 0.97);
    expect(graph.targets.length).toBeLessThanOrEqual(500 * 8);
  });

  test('a grid has its diagonals', () => {
    const graph = gridGraph(12, 50, benchRng(1, 'graph'));
    check(graph, 50);
    // Rows and columns: 2 · 12 · 11 links; diagonals: 2 · 11 · 11.
    expect(graph.targets).toHaveLength(2 * (2 * 12 * 11 + 2 * 11 * 11));
  });

  test('the seed decides', () => {
    expect(small(5)).toEqual(small(5));
    expect(small(5)).not.toEqual(small(6));
  });
});
