// What every contender in JavaScript does beside its own search: reads the graph, then answers one line for each line it
// is sent. `round S T S T …` (sources, each with the node farthest from it): the processor's nanoseconds for one search,
// then one answer per source. `memory`: the bytes that the structure grew the process by.

import { createInterface } from 'node:readline';
import { nanosecondsPer } from '../../../../src/bench/measure.ts';
import type { ArcRows } from '../../../../src/bench/routing/random-graph.ts';
import { readGraph } from '../graph-file.ts';

/** `Result` is whatever the search leaves; it becomes an answer after the clock has stopped. */
export interface Search<Result> {
  find(source: number, farthest: number): Result;
  /** `sum:hash` of all distances, or the distance of the farthest node alone. */
  answer(result: Result, source: number): string;
}

/** Serves rounds until the input ends. `build` makes the structure that searches run on. */
export async function serve<Result>(build: (rows: ArcRows) => Search<Result>): Promise<void> {
  const before = bytesInUse();
  const search = buildFrom(process.argv[2] ?? '', build);
  const grown = bytesInUse() - before;
  process.stdout.write('ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, ...words] = line.split(' ');
    if (command === 'memory') process.stdout.write(`${grown}\n`);
    else process.stdout.write(`${round(search, words.map(Number))}\n`);
  }
}

/** Its frame ends before memory is measured, so that what was read is garbage by then. */
function buildFrom<Result>(file: string, build: (rows: ArcRows) => Search<Result>): Search<Result> {
  return build(readGraph(file));
}

function round<Result>(search: Search<Result>, pairs: readonly number[]): string {
  const results: Result[] = [];
  const nanoseconds = nanosecondsPer(pairs.length / 2, () => {
    for (let at = 0; at < pairs.length; at += 2) {
      results.push(search.find(pairs[at] ?? 0, pairs[at + 1] ?? 0));
    }
  });
  const answers = results.map((result, index) => search.answer(result, pairs[2 * index] ?? 0));
  return [nanoseconds, ...answers].join(' ');
}

/** After collecting garbage, so that only what is held counts. Needs `--expose-gc`. */
function bytesInUse(): number {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('contenders run with --expose-gc');
  // A second pass frees array buffers whose wrappers the first one found dead.
  gc();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
