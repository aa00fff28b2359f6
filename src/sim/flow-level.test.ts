import { describe, expect, test } from 'vitest';
import { realTopologies, viewOfTopology } from '../../test/suites/real-topologies.ts';
import { graphOf, gridOf } from '../../test/suites/routing-view.ts';
import type { Graph } from '../routing/graph/graph.ts';
import { createLoadBalancedPolicy } from '../routing/policies/load-balanced.ts';
import { allPairs, compareBalance } from './balance-comparison.ts';
import { balanceFlows } from './flow-level.ts';
import { type FlowNetwork, minMaxUtilisation } from './min-max-utilisation.ts';
import { type SeededRng, createXoshiro128 } from './seeded-rng.ts';

/** Of the linear programme's optimum. */
const UTILISATION_RATIO_MAX = 1.15;

function equal(graph: Graph): FlowNetwork {
  return { graph, capacities: new Float64Array(graph.targets.length).fill(1) };
}

function seeded(): SeededRng {
  return createXoshiro128(new Uint8Array(16).fill(1));
}

describe('the least possible load of the fullest link', () => {
  test('is known where it can be told by hand', () => {
    // Two ways of capacity 1 and 3: four units fill both.
    const graph = graphOf(4, [
      { a: 0, b: 1, there: 1, back: 1 },
      { a: 1, b: 3, there: 1, back: 1 },
      { a: 0, b: 2, there: 1, back: 1 },
      { a: 2, b: 3, there: 1, back: 1 },
    ]);
    const capacities = Float64Array.from(graph.targets, (to, arc) =>
      to === 1 || (arc >= (graph.starts[1] ?? 0) && arc < (graph.ends[1] ?? 0)) ? 1 : 3,
    );
    const demands = [{ from: 0, to: 3, rate: 4 }];
    const { lower, upper } = minMaxUtilisation({ graph, capacities }, demands, 0.01);
    expect(lower).toBeLessThanOrEqual(1);
    expect(upper).toBeGreaterThanOrEqual(1);
    expect(upper / lower).toBeLessThanOrEqual(1.01);
  });

  test('a ring of n with all pairs: as much as the mean way is long', () => {
    const links = Array.from({ length: 7 }, (_, a) => ({ a, b: (a + 1) % 7, there: 1, back: 1 }));
    const graph = graphOf(7, links);
    // Every pair takes the shorter way round: 1 + 2 + 3 hops each way from each node, over one arc each way.
    const { lower, upper } = minMaxUtilisation(equal(graph), allPairs(graph, 'uniform'), 0.01);
    expect(lower).toBeLessThanOrEqual(6.0001);
    expect(upper).toBeGreaterThanOrEqual(5.9999);
    expect(upper / lower).toBeLessThanOrEqual(1.01);
  });
});

function loads(): number[] {
  return balanceFlows(equal(gridOf(3)), allPairs(gridOf(3), 'gravity'), {
    createPolicy: createLoadBalancedPolicy,
    rounds: 5,
    roundMs: 1_000,
    packetsPerRound: 10,
    rng: seeded(),
  });
}

describe('load balancing by marks alone', () => {
  test('a grid comes near the optimum', () => {
    const { ratio } = compareBalance(gridOf(4), 'uniform', seeded());
    expect(ratio.shortestPath).toBeGreaterThan(UTILISATION_RATIO_MAX);
    expect(ratio.loadBalanced).toBeLessThanOrEqual(UTILISATION_RATIO_MAX);
  });

  test('Abilene and Geant2012 come within 1.15 of the optimum', () => {
    for (const { name, topology } of realTopologies(/^(Abilene|Geant2012)\.graphml$/)) {
      for (const kind of ['uniform', 'gravity'] as const) {
        const { ratio } = compareBalance(viewOfTopology(topology, 100).graph, kind, seeded());
        expect(ratio.loadBalanced, `${name}, ${kind}`).toBeLessThanOrEqual(UTILISATION_RATIO_MAX);
      }
    }
  });

  test('the same seed gives the same loads', () => {
    expect(loads()).toEqual(loads());
    expect(loads()).toHaveLength(5);
  });
});
