// The networks that load balancing is measured on: wide-area networks of the Internet Topology Zoo where a folder holds
// them, else a generated one. Every hop costs the same.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '../../core/errors.ts';
import type { Graph } from '../../routing/graph/graph.ts';
import { gridTopology } from '../../sim/topology/generators.ts';
import { readTopology } from '../../sim/topology/read-topology.ts';
import { trueGraph } from '../../sim/topology/true-graph.ts';
import type { Topology } from '../../sim/topology/topology.ts';

export interface BalanceNetwork {
  /** Part of a row's name. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly graph: Graph;
}

const ZOO = ['Abilene', 'Geant2012'];
const GRID_SIDE = 4;
const HOP_WEIGHT = 100;

/** Looks directly in `folder` and in its `zoo/`; throws `SIM_TOPOLOGY_…` where a file there is no topology. */
export function balanceNetworks(folder: string | null): readonly BalanceNetwork[] {
  const found = folder === null ? [] : ZOO.flatMap((name) => inFolder(folder, name));
  if (found.length > 0) return found;
  const title = `generated grid of ${GRID_SIDE} × ${GRID_SIDE}`;
  return [{ name: 'grid', title, graph: evenGraph(gridTopology(GRID_SIDE, GRID_SIDE)) }];
}

/** Every hop of the same weight. */
export function evenGraph(topology: Topology): Graph {
  return trueGraph(topology, { weight: () => HOP_WEIGHT }).graph;
}

function inFolder(folder: string, name: string): readonly BalanceNetwork[] {
  const file = `${name}.graphml`;
  const path = [join(folder, file), join(folder, 'zoo', file)].find((path) => existsSync(path));
  if (path === undefined) return [];
  const read = unwrap(readTopology(readFileSync(path, 'utf8')));
  if (read.kind !== 'still') return [];
  return [{ name: name.toLowerCase(), title: name, graph: evenGraph(read.topology) }];
}
