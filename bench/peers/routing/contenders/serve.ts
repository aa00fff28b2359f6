// What every contender in JavaScript does beside its own search: reads the graph, then answers one line for each line it
// is sent. `round N S T S T …` (N times over, sources, each with the node farthest from it): the processor's nanoseconds
// for one search, then one answer per source. `memory`: the bytes that the structure holds.

import { createInterface } from 'node:readline';
import { heldBytes } from '../../../../src/bench/held-bytes.ts';
import { processorNanosecondsPer } from '../../../../src/bench/measure.ts';
import type { ArcRows } from '../../../../src/bench/routing/random-graph.ts';
import { readGraph } from '../graph-file.ts';

/** `Result` is whatever the search leaves; it becomes an answer after the clock has stopped. */
export interface Search<Result> {
  find(source: number, farthest: number): Result;
  /** `sum:hash` of all distances, or the distance of the farthest node alone. */
  answer(result: Result, source: number): string;
}

/** Serves rounds until the input ends. `build` makes the structure that searches run on, when it is first needed. */
export async function serve<Result>(build: (rows: ArcRows) => Search<Result>): Promise<void> {
  const make = (): Search<Result> => build(readGraph(process.argv[2] ?? ''));
  let search: Search<Result> | null = null;
  process.stdout.write('ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, ...words] = line.split(' ');
    if (command === 'memory') {
      const { bytes } = await heldBytes(make, () => null);
      process.stdout.write(`${bytes}\n`);
      continue;
    }
    search ??= make();
    process.stdout.write(`${round(search, words.map(Number))}\n`);
  }
}

function round<Result>(search: Search<Result>, [repeats = 1, ...pairs]: readonly number[]): string {
  const results: Result[] = [];
  const searches = (repeats * pairs.length) / 2;
  const nanoseconds = processorNanosecondsPer(searches, () => {
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      for (let at = 0; at < pairs.length; at += 2) {
        results[at >> 1] = search.find(pairs[at] ?? 0, pairs[at + 1] ?? 0);
      }
    }
  });
  const answers = results.map((result, index) => search.answer(result, pairs[2 * index] ?? 0));
  return [nanoseconds, ...answers].join(' ');
}
