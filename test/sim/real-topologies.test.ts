// The figures that real community meshes must reach. The files are not part of this project: BITCRAPS_TOPOLOGIES names the
// folder that has them.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { unwrap } from '../../src/core/errors.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { zstd } from '../../src/platform/node/zstd.ts';
import type { MeshRunOptions } from '../../src/sim/mesh-run/run-options.ts';
import { runMesh } from '../../src/sim/mesh-run/run-mesh.ts';
import { runSequence } from '../../src/sim/mesh-run/run-sequence.ts';
import { readTopology } from '../../src/sim/topology/read-topology.ts';
import type { TopologyFile } from '../../src/sim/topology/topology.ts';

const folder = process.env['BITCRAPS_TOPOLOGIES'] ?? '';
const deps = { primitives, compressor: zstd };

const OPTIONS: MeshRunOptions = {
  seed: 1,
  preset: 'default',
  policy: 'dijkstra',
  pairsMax: 200,
  durationMs: 60_000,
  loss: 0,
  failLinks: null,
  failNodes: null,
  churnPerSecond: 0,
  pair: null,
  trace: null,
  progress: null,
};

/** `null`, and a word about it, where the file is not at hand. */
function fileOf(name: string): TopologyFile | null {
  const path = join(folder, name);
  if (folder !== '' && existsSync(path)) return unwrap(readTopology(readFileSync(path, 'utf8')));
  process.stderr.write(`BITCRAPS_TOPOLOGIES names no folder with ${name}: not measured\n`);
  return null;
}

describe('real meshes', () => {
  test('Freifunk Leipzig: everything arrives, at less than 170 bytes a second on the wire', () => {
    const file = fileOf('freifunk-leipzig.json');
    if (file?.kind !== 'still') return;
    const report = runMesh(file.topology, OPTIONS, deps);
    expect(report).toMatchObject({ delivery: 1, loops: 0 });
    expect(report.convergenceMs).not.toBeNull();
    expect(report.bytesPerNodePerSecond.steady).toBeLessThan(170);
    expect(report.stretch?.mean).toBeLessThan(1.005);
    expect(report.disjoint?.achieved).toBe(report.disjoint?.possible);
    expect(report.failover.detectMs).toBeLessThan(1_000);
  });

  test('a mesh in motion: what can be reached is reached, within its bytes', () => {
    const file = fileOf('mobility2.json');
    if (file?.kind !== 'sequence') return;
    const { sequence } = file;
    const few = { ...sequence, frames: sequence.frames.slice(0, 6) };
    const report = runSequence(few, { ...OPTIONS, pairsMax: 100 }, deps);
    expect(report.delivery).toBeGreaterThanOrEqual(0.995);
    expect(report.detail.steady?.control).toBeLessThan(700);
    expect(report.detail.steady?.controlOnWire).toBeLessThan(2_000);
    expect(report.loops).toBe(0);
  });

  test.each(['grid4-0049.json', 'line-0050.json', 'rtree-0050.json'])(
    '%s starts from cold within 3 s',
    (name) => {
      const file = fileOf(name);
      if (file?.kind !== 'still') return;
      const report = runMesh(file.topology, { ...OPTIONS, durationMs: 1_000, pairsMax: 50 }, deps);
      expect(report.convergenceMs).toBeLessThan(3_000);
      expect(report.delivery).toBe(1);
    },
  );
});
