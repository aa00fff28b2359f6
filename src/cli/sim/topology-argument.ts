// What `bitcraps sim` is to run on: a generator's name and numbers, or a file.

import { readFileSync, statSync } from 'node:fs';
import { assert } from '../../core/assert.ts';
import { BitcrapsError, unwrap } from '../../core/errors.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { createSeededRng } from '../../sim/seeded-rng.ts';
import { looksGenerated, parseGenerator } from '../../sim/topology/parse-generator.ts';
import { readTopology } from '../../sim/topology/read-topology.ts';
import {
  TOPOLOGY_TEXT_MAX,
  type Topology,
  type TopologyFile,
} from '../../sim/topology/topology.ts';

/** Throws `SIM_TOPOLOGY_…` for what is no topology, `CLI_FILE_UNREADABLE` for what is no file. */
export function topologyOf(argument: string, seed: number): TopologyFile {
  if (looksGenerated(argument)) {
    const rng = createSeededRng(primitives, seed, 'topology');
    return { kind: 'still', topology: unwrap(parseGenerator(argument, rng)) };
  }
  return unwrap(readTopology(textOf(argument)));
}

/** The network itself; of one that changes, its first frame. */
export function topologyIn(file: TopologyFile): Topology {
  const topology = file.kind === 'still' ? file.topology : file.sequence.frames[0];
  assert(topology !== undefined, 'a sequence has a frame');
  return topology;
}

function textOf(path: string): string {
  try {
    // UTF-8 takes at most three bytes for each UTF-16 unit.
    const { size } = statSync(path);
    if (size > 3 * TOPOLOGY_TEXT_MAX) throw new Error(`it has ${size} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new BitcrapsError('CLI_FILE_UNREADABLE', { path, detail });
  }
}
