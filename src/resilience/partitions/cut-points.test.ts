import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { graphOf, randomGraphs, type RandomGraph } from '../../../test/suites/graph-rig.ts';
import { components } from '../../routing/graph/components.ts';
import { findCutPoints, highest, type LinkRows } from './cut-points.ts';

type Links = Pick<RandomGraph, 'nodes' | 'arcs'>;

/** Sizes of the components of what is left, largest first; `without` counts as no component. */
function sizes(links: Links, without: number | null = null): readonly number[] {
  const { count, of } = components(graphOf(links));
  const found = Array.from({ length: count }, () => 0);
  of.forEach((component, node) => {
    if (node !== without) found[component] = (found[component] ?? 0) + 1;
  });
  return found.filter((size) => size > 0).toSorted((a, b) => b - a);
}

function withoutLink({ nodes, arcs }: Links, a: number, b: number): Links {
  const isIt = (from: number, to: number): boolean =>
    (from === a && to === b) || (from === b && to === a);
  return { nodes, arcs: arcs.filter(({ from, to }) => !isIt(from, to)) };
}

/** How many nodes lose the largest part of those that hung together with `node`. */
function cutOffBy({ nodes, arcs }: Links, node: number): number {
  const { of } = components(graphOf({ nodes, arcs }));
  const left = arcs.filter(({ from, to }) => from !== node && to !== node);
  const after = components(graphOf({ nodes, arcs: left }));
  const parts = new Map<number, number>();
  of.forEach((component, other) => {
    if (other === node || component !== of[node]) return;
    const part = after.of[other] ?? 0;
    parts.set(part, (parts.get(part) ?? 0) + 1);
  });
  const found = [...parts.values()];
  return found.reduce((sum, size) => sum + size, 0) - Math.max(0, ...found);
}

function line(nodes: number): LinkRows {
  return graphOf({
    nodes,
    arcs: Array.from({ length: nodes - 1 }, (_, i) => [
      { from: i, to: i + 1, weight: 1 },
      { from: i + 1, to: i, weight: 1 },
    ]).flat(),
  });
}

describe('cut points', () => {
  test('are what takes more components when it is taken away', () => {
    fc.assert(
      fc.property(randomGraphs({ nodesMax: 14, linksMax: 20, weightMax: 1 }), (random) => {
        const cuts = findCutPoints(graphOf(random));
        const before = sizes(random).length;
        let bridges = 0;
        for (const { from, to } of random.arcs.filter((arc) => arc.from < arc.to)) {
          const after = sizes(withoutLink(random, from, to)).length;
          const child = cuts.parents[from] === to ? from : cuts.parents[to] === from ? to : null;
          const split = child === null ? 0 : (cuts.bridgeSplits[child] ?? 0);
          expect(split > 0, `${from}–${to}`).toBe(after > before);
          if (after > before) bridges += 1;
        }
        expect(cuts.bridges).toBe(bridges);
        const off = Array.from({ length: random.nodes }, (_, node) => cutOffBy(random, node));
        expect([...cuts.cutOff]).toEqual(off);
        expect(cuts.cutNodes).toBe(off.filter((count) => count > 0).length);
      }),
    );
  });

  test('tell the smaller side of each bridge', () => {
    fc.assert(
      fc.property(randomGraphs({ nodesMax: 12, linksMax: 14, weightMax: 1 }), (random) => {
        const { parents, bridgeSplits } = findCutPoints(graphOf(random));
        const { of } = components(graphOf(random));
        bridgeSplits.forEach((split, node) => {
          if (split === 0) return;
          const after = components(graphOf(withoutLink(random, node, parents[node] ?? -1)));
          const whole = of.filter((component) => component === of[node]).length;
          const side = after.of.filter((component) => component === after.of[node]).length;
          expect(split).toBe(Math.min(side, whole - side));
        });
      }),
    );
  });

  test('of a line of ten thousand are all its links and all but its ends', () => {
    const cuts = findCutPoints(line(10_000));
    expect(cuts).toMatchObject({ bridges: 9_999, cutNodes: 9_998 });
    expect(highest(cuts.bridgeSplits, 1).map((node) => cuts.bridgeSplits[node])).toEqual([5_000]);
  });
});

test('the highest values come first, and zeros never', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 9 })), fc.integer({ min: 1, max: 6 }), (values, count) => {
      const sorted = values
        .map((value, node) => ({ value, node }))
        .filter(({ value }) => value > 0)
        .toSorted((a, b) => b.value - a.value || a.node - b.node);
      expect(highest(Int32Array.from(values), count)).toEqual(
        sorted.slice(0, count).map(({ node }) => node),
      );
    }),
  );
});
