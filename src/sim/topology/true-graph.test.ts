import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createXoshiro128 } from '../seeded-rng.ts';
import { geometricTopology, gridTopology } from './generators.ts';
import { trueGraph } from './true-graph.ts';
import type { Topology } from './topology.ts';

const ONE = (): number => 1;

/** Costs from `source` by relaxing every link until nothing changes (Bellman–Ford). */
function relaxed(
  { nodes, links }: Topology,
  source: number,
  weight: (link: number, ahead: boolean) => number,
): number[] {
  const costs = nodes.map((_, node) => (node === source ? 0 : Infinity));
  for (let changed = true; changed;) {
    changed = false;
    for (const [i, { a, b }] of links.entries()) {
      for (const [from, to, ahead] of [
        [a, b, true],
        [b, a, false],
      ] as const) {
        const cost = (costs[from] ?? Infinity) + weight(i, ahead);
        if (cost >= (costs[to] ?? Infinity)) continue;
        costs[to] = cost;
        changed = true;
      }
    }
  }
  return costs;
}

test('costs and reachability are those of the links that are up', () => {
  const property = fc.property(
    fc.integer({ min: 2, max: 25 }),
    fc.nat(),
    fc.float({ min: 0, max: Math.fround(0.6), noNaN: true }),
    (nodes, seed, share) => {
      const state = Uint8Array.from({ length: 16 }, (_, i) => (seed >> (i % 4)) + i);
      const rng = createXoshiro128(state);
      const topology = geometricTopology(nodes, rng);
      const nodesDown = topology.nodes.map(() => rng.chance(share / 3));
      const linksDown = topology.links.map(() => rng.chance(share));
      const weights = topology.links.map((): readonly [number, number] => [
        1 + (rng.uint32() % 9),
        1 + (rng.uint32() % 9),
      ]);
      const of = (link: number, ahead: boolean): number => weights[link]?.[ahead ? 0 : 1] ?? 0;
      const isUp = (i: number): boolean => {
        const link = topology.links[i];
        return link !== undefined && !linksDown[i] && !nodesDown[link.a] && !nodesDown[link.b];
      };
      const graph = trueGraph(topology, {
        weight: (link, ahead) => of(topology.links.indexOf(link), ahead),
        nodeIsUp: (node) => !nodesDown[node],
        linkIsUp: (link) => !linksDown[link],
      });
      let pairs = 0;
      for (const [from] of topology.nodes.entries()) {
        const costs = relaxed(topology, from, (i, ahead) => (isUp(i) ? of(i, ahead) : Infinity));
        let reached = 0;
        for (const [to, cost] of costs.entries()) {
          const up = !nodesDown[from] && !nodesDown[to];
          expect(graph.cost(from, to)).toBe(cost === Infinity ? null : cost);
          expect(graph.reaches(from, to)).toBe(up && cost !== Infinity);
          if (up && cost !== Infinity) reached += 1;
        }
        expect(graph.componentSize(from)).toBe(reached);
        pairs += Math.max(0, reached - 1);
      }
      expect(graph.reachablePairs).toBe(pairs);
    },
  );
  fc.assert(property);
});

test('a cut grid falls in two', () => {
  const topology = gridTopology(4, 3);
  const whole = trueGraph(topology, { weight: ONE });
  expect([whole.reachablePairs, whole.cost(0, 11), whole.graph.targets.length]).toEqual([
    132, 5, 34,
  ]);
  const middle = topology.links.map(({ a, b }) => a % 4 === 1 && b % 4 === 2);
  const cut = trueGraph(topology, { weight: ONE, linkIsUp: (link) => !middle[link] });
  expect([cut.reachablePairs, cut.cost(0, 11), cut.componentSize(0)]).toEqual([60, null, 6]);
});
