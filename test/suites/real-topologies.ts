// Real networks for tests: files of the folder that `BITCRAPS_TOPOLOGIES` names. The project holds none; where the
// variable is unset a test says so and goes by what it generates.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Location } from '../../src/routing/node-attributes.ts';
import { readTopology } from '../../src/sim/topology/read-topology.ts';
import type { Topology } from '../../src/sim/topology/topology.ts';
import { type Link, PLAIN, type TestView, graphOf, viewOf } from './routing-view.ts';

export interface RealTopology {
  readonly name: string;
  readonly topology: Topology;
}

/** Files directly in the folder or in `zoo/` whose names match. */
export function realTopologies(names: RegExp): RealTopology[] {
  const folder = process.env['BITCRAPS_TOPOLOGIES'];
  if (folder === undefined || !existsSync(folder)) {
    console.warn('BITCRAPS_TOPOLOGIES is unset: generated networks only');
    return [];
  }
  return [folder, join(folder, 'zoo')]
    .flatMap((at) => (existsSync(at) ? readdirSync(at).map((file) => join(at, file)) : []))
    .filter((file) => names.test(basename(file)))
    .toSorted()
    .map((file) => {
      const read = readTopology(readFileSync(file, 'utf8'));
      if (!read.ok || read.value.kind !== 'still') throw new Error(`${file} is no still topology`);
      return { name: basename(file), topology: read.value.topology };
    });
}

/** A view of it from node 0, every hop of weight `weight`, nodes where the file puts them. */
export function viewOfTopology({ nodes, links }: Topology, weight: number): TestView {
  const graph = graphOf(
    nodes.length,
    links.map(({ a, b }): Link => ({ a, b, there: weight, back: weight })),
  );
  const view = viewOf(graph, 0);
  nodes.forEach(({ position, planar }, node) => {
    if (position === null) return;
    const location: Location = { position, planar, atMs: 0, mobility: { kind: 'static' } };
    view.attributesOf.set(node, { ...PLAIN, location });
  });
  return view;
}
