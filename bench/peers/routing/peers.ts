// Who is measured beside us, how each is installed and started. npm packages go into this folder, by its own lock; C++
// libraries come from Debian and are compiled here.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const build = join(here, 'build');
/** For this machine's processor, as V8 compiles for it too. */
export const CXX_FLAGS: readonly string[] = ['-std=c++17', '-O3', '-DNDEBUG', '-march=native'];

export interface Peer {
  readonly name: string;
  /** Sources in one round. */
  readonly sources: number;
  /** How often over in one round, so that it takes a tenth of a second or more. */
  readonly repeats: number;
  /** One search takes seconds: fewer rounds, apart from the others. */
  readonly slow: boolean;
  /** What its answer holds: all distances, or the farthest node's alone. */
  readonly answers: 'all' | 'farthest';
  /** The program and its words. */
  readonly command: (graphFile: string) => readonly string[];
  readonly isInstalled: () => boolean;
}

const node = (file: string) => (graphFile: string) => [
  process.execPath,
  join(here, 'contenders', `${file}.ts`),
  graphFile,
];
const hasPackage = (name: string) => () => existsSync(join(here, 'node_modules', name));
const hasProgram = (name: string) => () => existsSync(join(build, name));

export const OURS: Peer = {
  name: 'ours',
  sources: 20,
  repeats: 10,
  slow: false,
  answers: 'all',
  command: node('ours'),
  isInstalled: () => true,
};

export const PEERS: readonly Peer[] = [
  {
    name: 'boost',
    sources: 20,
    repeats: 5,
    slow: false,
    answers: 'all',
    command: (graphFile) => [join(build, 'boost'), graphFile],
    isInstalled: hasProgram('boost'),
  },
  {
    name: 'boost-no-colour',
    sources: 20,
    repeats: 5,
    slow: false,
    answers: 'all',
    command: (graphFile) => [join(build, 'boost'), graphFile, 'no-colour'],
    isInstalled: hasProgram('boost'),
  },
  {
    name: 'igraph',
    sources: 20,
    repeats: 1,
    slow: false,
    answers: 'all',
    command: (graphFile) => [join(build, 'igraph'), graphFile],
    isInstalled: hasProgram('igraph'),
  },
  {
    name: 'graphology',
    sources: 2,
    repeats: 1,
    slow: false,
    answers: 'all',
    command: node('graphology'),
    isInstalled: hasPackage('graphology'),
  },
  {
    name: 'ngraph',
    sources: 8,
    repeats: 1,
    slow: false,
    answers: 'farthest',
    command: node('ngraph'),
    isInstalled: hasPackage('ngraph.path'),
  },
  {
    name: 'dijkstrajs',
    sources: 1,
    repeats: 1,
    slow: true,
    answers: 'all',
    command: node('dijkstrajs'),
    isInstalled: hasPackage('dijkstrajs'),
  },
];

interface Library {
  readonly name: string;
  readonly packages: readonly string[];
  readonly header: string;
  readonly source: string;
  readonly flags: readonly string[];
}

const LIBRARIES: readonly Library[] = [
  {
    name: 'boost',
    packages: ['g++', 'libboost-graph-dev'],
    header: '/usr/include/boost/graph/dijkstra_shortest_paths.hpp',
    source: 'boost.cpp',
    flags: [],
  },
  {
    name: 'igraph',
    packages: ['g++', 'libigraph-dev'],
    header: '/usr/include/igraph/igraph.h',
    source: 'igraph.cpp',
    flags: ['-I/usr/include/igraph', '-ligraph'],
  },
];

/** Installs and compiles what is missing; what could not be had and how to get it, one sentence each. */
export function installPeers(): readonly string[] {
  const failures: string[] = [];
  if (
    PEERS.some(({ command, isInstalled }) => command('')[0] === process.execPath && !isInstalled())
  ) {
    if (!run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])) {
      failures.push(`npm packages are missing: run \`npm ci\` in ${here}`);
    }
  }
  for (const library of LIBRARIES) {
    const failure = installLibrary(library);
    if (failure !== null) failures.push(failure);
  }
  return failures;
}

function installLibrary({ name, packages, header, source, flags }: Library): string | null {
  const program = join(build, name);
  const sources = [join(here, 'contenders', source), join(here, 'contenders', 'contender.h')];
  const fresh =
    existsSync(program) &&
    sources.every((file) => statSync(file).mtimeMs <= statSync(program).mtimeMs);
  if (fresh) return null;
  if (!existsSync(header) || spawnSync('g++', ['--version']).status !== 0) {
    const asRoot = process.getuid?.() === 0;
    const got =
      asRoot &&
      run('apt-get', ['update']) &&
      run('apt-get', ['install', '-y', '--no-install-recommends', ...packages]);
    if (!got) return `${name} is missing: run \`apt-get install ${packages.join(' ')}\` as root`;
  }
  mkdirSync(build, { recursive: true });
  return run('g++', [...CXX_FLAGS, sources[0] ?? '', '-o', program, ...flags])
    ? null
    : `${name} does not compile with g++ ${CXX_FLAGS.join(' ')}`;
}

/** Its output goes to standard error: standard output is for the result. */
function run(command: string, words: readonly string[]): boolean {
  const { status } = spawnSync(command, words, { cwd: here, stdio: ['ignore', 2, 2] });
  return status === 0;
}
