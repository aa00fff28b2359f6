import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gridGraph, randomGraph } from '../../../src/bench/routing/random-graph.ts';
import { benchRng } from '../../../src/bench/seed.ts';
import { checksum } from './checksum.ts';
import { compareMemory, compareSearches, type Arena } from './compare.ts';
import { readGraph, writeGraph } from './graph-file.ts';
import { OURS, type Peer } from './peers.ts';
import { expectedAnswer } from './reference.ts';

const arena: Arena = {
  name: 'small',
  title: 'small',
  // Large enough for a round of many steps of the processor's clock.
  graph: randomGraph(3000, 3, 50, benchRng(1, 'graph')),
};
const comparison = {
  wanted: { twin: { kind: 'at-most', value: 1000 } },
  rounds: { rounds: 3, warmUpRounds: 1 },
  slowRounds: { rounds: 2, warmUpRounds: 0 },
  seed: 1,
} as const;
const twin: Peer = { ...OURS, name: 'twin', sources: 10 };

/** Says that it is ready, and answers every round with one distance too many. */
const liar: Peer = {
  ...OURS,
  name: 'liar',
  sources: 1,
  command: () => [
    process.execPath,
    '-e',
    `console.log('ready'); process.stdin.on('data', () => console.log('1 5:5'));`,
  ],
};

describe('a comparison', () => {
  test('measures all in turns and relates each peer to ours', async () => {
    const rows = await compareSearches(
      arena,
      [twin, { ...twin, name: 'slow', slow: true }],
      comparison,
    );
    expect(rows.map(({ name }) => name)).toEqual([
      'spf-small-ours',
      'spf-small-twin',
      'spf-small-time-over-twin',
      'spf-small-slow',
      'spf-small-speed-over-slow',
    ]);
    const [ours, other, ratio] = rows;
    expect(ratio?.value).toBeCloseTo((ours?.value ?? 0) / (other?.value ?? 0));
    expect(rows.map(({ summary }) => summary?.rounds)).toEqual([3, 3, undefined, 2, undefined]);
    expect(rows.map(({ met }) => met)).toEqual([null, null, true, null, null]);
  });

  test('fails where an answer differs', async () => {
    await expect(compareSearches(arena, [liar], comparison)).rejects.toThrow(
      /liar answers 5:5 from node \d+ of small/,
    );
  });

  test('tells the bytes that each holds', async () => {
    const [ours] = await compareMemory(arena, [], { kind: 'at-most', value: 1e6 });
    expect(ours).toMatchObject({ name: 'memory-small-ours', met: true });
    expect(ours?.value).toBeGreaterThan(0);
  });
});

describe('what answers are held against', () => {
  test('a file gives back the graph', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bitcraps-graph-'));
    const file = join(folder, 'graph.bin');
    writeGraph(file, arena.graph);
    expect(readGraph(file)).toEqual(arena.graph);
    rmSync(folder, { recursive: true });
  });

  test('distances on a grid of weight 1 are the greater of both differences', () => {
    const side = 9;
    const distances = Array.from({ length: side * side }, (_, node) =>
      Math.max(node % side, Math.floor(node / side)),
    );
    expect(expectedAnswer(gridGraph(side, 1, benchRng(1, 'graph')), 0)).toEqual({
      all: checksum(distances),
      farthestNode: side - 1,
      farthest: String(side - 1),
    });
  });

  test('the checksum is FNV-1a over words', () => {
    expect(checksum([])).toBe('0:2166136261');
    // One zero word: the basis times the prime, modulo 2^32.
    expect(checksum([0])).toBe('0:84696351');
    // A word 1 clears the basis's lowest bit before that.
    expect(checksum([1])).toBe('1:67918732');
    expect(checksum([1, 2])).not.toBe(checksum([2, 1]));
  });
});
