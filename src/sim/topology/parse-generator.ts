// The short way to name a generated network on the command line: `grid:10x10`, `line:50`, `ring:20`, `tree:100`,
// `geometric:200`, `regular:100x4`.

import { fail, ok, type Result } from '../../core/errors.ts';
import type { Rng } from '../../env/rng.ts';
import {
  geometricTopology,
  gridTopology,
  lineTopology,
  regularTopology,
  ringTopology,
  treeTopology,
} from './generators.ts';
import { TOPOLOGY_LINKS_MAX, TOPOLOGY_NODES_MAX, type Topology } from './topology.ts';

interface Generator {
  readonly numbers: readonly string[];
  readonly nodes: (...numbers: number[]) => number;
  /** Why these numbers give no such network; `null` where they do. */
  readonly wrong?: (...numbers: number[]) => string | null;
  readonly make: (rng: Rng, ...numbers: number[]) => Topology;
}

const first = (nodes = 0): number => nodes;

const GENERATORS: ReadonlyMap<string, Generator> = new Map<string, Generator>([
  [
    'grid',
    {
      numbers: ['width', 'height'],
      nodes: (width = 0, height = 0) => width * height,
      make: (_, width = 0, height = 0) => gridTopology(width, height),
    },
  ],
  ['line', { numbers: ['nodes'], nodes: first, make: (_, nodes = 0) => lineTopology(nodes) }],
  [
    'ring',
    {
      numbers: ['nodes'],
      nodes: first,
      wrong: (nodes = 0) => (nodes < 3 ? 'a ring has at least 3 nodes' : null),
      make: (_, nodes = 0) => ringTopology(nodes),
    },
  ],
  [
    'tree',
    { numbers: ['nodes'], nodes: first, make: (rng, nodes = 0) => treeTopology(nodes, rng) },
  ],
  [
    'geometric',
    {
      numbers: ['nodes'],
      nodes: first,
      make: (rng, nodes = 0) => geometricTopology(nodes, rng),
    },
  ],
  [
    'regular',
    {
      numbers: ['nodes', 'degree'],
      nodes: first,
      wrong: (nodes = 0, degree = 0) => regularWrong(nodes, degree),
      make: (rng, nodes = 0, degree = 0) => regularTopology(nodes, degree, rng),
    },
  ],
]);

function regularWrong(nodes: number, degree: number): string | null {
  if (degree < 2 || degree >= nodes)
    return 'the degree is at least 2 and below the number of nodes';
  if ((nodes * degree) % 2 === 1) return 'nodes × degree is even in every regular graph';
  if ((nodes * degree) / 2 > TOPOLOGY_LINKS_MAX) return `more than ${TOPOLOGY_LINKS_MAX} links`;
  return null;
}

/** Whether the text is meant as a generator's name and numbers, rather than as a file's name. */
export function looksGenerated(text: string): boolean {
  return GENERATORS.has(text.split(':', 1)[0] ?? '') && text.includes(':');
}

/** The network that `text` names. `SIM_TOPOLOGY_SPEC_INVALID` tells what is wrong with it. */
export function parseGenerator(
  text: string,
  rng: Rng,
): Result<Topology, 'SIM_TOPOLOGY_SPEC_INVALID'> {
  const invalid = (reason: string): Result<never, 'SIM_TOPOLOGY_SPEC_INVALID'> =>
    fail('SIM_TOPOLOGY_SPEC_INVALID', { spec: text.slice(0, 60), reason });
  const [name = '', rest = ''] = text.split(':', 2);
  const generator = GENERATORS.get(name);
  if (generator === undefined) {
    return invalid(
      `there is no generator of that name; there are ${[...GENERATORS.keys()].join(', ')}`,
    );
  }
  if (
    text.length > 60 ||
    !new RegExp(`^\\d+(x\\d+){${generator.numbers.length - 1}}$`).test(rest)
  ) {
    return invalid(
      `it takes ${name}:${generator.numbers.map((word) => word.toUpperCase()).join('x')}`,
    );
  }
  const numbers = rest.split('x').map(Number);
  const nodes = generator.nodes(...numbers);
  if (nodes < 1 || nodes > TOPOLOGY_NODES_MAX) return invalid(`1 to ${TOPOLOGY_NODES_MAX} nodes`);
  const wrong = generator.wrong?.(...numbers) ?? null;
  return wrong === null ? ok(generator.make(rng, ...numbers)) : invalid(wrong);
}
