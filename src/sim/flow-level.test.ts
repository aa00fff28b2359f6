import { describe, expect, test } from 'vitest';
import { realTopologies, viewOfTopology } from '../../test/suites/real-topologies.ts';
import { graphOf, gridOf } from '../../test/suites/routing-view.ts';
import type { Graph } from '../routing/graph/graph.ts';
import { createLoadBalancedPolicy } from '../routing/policies/load-balanced.ts';
import { balanceFlows } from './flow-level.ts';
import { type Demand, loadCheapest, minMaxUtilisation } from './min-max-utilisation.ts';
import { createXoshiro128 } from './seeded-rng.ts';

/** Of the linear programme's optimum. */
const UTILISATION_RATIO_MAX = 1.15;
/** At its optimum the fullest link is this full: there is something to balance and a way to. */
const UTILISATION_AT_OPTIMUM = 0.8;
const ROUNDS = 40;
/** The last ones, of which the fullest counts. */
const ROUNDS_SETTLED = 20;

function equal(graph: Graph): { graph: Graph; capacities: Float64Array } {
  return { graph, capacities: new Float64Array(graph.targets.length).fill(1) };
}

/** Between every two nodes: the same everywhere, or as much as both have links. */
function allPairs(graph: Graph, kind: 'uniform' | 'gravity'): Demand[] {
  const size = (node: number): number =>
    kind === 'uniform' ? 1 : (graph.ends[node] ?? 0) - (graph.starts[node] ?? 0);
  const demands: Demand[] = [];
  for (let from = 0; from < graph.nodes; from += 1) {
    for (let to = 0; to < graph.nodes; to += 1) {
      if (from !== to) demands.push({ from, to, rate: size(from) * size(to) });
    }
  }
  return demands;
}

/** Against the certified lower bound of the optimum, so that the true ratio is no worse. */
function balance(graph: Graph, kind: 'uniform' | 'gravity'): { ratio: number; singlePath: number } {
  const network = equal(graph);
  const wanted = allPairs(graph, kind);
  const { lower } = minMaxUtilisation(network, wanted, 0.01);
  const scale = UTILISATION_AT_OPTIMUM / lower;
  const demands = wanted.map((demand) => ({ ...demand, rate: demand.rate * scale }));
  const fullest = balanceFlows(network, demands, {
    createPolicy: createLoadBalancedPolicy,
    rounds: ROUNDS,
    roundMs: 1_000,
    packetsPerRound: 100,
    rng: createXoshiro128(new Uint8Array(16).fill(1)),
  });
  const loads = new Float64Array(graph.targets.length);
  for (let source = 0; source < graph.nodes; source += 1) {
    const wanted = demands.filter(({ from }) => from === source);
    loadCheapest(graph, new Float64Array(loads.length).fill(1), source, wanted, loads);
  }
  return {
    ratio: Math.max(...fullest.slice(-ROUNDS_SETTLED)) / UTILISATION_AT_OPTIMUM,
    singlePath: Math.max(...loads) / UTILISATION_AT_OPTIMUM,
  };
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

describe('load balancing by marks alone', () => {
  test('a grid comes near the optimum', () => {
    const { ratio, singlePath } = balance(gridOf(4), 'uniform');
    expect(singlePath).toBeGreaterThan(UTILISATION_RATIO_MAX);
    expect(ratio).toBeLessThanOrEqual(UTILISATION_RATIO_MAX);
  });

  test('Abilene and Geant2012 come within 1.15 of the optimum', () => {
    for (const { name, topology } of realTopologies(/^(Abilene|Geant2012)\.graphml$/)) {
      for (const kind of ['uniform', 'gravity'] as const) {
        const { ratio } = balance(viewOfTopology(topology, 100).graph, kind);
        expect(ratio, `${name}, ${kind}`).toBeLessThanOrEqual(UTILISATION_RATIO_MAX);
      }
    }
  });
});
