// `npm run bench:routing`: our router's figures, and the same searches by other libraries where they are installed.
// `--peers` installs them first, `--full` takes more rounds and graphs, `--json` prints one document.

import { parseArgs } from 'node:util';
import { benchDocument, tableRows, type Row } from '../../../src/bench/benchmark.ts';
import {
  memoryGraph,
  MEMORY_WANTED,
  meshGraph,
  routingRows,
  searchGraph,
  wideGraph,
} from '../../../src/bench/routing/routing.ts';
import { SEED_DEFAULT } from '../../../src/bench/seed.ts';
import { tableText } from '../../../src/cli/table-text.ts';
import { compareMemory, compareSearches, type Arena, type Comparison } from './compare.ts';
import { CXX_FLAGS, installPeers, PEERS } from './peers.ts';

const EXIT_THRESHOLD_MISSED = 99;

const WANTED: Comparison['wanted'] = {
  boost: { kind: 'at-most', value: 0.8 },
  graphology: { kind: 'at-least', value: 40 },
};
/** What is held in memory is compared with these alone where it must be quick. */
const MEMORY_PEERS_QUICK: ReadonlySet<string> = new Set(['boost', 'graphology']);

const { values: options } = parseArgs({
  options: {
    peers: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(SEED_DEFAULT) },
  },
});
const seed = Number(options.seed);
const notes: string[] = [];

if (options.peers) notes.push(...installPeers());
const peers = PEERS.filter((peer) => peer.isInstalled());
const missing = PEERS.filter((peer) => !peer.isInstalled()).map(({ name }) => name);
if (missing.length > 0) {
  notes.push(
    `not installed, so not measured: ${missing.join(', ')} (\`npm run bench:routing -- --peers\` installs them)`,
  );
}
if (peers.some(({ name }) => name === 'boost')) notes.push(`g++ ${CXX_FLAGS.join(' ')}`);

const random: Arena = {
  name: 'random',
  title: 'full SPF, 10 000 nodes of degree 8',
  graph: searchGraph(seed),
};
const more: readonly Arena[] = options.full
  ? [
      {
        name: 'wide',
        title: 'full SPF, the same with weights to 65 535',
        graph: wideGraph(seed),
      },
      {
        name: 'grid',
        title: 'full SPF, grid of 100 × 100 with diagonals',
        graph: meshGraph(seed),
      },
    ]
  : [];
const comparison = {
  wanted: WANTED,
  rounds: options.full ? { rounds: 40, warmUpRounds: 4 } : { rounds: 11, warmUpRounds: 2 },
  slowRounds: options.full ? { rounds: 10, warmUpRounds: 1 } : { rounds: 3, warmUpRounds: 1 },
  seed,
};

const topologies = process.env['BITCRAPS_TOPOLOGIES'] ?? null;
const rows: Row[] = [...(await routingRows({ quick: !options.full, seed, topologies }))];
// Without peers there is nothing to relate to, and the rows above tell ours.
if (peers.length > 0) {
  for (const arena of [random, ...more]) {
    rows.push(...(await compareSearches(arena, peers, comparison)));
  }
  const large: Arena = {
    name: 'large',
    title: 'graph of 100 000 nodes of degree 8',
    graph: memoryGraph(seed),
  };
  const weighed = peers.filter(({ name }) => options.full || MEMORY_PEERS_QUICK.has(name));
  rows.push(...(await compareMemory(large, weighed, MEMORY_WANTED)));
}

const document = benchDocument('routing', seed, rows, notes);
if (options.json) process.stdout.write(`${JSON.stringify(document)}\n`);
else {
  process.stdout.write(tableText(tableRows(document.rows)));
  for (const note of document.notes) process.stdout.write(`${note}\n`);
}
process.exitCode = document.met === false ? EXIT_THRESHOLD_MISSED : 0;
