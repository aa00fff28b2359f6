import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { policySuite } from '../../../test/suites/policy.suite.ts';
import { graphOf, viewOf } from '../../../test/suites/routing-view.ts';
import type { Graph } from '../graph/graph.ts';
import { encodeMetrics } from '../graph/metric-code.ts';
import { createLoadBalancedPolicy } from './load-balanced.ts';
import { DEFAULT_CRITERIA } from './route-criteria.ts';
import { pathKey, rendezvous } from './weighted-rendezvous.ts';

policySuite('load-balanced', createLoadBalancedPolicy);

function rate(bytesPerSecond: number): number {
  return encodeMetrics({ latencyMs: 1, jitterMs: 0, loss: 0, bytesPerSecond });
}

/** Two ways over 1 and 2, as near as can be, and a third, far round over 3 and 4. */
function threeWays(metrics: readonly [number, number]): Graph {
  return graphOf(6, [
    { a: 0, b: 1, there: 100, back: 100, metrics: metrics[0] },
    { a: 1, b: 5, there: 100, back: 100, metrics: metrics[0] },
    { a: 0, b: 2, there: 105, back: 105, metrics: metrics[1] },
    { a: 2, b: 5, there: 105, back: 105, metrics: metrics[1] },
    { a: 0, b: 3, there: 200, back: 200 },
    { a: 3, b: 4, there: 200, back: 200 },
    { a: 4, b: 5, there: 200, back: 200 },
  ]);
}

describe('weighted rendezvous', () => {
  test('flows share as the weights say', () => {
    const counts = [0, 0, 0];
    const keys = [pathKey([0, 1]), pathKey([0, 2, 1]), pathKey([0, 3, 1])];
    for (let flow = 0; flow < 20_000; flow += 1) {
      const chosen = rendezvous(flow, keys, [0.5, 0.3, 0.2]);
      counts[chosen] = (counts[chosen] ?? 0) + 1;
    }
    [0.5, 0.3, 0.2].forEach((share, i) => {
      // Five standard deviations.
      const spread = 5 * Math.sqrt(20_000 * share * (1 - share));
      expect(Math.abs((counts[i] ?? 0) - 20_000 * share)).toBeLessThan(spread);
    });
  });

  test('a weight that shrinks moves flows off its own choice only', () => {
    const weights = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), {
      minLength: 2,
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.nat(), weights, fc.nat(), (flow, weights, at) => {
        const keys = weights.map((_, i) => pathKey([i, i + 7]));
        const less = weights.map((weight, i) => (i === at % weights.length ? weight / 2 : weight));
        const before = rendezvous(flow, keys, weights);
        const after = rendezvous(flow, keys, less);
        expect(after === before || before === at % weights.length).toBe(true);
      }),
    );
    expect(rendezvous(1, [5], [0])).toBe(-1);
  });
});

describe('load-balanced', () => {
  test('near-equal paths share by capacity, a far one carries nothing at first', () => {
    const policy = createLoadBalancedPolicy();
    const view = viewOf(threeWays([rate(3e6), rate(1e6)]), 0);
    const shares = policy.shares(view, 5);
    expect(shares.map(({ nodes }) => nodes)).toEqual([
      [0, 1, 5],
      [0, 2, 5],
    ]);
    expect(shares[0]?.share).toBeCloseTo(0.75, 1);
    expect(policy.choose(view, 5, 1, DEFAULT_CRITERIA)?.reason).toMatch(
      /^carries \d\d % of the flows$/,
    );
  });

  test('share leaves marked paths; where all are, the far one joins; when marks end, it leaves again', () => {
    const policy = createLoadBalancedPolicy();
    const view = viewOf(threeWays([0, 0]), 0);
    const run = (rounds: number, marks: (nodes: readonly number[]) => number): void => {
      for (let round = 0; round < rounds; round += 1) {
        view.nowMs += 1_000;
        for (const { nodes } of policy.shares(view, 5)) {
          const marked = Math.round(100 * marks(nodes));
          policy.feedback(view, { nodes, delivered: 100, lost: 0, marked, roundTripMs: null });
        }
      }
    };
    const shareOver = (node: number): number =>
      policy.shares(view, 5).find(({ nodes }) => nodes.includes(node))?.share ?? 0;
    run(20, (nodes) => (nodes.includes(1) ? 0.5 : 0));
    expect(shareOver(1)).toBeLessThan(0.05);
    expect(shareOver(3)).toBe(0);
    run(40, (nodes) => (nodes.includes(3) ? 0.01 : 0.5));
    expect(shareOver(3)).toBeGreaterThan(0.9);
    run(400, () => 0);
    expect(shareOver(3)).toBeLessThan(0.4);
  });

  test('a shorter path joins when the topology gains it, a broken one leaves', () => {
    const policy = createLoadBalancedPolicy();
    const without = graphOf(3, [
      { a: 0, b: 1, there: 10, back: 10 },
      { a: 1, b: 2, there: 10, back: 10 },
    ]);
    const direct = graphOf(3, [{ a: 0, b: 2, there: 5, back: 5 }]);
    const both = graphOf(3, [
      { a: 0, b: 1, there: 10, back: 10 },
      { a: 1, b: 2, there: 10, back: 10 },
      { a: 0, b: 2, there: 5, back: 5 },
    ]);
    const view = viewOf(without, 0);
    expect(policy.shares(view, 2)).toMatchObject([{ nodes: [0, 1, 2], share: 1 }]);
    view.replace(both);
    expect(policy.shares(view, 2).map(({ nodes }) => nodes)).toContainEqual([0, 2]);
    view.replace(direct);
    expect(policy.shares(view, 2)).toMatchObject([{ nodes: [0, 2], share: 1 }]);
  });
});
