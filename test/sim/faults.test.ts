// What breaks on purpose in a simulated mesh: promises kept under scripts and random faults, each fault really felt, and
// the same run for the same seed.

import { describe, expect, test } from 'vitest';
import { unwrap } from '../../src/core/errors.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { zstd } from '../../src/platform/node/zstd.ts';
import { parseFaults } from '../../src/sim/faults/parse-faults.ts';
import { runFaults } from '../../src/sim/faults/run-faults.ts';
import type { FaultReport } from '../../src/sim/faults/fault-report.ts';
import type { MeshRunReport } from '../../src/sim/mesh-run/report.ts';
import type { MeshRunOptions } from '../../src/sim/mesh-run/run-options.ts';
import { createSeededRng } from '../../src/sim/seeded-rng.ts';
import { parseGenerator } from '../../src/sim/topology/parse-generator.ts';

const OPTIONS: MeshRunOptions = {
  seed: 1,
  preset: 'local',
  policy: 'dijkstra',
  pairsMax: 12,
  durationMs: 20_000,
  loss: 0,
  failLinks: null,
  failNodes: null,
  churnPerSecond: 0,
  pair: null,
  trace: null,
  progress: null,
};

function run(spec: string, faults: string, options: Partial<MeshRunOptions> = {}): MeshRunReport {
  const all = { ...OPTIONS, ...options };
  const rng = createSeededRng(primitives, all.seed, 'topology');
  const topology = unwrap(parseGenerator(spec, rng));
  const deps = { primitives, compressor: zstd };
  return runFaults(topology, unwrap(parseFaults(faults)), all, deps);
}

function report(...words: Parameters<typeof run>): FaultReport {
  const { faults } = run(...words);
  if (faults === undefined) throw new Error('a run with faults tells of them');
  return faults;
}

function delivered({ availability }: FaultReport): number {
  return availability ?? 0;
}

describe('promises are kept', () => {
  test.each([1, 2, 3, 4, 5, 6])('under random faults, seed %i', (seed) => {
    const faults = report('grid:4x4', 'random:0.7', { seed });
    const broken = faults.promises.filter(({ kept }) => !kept);
    expect(broken, `seed ${seed}`).toEqual([]);
    expect(faults.acknowledged).toBeGreaterThan(faults.sent / 2);
    expect(faults.faults.length).toBeGreaterThan(10);
  });

  test('by a line that is cut in two, and by one whose middle dies and comes back', () => {
    const scripts = ['2s cut 3/2 for 9s', '2s kill @3 for 9s', '2s pause @3 for 9s'];
    for (const script of [...scripts, '2s pause @3 for 9s; 5s kill @3 for 6s']) {
      const faults = report('line:7', script);
      expect(
        faults.promises.filter(({ kept }) => !kept),
        script,
      ).toEqual([]);
      // Only pairs with a way between them count, and they hardly notice.
      expect(faults.availability, script).toBeGreaterThan(0.9);
    }
  });
});

describe('each fault is felt', () => {
  const calm = report('ring:8', '1s heal');

  test('nothing is broken: everything arrives within a second', () => {
    expect(calm).toMatchObject({ faults: [], availability: 1, lost: 0, expired: 0, kept: true });
    expect(calm.waits?.longestMs).toBeLessThan(50);
  });

  test('a dead link under traffic holds messages up until the source takes another way, well under a second', () => {
    const { waits, availability } = report('ring:8', '5s cut 1 for 10s');
    expect(waits?.longestMs).toBeGreaterThan(200);
    expect(waits?.longestMs).toBeLessThan(1_000);
    expect(waits?.medianMs).toBeLessThan(10);
    expect(availability).toBe(1);
  });

  test('a slow network is late, a lossy one too', () => {
    const slow = report('ring:8', '1s slow all by 600ms for 15s');
    expect(delivered(slow)).toBeLessThan(0.8);
    expect(slow.waits?.longestMs).toBeGreaterThan(1_200);
    expect(delivered(report('ring:8', '1s lose 40% for 15s'))).toBeLessThan(1);
  });

  test('a network without links gives messages up, and tells their senders', () => {
    const faults = report('ring:8', '1s cut all for 80s');
    expect(faults.expired).toBeGreaterThan(100);
    expect(faults.kept).toBe(true);
  });

  test('who dies takes its messages with it', () => {
    const faults = report('ring:8', '1s cut all; 10s kill 4');
    expect(faults.diedWithSender).toBeGreaterThan(0);
    expect(faults.kept).toBe(true);
  });

  test('wrong clocks disturb nothing', () => {
    const faults = report('ring:8', '1s skew all by 1h; 9s skew 3 by -3h');
    expect(faults).toMatchObject({ availability: 1, kept: true });
  });
});

test('nodes of a file go by their ids or by their names, where a name is one node’s alone', () => {
  const topology = unwrap(parseGenerator('ring:4', createSeededRng(primitives, 1, 'topology')));
  const names = ['Rome', 'Oslo', 'Bonn', 'Bonn'];
  const nodes = topology.nodes.map((node, at) => ({ ...node, name: names[at] ?? null }));
  const broken = (text: string): readonly unknown[] => {
    const deps = { primitives, compressor: zstd };
    const faults = unwrap(parseFaults(text));
    return runFaults({ ...topology, nodes }, faults, OPTIONS, deps).faults?.faults ?? [];
  };
  expect(broken('1s kill Oslo,@2 for 1s; 2s cut Oslo/Rome for 1s')).toMatchObject([
    { kind: 'kill', node: '1' },
    { kind: 'kill', node: '2' },
    { kind: 'cut', link: '0/1' },
  ]);
  expect(() => broken('1s kill Bonn')).toThrow('there is no node Bonn');
});

test('a run in which nobody can send anything keeps no promise', () => {
  const faults = report('grid:1x1', '1s kill 1 for 2s');
  expect(faults).toMatchObject({ sent: 0, acknowledged: 0, allBackMs: null, kept: false });
});

test('a fault at the very end of what was asked for is felt, and its end, too', () => {
  const faults = report('ring:8', '5s kill 3', { durationMs: 5_000 });
  expect(faults.faults).toHaveLength(3);
  expect(faults.faults.map(({ untilMs }) => untilMs)).toEqual([15_000, 15_000, 15_000]);
  expect(faults.kept).toBe(true);
});

test('one seed, one run: the same faults, figures and hash', () => {
  const words = ['grid:3x3', 'random:1', { durationMs: 8_000, seed: 9 }] as const;
  const [first, again] = [run(...words), run(...words)];
  expect(again).toEqual(first);
  expect(run('grid:3x3', 'random:1', { durationMs: 8_000, seed: 10 }).hash).not.toBe(first.hash);
});
