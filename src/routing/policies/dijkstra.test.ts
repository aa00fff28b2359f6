import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { policySuite } from '../../../test/suites/policy.suite.ts';
import { graphOf, gridOf, smallGraphs, viewOf } from '../../../test/suites/routing-view.ts';
import { encodeMetrics } from '../graph/metric-code.ts';
import { createDijkstraPolicy } from './dijkstra.ts';
import { pathWeight, searchPaths, searchWithinHops } from './path-search.ts';
import { DEFAULT_CRITERIA } from './route-criteria.ts';
import type { RouteCriteria } from './route-policy.ts';

policySuite('dijkstra', createDijkstraPolicy);

const NOTHING = {
  latency: 0,
  bandwidth: 0,
  loss: 0,
  congestion: 0,
  hops: 0,
  energy: 0,
  reliability: 0,
};

function only(weights: Partial<RouteCriteria['weights']>): RouteCriteria {
  return { ...DEFAULT_CRITERIA, weights: { ...NOTHING, ...weights } };
}

const metrics = (latencyMs: number, bytesPerSecond: number, loss: number): number =>
  encodeMetrics({ latencyMs, jitterMs: 1, loss, bytesPerSecond });

describe('searches', () => {
  test('without a bound that binds, the bounded search costs what the other does', () => {
    fc.assert(
      fc.property(smallGraphs, ({ graph, nodes }) => {
        const view = viewOf(graph, 0);
        const cost = (arc: number): number => graph.weights[arc] ?? 0;
        const { distances } = searchPaths(view, cost);
        for (let to = 0; to < nodes; to += 1) {
          const path = searchWithinHops(view, cost, to, nodes);
          const sum = path === null ? 0xffff_ffff : pathWeight(graph, path);
          expect(sum).toBe(distances[to]);
        }
      }),
    );
  });

  test('a bounded path is the cheapest of all simple paths that are as short', () => {
    fc.assert(
      fc.property(smallGraphs, fc.integer({ min: 1, max: 4 }), ({ graph, nodes }, hopsMax) => {
        const view = viewOf(graph, 0);
        const path = searchWithinHops(view, (arc) => graph.weights[arc] ?? 0, nodes - 1, hopsMax);
        let best = Infinity;
        const walk = (node: number, seen: number[], cost: number): void => {
          if (node === nodes - 1) best = Math.min(best, cost);
          if (seen.length > hopsMax) return;
          for (let arc = graph.starts[node] ?? 0; arc < (graph.ends[node] ?? 0); arc += 1) {
            const next = graph.targets[arc] ?? 0;
            if (!seen.includes(next)) walk(next, [...seen, next], cost + (graph.weights[arc] ?? 0));
          }
        };
        walk(0, [0], 0);
        expect(path === null ? Infinity : pathWeight(graph, path)).toBe(best);
      }),
      { numRuns: 200 },
    );
  });
});

describe('dijkstra', () => {
  const policy = createDijkstraPolicy();

  test('takes the way that each criterion asks for', () => {
    // Four ways from 0 to 5, over 1 (fast), 2 (wide), 3 (sure), or directly.
    const graph = graphOf(6, [
      { a: 0, b: 1, there: 10, back: 10, metrics: metrics(2, 1e5, 0.1) },
      { a: 1, b: 5, there: 10, back: 10, metrics: metrics(2, 1e5, 0.1) },
      { a: 0, b: 2, there: 20, back: 20, metrics: metrics(50, 1e8, 0.1) },
      { a: 2, b: 5, there: 20, back: 20, metrics: metrics(50, 1e8, 0.1) },
      { a: 0, b: 3, there: 30, back: 30, metrics: metrics(50, 1e5, 0.0001) },
      { a: 3, b: 5, there: 30, back: 30, metrics: metrics(50, 1e5, 0.0001) },
      { a: 0, b: 5, there: 90, back: 90, metrics: metrics(90, 1e5, 0.3) },
    ]);
    const view = viewOf(graph, 0);
    const over = (criteria: RouteCriteria): readonly number[] | undefined =>
      policy.choose(view, 5, 0, criteria)?.nodes;
    expect(over(DEFAULT_CRITERIA)).toEqual([0, 1, 5]);
    expect(over(only({ latency: 1 }))).toEqual([0, 1, 5]);
    expect(over(only({ bandwidth: 1 }))).toEqual([0, 2, 5]);
    expect(over(only({ loss: 1 }))).toEqual([0, 3, 5]);
    expect(over(only({ hops: 1 }))).toEqual([0, 5]);
    view.attributesOf.set(1, { gateway: false, relays: true, energy: 0.05, location: null });
    expect(over(only({ latency: 1, energy: 1 }))).toEqual([0, 5]);
    const toward = (node: number): number =>
      [0, 1, 2, 3, 4].find((arc) => graph.targets[arc] === node)!;
    view.congestionOf.set(toward(2), 0.98);
    view.nowMs += 10_000;
    expect(over(only({ bandwidth: 1, congestion: 1 }))).toEqual([0, 5]);
  });

  test('takes a dearer path where the shortest has too many hops', () => {
    const graph = graphOf(5, [
      { a: 0, b: 1, there: 1, back: 1 },
      { a: 1, b: 2, there: 1, back: 1 },
      { a: 2, b: 4, there: 1, back: 1 },
      { a: 0, b: 3, there: 9, back: 9 },
      { a: 3, b: 4, there: 9, back: 9 },
    ]);
    const view = viewOf(graph, 0);
    expect(policy.choose(view, 4, 0, DEFAULT_CRITERIA)?.nodes).toEqual([0, 1, 2, 4]);
    expect(policy.choose(view, 4, 0, { ...DEFAULT_CRITERIA, hopsMax: 2 })?.nodes).toEqual([
      0, 3, 4,
    ]);
    expect(policy.choose(view, 4, 0, { ...DEFAULT_CRITERIA, hopsMax: 1 })).toBeNull();
  });

  test('says of an alternative by how much it is dearer', () => {
    const view = viewOf(gridOf(3), 0);
    const [first] = policy.alternatives(view, 2, DEFAULT_CRITERIA);
    expect(first?.rejected).toBe('dearer by 100.0 %');
  });
});
