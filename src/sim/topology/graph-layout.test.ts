import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createXoshiro128, type SeededRng } from '../seeded-rng.ts';
import { gridTopology, lineTopology, treeTopology } from './generators.ts';
import { layoutGraph, type Places } from './graph-layout.ts';
import { spread } from './spread.ts';
import type { Topology } from './topology.ts';

function rngOf(seed: number): SeededRng {
  return createXoshiro128(Uint8Array.from({ length: 16 }, (_, i) => i + 1 + (seed % 200)));
}

function placesOf({ nodes, links }: Topology, seed = 1): Places {
  const near = nodes.map((_, node) =>
    links.flatMap(({ a, b }) => (a === node ? [b] : b === node ? [a] : [])),
  );
  return layoutGraph(near, rngOf(seed));
}

function distance({ xs, ys }: Places, i: number, j: number): number {
  return Math.hypot((xs[i] ?? 0) - (xs[j] ?? 0), (ys[i] ?? 0) - (ys[j] ?? 0));
}

test('every node has a place, the same for the same seed', () => {
  const property = fc.property(fc.integer({ min: 1, max: 80 }), fc.nat(), (nodes, seed) => {
    const topology = treeTopology(nodes, rngOf(seed));
    const places = placesOf(topology, seed);
    expect(places.xs.every(Number.isFinite) && places.ys.every(Number.isFinite)).toBe(true);
    expect(placesOf(topology, seed)).toEqual(places);
  });
  fc.assert(property, { numRuns: 40 });
});

test('a line is drawn out, and lies', () => {
  const places = placesOf(lineTopology(40));
  const width = Math.abs((places.xs[0] ?? 0) - (places.xs[39] ?? 0));
  expect(width).toBeGreaterThan(30);
  expect(Math.abs((places.ys[0] ?? 0) - (places.ys[39] ?? 0))).toBeLessThan(width / 5);
});

test('a grid is unfolded: links are short, corners far apart', () => {
  const topology = gridTopology(12, 8);
  const places = placesOf(topology);
  const lengths = topology.links.map(({ a, b }) => distance(places, a, b));
  expect(Math.max(...lengths)).toBeLessThan(2.5);
  expect(Math.min(...lengths)).toBeGreaterThan(0.4);
  expect(distance(places, 0, 95)).toBeGreaterThan(10);
  expect(distance(places, 11, 84)).toBeGreaterThan(10);
});

test('what lies on one another is spread, within the box, and what does not stays', () => {
  const box = { left: 0, top: 0, right: 100, bottom: 100 };
  const far = { xs: Float64Array.of(10, 50, 90), ys: Float64Array.of(10, 50, 90) };
  spread(far, 5, box);
  expect([...far.xs]).toEqual([10, 50, 90]);
  const property = fc.property(fc.integer({ min: 2, max: 60 }), fc.nat(100), (count, at) => {
    const places = { xs: new Float64Array(count).fill(at), ys: new Float64Array(count).fill(50) };
    spread(places, 4, box);
    for (let i = 0; i < count; i += 1) {
      expect((places.xs[i] ?? -1) >= 0 && (places.xs[i] ?? -1) <= 100).toBe(true);
      for (let j = 0; j < i; j += 1) expect(distance(places, i, j)).toBeGreaterThan(2);
    }
  });
  fc.assert(property, { numRuns: 50 });
});
