import fc from 'fast-check';
import { expect, test } from 'vitest';
import { graphOf, randomGraphs } from '../../../test/suites/graph-rig.ts';
import { components } from './components.ts';
import { UNREACHABLE } from './graph.ts';
import { shortestPaths } from './shortest-paths.ts';

test('two nodes are in one component if and only if one reaches the other', () => {
  fc.assert(
    fc.property(randomGraphs({ nodesMax: 20, linksMax: 20, weightMax: 1 }), (random) => {
      const graph = graphOf(random);
      const { count, of } = components(graph);
      for (let node = 0; node < random.nodes; node += 1) {
        const { distances } = shortestPaths(graph, node);
        distances.forEach((distance, other) => {
          expect(of[node] === of[other]).toBe(distance !== UNREACHABLE);
        });
      }
      expect([...new Set(of)]).toEqual(Array.from({ length: count }, (_, i) => i));
    }),
  );
});
