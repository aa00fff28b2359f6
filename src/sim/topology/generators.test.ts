import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unwrap } from '../../core/errors.ts';
import { createXoshiro128, type SeededRng } from '../seeded-rng.ts';
import { parseGenerator } from './parse-generator.ts';
import type { Topology } from './topology.ts';

function rngOf(seed: number): SeededRng {
  const state = new Uint8Array(16);
  new DataView(state.buffer).setFloat64(0, seed + 1);
  return createXoshiro128(state);
}

function generated(text: string, seed = 1): Topology {
  return unwrap(parseGenerator(text, rngOf(seed)));
}

function degrees({ nodes, links }: Topology): number[] {
  return nodes.map((_, node) => links.filter(({ a, b }) => a === node || b === node).length);
}

function reached({ links }: Topology): number {
  const near = new Map<number, number[]>();
  for (const { a, b } of links) {
    near.set(a, [...(near.get(a) ?? []), b]);
    near.set(b, [...(near.get(b) ?? []), a]);
  }
  const seen = new Set([0]);
  for (const node of seen) for (const next of near.get(node) ?? []) seen.add(next);
  return seen.size;
}

const spec = fc.oneof(
  fc.tuple(fc.constantFrom('line', 'tree', 'geometric'), fc.integer({ min: 1, max: 200 })),
  fc.tuple(fc.constant('ring'), fc.integer({ min: 3, max: 200 })),
  fc
    .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }))
    .map(([w, h]) => ['grid', `${w}x${h}`] as const),
  fc
    .tuple(fc.integer({ min: 3, max: 60 }), fc.integer({ min: 2, max: 8 }))
    .filter(([nodes, degree]) => degree < nodes && (nodes * degree) % 2 === 0)
    .map(([nodes, degree]) => ['regular', `${nodes}x${degree}`] as const),
);

test('what is generated has the size asked for, is connected, simple, and the same for the same seed', () => {
  const property = fc.property(spec, fc.nat(), ([name, numbers], seed) => {
    const topology = generated(`${name}:${numbers}`, seed);
    const [first = 0, second = 1] = String(numbers).split('x').map(Number);
    expect(topology.nodes).toHaveLength(name === 'grid' ? first * second : first);
    expect(new Set(topology.nodes.map(({ id }) => id)).size).toBe(topology.nodes.length);
    expect(reached(topology)).toBe(topology.nodes.length);
    expect(topology.links.every(({ a, b }) => a < b && b < topology.nodes.length)).toBe(true);
    expect(new Set(topology.links.map(({ a, b }) => `${a} ${b}`)).size).toBe(topology.links.length);
    if (name === 'regular') expect(new Set(degrees(topology))).toEqual(new Set([second]));
    expect(generated(`${name}:${numbers}`, seed)).toEqual(topology);
  });
  fc.assert(property, { numRuns: 200 });
});

test.each([
  ['grid:10x10', 100, 180],
  ['grid:1x7', 7, 6],
  ['line:50', 50, 49],
  ['ring:20', 20, 20],
  ['tree:1000', 1000, 999],
  ['regular:100x4', 100, 200],
  ['regular:9x8', 9, 36],
])('%s has %i nodes and %i links', (text, nodes, links) => {
  const topology = generated(text);
  expect([topology.nodes.length, topology.links.length]).toEqual([nodes, links]);
});

test('other seeds give other networks', () => {
  for (const text of ['tree:50', 'geometric:50', 'regular:50x3', 'regular:50x2']) {
    expect(generated(text, 1).links).not.toEqual(generated(text, 2).links);
  }
});

test('a regular graph that falls apart is mixed again', () => {
  // Of the 19 355 graphs of eight nodes with three neighbours each, 35 are two times four.
  for (let seed = 0; seed < 3000; seed += 1)
    expect(reached(generated('regular:8x3', seed))).toBe(8);
});

test('a geometric graph has about eight neighbours a node', () => {
  const { nodes, links } = generated('geometric:2000');
  const mean = (2 * links.length) / nodes.length;
  expect(mean).toBeGreaterThan(7);
  expect(mean).toBeLessThan(8.5);
});

describe('what is not a generator is told so', () => {
  test.each([
    ['grod:10x10', 'there are grid, line'],
    ['grid:10', 'grid:WIDTHxHEIGHT'],
    ['grid:10x', 'grid:WIDTHxHEIGHT'],
    ['grid:0x10', '1 to 20000 nodes'],
    ['grid:1000x1000', '1 to 20000 nodes'],
    ['line:', 'line:NODES'],
    ['line:-5', 'line:NODES'],
    ['line:1e3', 'line:NODES'],
    ['ring:2', 'at least 3'],
    ['regular:10x1', 'the degree is at least 2'],
    ['regular:10x10', 'the degree is at least 2'],
    ['regular:9x3', 'even'],
    ['regular:2000x1000', 'more than 200000 links'],
    [`line:${'9'.repeat(100)}`, 'line:NODES'],
    ['', 'there are grid'],
  ])('%s', (text, words) => {
    const result = parseGenerator(text, rngOf(1));
    expect(result.ok).toBe(false);
    if (result.ok) return;
    expect(result.error.code).toBe('SIM_TOPOLOGY_SPEC_INVALID');
    expect(result.error.message).toContain(words);
  });
});
