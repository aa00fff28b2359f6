import { expect, test } from 'vitest';
import { unwrap } from '../../core/errors.ts';
import { readTopology } from './read-topology.ts';
import type { Topology } from './topology.ts';

function topologyOf(document: unknown): Topology {
  const file = unwrap(readTopology(JSON.stringify(document)));
  if (file.kind !== 'still') throw new Error('a sequence');
  return file.topology;
}

test('a list of links is enough', () => {
  const topology = topologyOf({
    links: [
      { source: '0001', target: '0002' },
      { source: 2, target: 3 },
    ],
  });
  expect(topology.nodes.map(({ id }) => id)).toEqual(['0001', '0002', '2', '3']);
  expect(topology.links.map(({ a, b, kind }) => [a, b, kind])).toEqual([
    [0, 1, 'other'],
    [2, 3, 'other'],
  ]);
});
