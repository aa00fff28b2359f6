// What is wrong with the flags of `bitcraps sim` taken together, told before anything is run or written: a flag that a run
// would ignore is refused, for whoever gave it would read the figures as if it had counted.

import { BitcrapsError } from '../../core/errors.ts';
import type { Pair } from '../../sim/mesh-run/probes.ts';
import type { Topology, TopologyFile } from '../../sim/topology/topology.ts';
import type { SimFlags } from './simulate.ts';
import { topologyIn } from './topology-argument.ts';

type Check = readonly [flag: string, given: (flags: SimFlags) => boolean];

const EXPLAIN: Check = ['--explain', ({ explain }) => explain !== undefined];
const MOBILITY: Check = ['--mobility', ({ mobility }) => mobility !== undefined];
const FAULTS: Check = ['--faults', ({ faults }) => faults !== undefined];
const PAIR: Check = ['--pair', ({ pair }) => pair !== undefined];

/** Networks that change are not broken on purpose as well, and have no routes that stay. */
const NOT_WITH_FAULTS: readonly Check[] = [
  ['--fail-links', ({ failLinks }) => failLinks !== undefined],
  ['--fail-nodes', ({ failNodes }) => failNodes !== undefined],
  ['--churn', ({ churn }) => churn > 0],
  EXPLAIN,
  PAIR,
];
const NOT_WHERE_LINKS_CHANGE: readonly Check[] = [...NOT_WITH_FAULTS, FAULTS];
/** These are of one run. */
const NOT_WITH_COMPARE: readonly Check[] = [
  EXPLAIN,
  ['--svg', ({ svg }) => svg !== undefined],
  ['--trace', ({ trace }) => trace !== undefined],
];

/** The pair that was asked for, by `--explain` or `--pair`. Throws `CLI_USAGE` for flags that do not go together. */
export function checkFlags(file: TopologyFile, flags: SimFlags): Pair | null {
  const refuse = (checks: readonly Check[], other: string): void => {
    const clash = checks.find(([, given]) => given(flags));
    if (clash !== undefined) throw usage(`${clash[0]} does not go with ${other}`);
  };
  if (file.kind === 'sequence') {
    refuse([MOBILITY, ...NOT_WHERE_LINKS_CHANGE], 'a file of frames, which says how links change');
  }
  if (flags.mobility !== undefined) refuse(NOT_WHERE_LINKS_CHANGE, '--mobility');
  if (flags.faults !== undefined) refuse(NOT_WITH_FAULTS, '--faults');
  if (flags.compare === true) refuse(NOT_WITH_COMPARE, '--compare');
  if (flags.explain !== undefined) refuse([PAIR], '--explain, which names its own pair');
  const text = flags.explain ?? flags.pair;
  if (text === undefined) return null;
  return pairIn(topologyIn(file), flags.explain === undefined ? '--pair' : '--explain', text);
}

/** Two nodes by id, by name, or by their place in the file. */
function pairIn({ nodes }: Topology, flag: string, text: string): Pair {
  const words = text.split(',').map((word) => word.trim());
  const indices = words.map((word) => {
    for (const field of ['id', 'name'] as const) {
      const index = nodes.findIndex((node) => node[field] === word);
      if (index >= 0) return index;
    }
    const index = /^\d{1,6}$/.test(word) ? Number(word) : nodes.length;
    if (index < nodes.length) return index;
    throw usage(`${flag}: the topology has no node ${word}`);
  });
  const [from, to] = indices;
  if (from === undefined || to === undefined || indices.length > 2 || from === to) {
    throw usage(`${flag} takes two different nodes, as A,B`);
  }
  return { from, to };
}

function usage(detail: string): BitcrapsError {
  return new BitcrapsError('CLI_USAGE', { detail });
}
