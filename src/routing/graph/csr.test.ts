import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arcsOf, type Arc } from '../../../test/suites/graph-rig.ts';
import { graphBytes, packGraph } from './csr.ts';
import { arcTo, NONE } from './graph.ts';

const arcLists = fc.integer({ min: 1, max: 9 }).chain((nodes) =>
  fc.record({
    nodes: fc.constant(nodes),
    arcs: fc.array(
      fc.record({
        from: fc.nat({ max: nodes - 1 }),
        to: fc.nat({ max: nodes - 1 }),
        weight: fc.integer({ min: 1, max: 4 }),
      }),
      { maxLength: 40, size: 'max' },
    ),
  }),
);

function pack(nodes: number, arcs: readonly Arc[]): ReturnType<typeof packGraph> {
  return packGraph(nodes, {
    froms: arcs.map(({ from }) => from),
    tos: arcs.map(({ to }) => to),
    weights: arcs.map(({ weight }) => weight),
    ports: arcs.map((_, i) => i + 1),
    metrics: arcs.map((_, i) => 1000 + i),
  });
}

describe('a packed graph', () => {
  test('holds the lightest arc of each pair of nodes once, in rows ascending by target', () => {
    fc.assert(
      fc.property(arcLists, ({ nodes, arcs }) => {
        const lightest = new Map<string, Arc>();
        for (const arc of arcs) {
          const known = lightest.get(`${arc.from} ${arc.to}`);
          if (arc.from !== arc.to && (known === undefined || arc.weight < known.weight)) {
            lightest.set(`${arc.from} ${arc.to}`, arc);
          }
        }
        const expected = [...lightest.values()].toSorted((a, b) => a.from - b.from || a.to - b.to);
        const graph = pack(nodes, arcs);
        expect(arcsOf(graph)).toEqual(expected);
        for (const arc of expected) {
          const slot = arcTo(graph, arc.from, arc.to);
          expect(arcs[(graph.ports[slot] ?? 0) - 1]).toBe(arc);
          expect(arcs[(graph.metrics[slot] ?? 0) - 1000]).toBe(arc);
        }
        for (let node = 0; node < nodes; node += 1) expect(arcTo(graph, node, node)).toBe(NONE);
      }),
    );
  });

  test('refuses an arc that leads out of the graph and a weight that 16 bits do not hold', () => {
    expect(() => pack(2, [{ from: 0, to: 2, weight: 1 }])).toThrow('joins nodes');
    expect(() => pack(2, [{ from: 0, to: 1, weight: 0 }])).toThrow('16 bits');
    expect(() => pack(2, [{ from: 0, to: 1, weight: 0x1_0000 }])).toThrow('16 bits');
  });

  test('takes 104 bytes for a node with eight arcs', () => {
    const nodes = 1000;
    const froms = Array.from({ length: 8 * nodes }, (_, i) => i % nodes);
    const tos = froms.map((from, i) => (from + 1 + Math.floor(i / nodes)) % nodes);
    const graph = packGraph(nodes, { froms, tos, weights: froms.map(() => 1) });
    expect(graphBytes(graph)).toBe(104 * nodes);
  });
});
