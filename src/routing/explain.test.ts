import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PLAIN, graphOf, smallGraphs, viewOf } from '../../test/suites/routing-view.ts';
import { explain } from './explain.ts';
import { explanationLines } from './explanation-text.ts';
import { maxDisjoint } from './graph/max-disjoint.ts';
import { encodeMetrics } from './graph/metric-code.ts';
import { DEFAULT_CRITERIA, POLICY_NAMES, createPolicy } from './policies/policies.ts';

const measured = encodeMetrics({ latencyMs: 10, jitterMs: 1, loss: 0.1, bytesPerSecond: 2e6 });

/** Two ways from 0 to 3, then a bridge to 4, then 5. */
function withBridge(): ReturnType<typeof viewOf> {
  const view = viewOf(
    graphOf(6, [
      { a: 0, b: 1, there: 100, back: 100, metrics: measured },
      { a: 1, b: 3, there: 100, back: 100, metrics: measured },
      { a: 0, b: 2, there: 150, back: 150 },
      { a: 2, b: 3, there: 150, back: 150 },
      { a: 3, b: 4, there: 100, back: 100, metrics: measured },
      { a: 4, b: 5, there: 100, back: 100, metrics: measured },
    ]),
    0,
  );
  view.attributesOf.set(1, { ...PLAIN, energy: 0.6 });
  return view;
}

describe('explain', () => {
  test('breaks the chosen route down, tells why the other one is not taken and why there is but one', () => {
    const explanation = explain(withBridge(), 4, DEFAULT_CRITERIA, createPolicy('dijkstra'));
    expect(explanation.chosen?.nodes).toEqual([0, 1, 3, 4]);
    expect(explanation.chosen?.hops).toHaveLength(3);
    const totals = explanation.chosen?.totals;
    expect(totals).toMatchObject({ hops: 3, energy: 0.6, congestion: 0 });
    expect(totals?.latencyMs).toBeCloseTo(30, -1);
    expect(totals?.delivery).toBeCloseTo(0.729, 1);
    expect(explanation.rejected[0]).toMatchObject({ nodes: [0, 2, 3, 4], shared: [3] });
    expect(explanation.rejected[0]?.totals.latencyMs).toBeNull();
    expect(explanation.disjoint.routes).toHaveLength(1);
    expect(explanation.disjoint.cut).not.toBeNull();
  });

  test('a node that does not relay is no disjoint route', () => {
    const view = withBridge();
    view.attributesOf.set(2, { ...PLAIN, relays: false });
    const { disjoint } = explain(view, 3, DEFAULT_CRITERIA, createPolicy('dijkstra'));
    expect(disjoint.routes.map(({ nodes }) => nodes)).toEqual([[0, 1, 3]]);
  });

  test('as lines', () => {
    const view = withBridge();
    view.suspects.add(2);
    const explanation = explain(view, 3, DEFAULT_CRITERIA, createPolicy('dijkstra'));
    const lines = explanationLines(explanation, (node) => `n${node}`);
    expect(lines[0]).toBe('n0 to n3 by dijkstra');
    expect(lines[1]).toBe('links taken for dead: to n2');
    expect(lines).toContain('chosen: n0 → n1 → n3');
    expect(lines).toContain('  because: shortest');
    expect(lines).toContain('node-disjoint routes: 2 of 3');
    expect(lines.some((line) => line.includes('every route passes'))).toBe(true);
    expect(
      lines.some((line) => /n0 → n1 by port 1: weight 100, latency [\d.]+ ms/.test(line)),
    ).toBe(true);
  });

  test('a destination out of reach, and the node itself', () => {
    const view = viewOf(graphOf(3, [{ a: 0, b: 1, there: 1, back: 1 }]), 0);
    const apart = explain(view, 2, DEFAULT_CRITERIA, createPolicy('hybrid'));
    expect(apart.chosen).toBeNull();
    expect(explanationLines(apart, String)).toContain('  no more: the two are not connected');
    const criteria = { ...DEFAULT_CRITERIA, hopsMax: 2 };
    const tooFar = explain(withBridge(), 4, criteria, createPolicy('geographic'));
    expect(tooFar.chosen).toBeNull();
    expect(tooFar.rejected[0]?.rejected).toBe('3 hops are over the limit of 2');
    const here = explain(view, 0, DEFAULT_CRITERIA, createPolicy('dijkstra'));
    expect(here.chosen?.nodes).toEqual([0]);
    expect(explanationLines(here, String).length).toBeGreaterThan(0);
  });

  test('disjoint routes are as many as there can be, and the cut as small; of every policy', () => {
    fc.assert(
      fc.property(smallGraphs, fc.constantFrom(...POLICY_NAMES), ({ graph, nodes }, name) => {
        const view = viewOf(graph, 0);
        for (let to = 1; to < nodes; to += 1) {
          const { disjoint, chosen } = explain(view, to, DEFAULT_CRITERIA, createPolicy(name));
          const { count } = maxDisjoint(graph, 0, to, 'node', 3);
          expect(disjoint.routes).toHaveLength(count);
          expect(chosen === null).toBe(count === 0);
          if (disjoint.cut === null) expect(count).toBe(3);
          else expect(disjoint.cut.nodes.length + disjoint.cut.links.length).toBe(count);
        }
      }),
    );
  });
});
