// Runs ours and its peers on one graph, in turns, each in its own process, and fails where an answer differs.

import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { row, type Row } from '../../../src/bench/benchmark.ts';
import { bootstrapMedian, bootstrapRatio, exactly } from '../../../src/bench/bootstrap.ts';
import { measure, type Rounds } from '../../../src/bench/measure.ts';
import type { ArcRows } from '../../../src/bench/routing/random-graph.ts';
import { benchRng } from '../../../src/bench/seed.ts';
import { median, summarize } from '../../../src/bench/statistics.ts';
import type { Threshold } from '../../../src/bench/verdict.ts';
import { startContender, type Contending } from './contender-process.ts';
import { writeGraph } from './graph-file.ts';
import { OURS, type Peer } from './peers.ts';
import { expectedAnswer } from './reference.ts';

/** Distinct sources; rounds take them in turn. */
const SOURCES = 20;

/** A graph to compare on. */
export interface Arena {
  /** Part of the rows' names: `random`. */
  readonly name: string;
  readonly title: string;
  readonly graph: ArcRows;
}

export interface Comparison {
  /** What is wanted of ours over the peer: time (at most), or speed (at least). */
  readonly wanted: Readonly<Record<string, Threshold>>;
  readonly rounds: Rounds;
  /** Where one search of a peer takes seconds. */
  readonly slowRounds: Rounds;
  readonly seed: number;
}

/** Time per arc of each, and the ratio of each peer's to ours. */
export async function compareSearches(
  arena: Arena,
  peers: readonly Peer[],
  comparison: Comparison,
): Promise<readonly Row[]> {
  const { rounds, slowRounds } = comparison;
  const fast = peers.filter(({ slow }) => !slow);
  const slow = peers.filter((peer) => peer.slow);
  const rows = await compareTogether(arena, fast, comparison, rounds);
  if (slow.length === 0) return rows;
  const [, ...more] = await compareTogether(arena, slow, comparison, slowRounds);
  return [...rows, ...more];
}

/** All in the same rounds; the first row is ours. */
async function compareTogether(
  { name: arena, title, graph }: Arena,
  peers: readonly Peer[],
  { wanted, seed }: Comparison,
  rounds: Rounds,
): Promise<readonly Row[]> {
  const rng = benchRng(seed, `${arena} sources`);
  const sources = Array.from({ length: SOURCES }, () => Math.floor(rng.unit() * graph.nodes));
  const expected = new Map(sources.map((source) => [source, expectedAnswer(graph, source)]));

  const round = async (contending: Contending, peer: Peer, number: number): Promise<number> => {
    const taken = Array.from({ length: peer.sources }, (_, index) => {
      return sources[(number * peer.sources + index) % sources.length] ?? 0;
    });
    const pairs = taken.map((source) => `${source} ${expected.get(source)?.farthestNode}`);
    const [nanoseconds, ...answers] = (
      await contending.ask(`round ${peer.repeats} ${pairs.join(' ')}`)
    ).split(' ');
    for (const [index, source] of taken.entries()) {
      const right = expected.get(source)?.[peer.answers];
      if (answers[index] !== right) {
        throw new Error(
          `${peer.name} answers ${answers[index]} from node ${source} of ${title}, and ${right} is right`,
        );
      }
    }
    if (!(Number(nanoseconds) > 0)) {
      throw new Error(`${peer.name} was too fast for the processor's clock: let it repeat more`);
    }
    return Number(nanoseconds) / graph.targets.length;
  };

  const samples = await withContenders(graph, [OURS, ...peers], (contenders) =>
    measure(
      contenders.map(([peer, contending]) => ({
        name: peer.name,
        round: (number) => round(contending, peer, number),
      })),
      rounds,
      benchRng(seed, `${arena} order`),
    ),
  );

  const bootstrap = benchRng(seed, `${arena} bootstrap`);
  const times = Object.entries(samples).map(([name, costs]) =>
    row({
      name: `spf-${arena}-${name}`,
      title: `${title}: ${name}`,
      unit: 'ns/arc',
      value: median(costs),
      interval: bootstrapMedian(costs, bootstrap),
      summary: summarize(costs),
    }),
  );
  const ours = samples[OURS.name] ?? new Float64Array();
  const ratios = peers.map(({ name }) => {
    const theirs = samples[name] ?? new Float64Array();
    const threshold = wanted[name];
    const bySpeed = threshold?.kind !== 'at-most';
    const [above, below] = bySpeed ? [theirs, ours] : [ours, theirs];
    return row({
      name: `spf-${arena}-${bySpeed ? 'speed' : 'time'}-over-${name}`,
      title: `${title}: our ${bySpeed ? 'speed' : 'time'} over ${name}'s`,
      unit: '×',
      value: median(above) / median(below),
      interval: bootstrapRatio(above, below, bootstrap),
      ...(threshold === undefined ? {} : { threshold }),
    });
  });
  return [...times, ...ratios];
}

/** Bytes per node that each holds for a graph, one process after the other. */
export async function compareMemory(
  { name: arena, title, graph }: Arena,
  peers: readonly Peer[],
  wanted: Threshold,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const peer of [OURS, ...peers]) {
    const bytes = await withContenders(graph, [peer], async ([first]) =>
      Number(await first?.[1].ask('memory')),
    );
    const value = bytes / graph.nodes;
    rows.push(
      row({
        name: `memory-${arena}-${peer.name}`,
        title: `${title}: ${peer.name}`,
        unit: 'B/node',
        value,
        interval: exactly(value),
        ...(peer === OURS ? { threshold: wanted } : {}),
      }),
    );
  }
  return rows;
}

/** Starts them on the graph, and ends them and removes its file whatever happens. */
async function withContenders<Result>(
  graph: ArcRows,
  peers: readonly Peer[],
  use: (contenders: readonly (readonly [Peer, Contending])[]) => Promise<Result>,
): Promise<Result> {
  const file = join(tmpdir(), `bitcraps-graph-${process.pid}.bin`);
  writeGraph(file, graph);
  const contenders: (readonly [Peer, Contending])[] = [];
  try {
    for (const peer of peers) {
      contenders.push([peer, await startContender(peer.name, peer.command(file))]);
    }
    return await use(contenders);
  } finally {
    await Promise.all(contenders.map(([, contending]) => contending.end()));
    rmSync(file, { force: true });
  }
}
