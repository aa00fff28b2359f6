// The graph as every contender reads it, in 32-bit little-endian words: number of nodes, number of arcs, row offsets (one
// more than nodes), targets, weights.

import { readFileSync, writeFileSync } from 'node:fs';
import type { ArcRows } from '../../../src/bench/routing/random-graph.ts';

/** Writes it for a machine that is little-endian, as all that run Node are. */
export function writeGraph(file: string, { nodes, offsets, targets, weights }: ArcRows): void {
  const words = new Uint32Array(2 + offsets.length + 2 * targets.length);
  words.set([nodes, targets.length]);
  words.set(offsets, 2);
  words.set(targets, 2 + offsets.length);
  words.set(weights, 2 + offsets.length + targets.length);
  writeFileSync(file, words);
}

/** Reads what `writeGraph` wrote. */
export function readGraph(file: string): ArcRows {
  const bytes = new Uint8Array(readFileSync(file));
  const words = new Uint32Array(bytes.buffer);
  const [nodes = 0, arcs = 0] = words;
  const targetsAt = 2 + nodes + 1;
  return {
    nodes,
    offsets: words.slice(2, targetsAt),
    targets: words.slice(targetsAt, targetsAt + arcs),
    weights: Uint16Array.from(words.subarray(targetsAt + arcs, targetsAt + 2 * arcs)),
  };
}
