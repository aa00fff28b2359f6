import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CHAOS_NODES_MAX, CHAOS_NODES_MIN, chaosPlan, linksOf } from './chaos-plan.ts';

/** Nodes that `from` reaches without `without`. */
function reached(from: string, links: ReturnType<typeof linksOf>, without: string): Set<string> {
  const seen = new Set([from]);
  for (const node of seen) {
    for (const link of links) {
      const other = link.from === node ? link.to : link.to === node ? link.from : null;
      if (other !== null && other !== without) seen.add(other);
    }
  }
  return seen;
}

test('any number of nodes: one table, players and gateways in both meshes, dialled nodes stand before', () => {
  fc.assert(
    fc.property(fc.integer({ min: CHAOS_NODES_MIN, max: CHAOS_NODES_MAX }), (nodes) => {
      const plan = chaosPlan(nodes);
      expect(plan).toHaveLength(nodes);
      expect(new Set(plan.map(({ name }) => name)).size).toBe(nodes);
      expect(plan.filter(({ role }) => role === 'validator')).toHaveLength(1);
      for (const mesh of ['a', 'b']) {
        for (const role of ['relay', 'gateway', 'player']) {
          expect(plan.some((node) => node.mesh === mesh && node.role === role)).toBe(true);
        }
      }
      const seen = new Set<string>();
      for (const { name, joins, bridges } of plan) {
        for (const to of [...joins, ...bridges]) expect(seen.has(to)).toBe(true);
        seen.add(name);
      }
      expect(reached('a-table', linksOf(plan), '').size).toBe(nodes);
    }),
  );
});

test('with two gateways in each mesh, no single node but the table parts anybody from it', () => {
  for (const nodes of [14, 20, 40]) {
    const plan = chaosPlan(nodes);
    const links = linksOf(plan);
    for (const { name } of plan) {
      if (name === 'a-table') continue;
      expect(reached('a-table', links, name).size, `${nodes} nodes without ${name}`).toBe(
        nodes - 1,
      );
    }
  }
});
