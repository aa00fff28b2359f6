// `bitcraps sim` as people start it.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { MeshRunReport } from '../../src/sim/mesh-run/report.ts';
import { json, run, scratch } from './harness.ts';

const folder = scratch();
afterAll(() => folder.remove());

describe('bitcraps sim', () => {
  test('measures a generated network, as a document and as a table', async () => {
    const words = ['sim', 'grid:5x5', '--preset', 'lan', '--pairs', '50'];
    const [asJson, asText] = await Promise.all([
      run(folder.path, ...words, '--json', '--min-delivery', '1'),
      run(folder.path, ...words),
    ]);
    expect(asJson.status).toBe(0);
    expect(json(asJson) as MeshRunReport).toMatchObject({
      nodes: 25,
      links: 40,
      reachablePairs: 600,
      delivery: 1,
      loops: 0,
    });
    expect(asText.status).toBe(0);
    expect(asText.stdout).toMatch(/^delivery +100\.00 % of 50 messages$/m);
  });

  test('writes every hop as a line, and exits 99 where too little arrives', async () => {
    const file = join(folder.path, 'hops.ndjson');
    const good = await run(folder.path, 'sim', 'line:3', '--duration', '1s', '--trace', file);
    expect(good.status).toBe(0);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const hops = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(hops.length).toBeGreaterThan(10);
    expect(Object.keys(hops[0] ?? {}).toSorted()).toEqual(
      [
        'atMs',
        'packet',
        'from',
        'to',
        'type',
        'source',
        'destination',
        'port',
        'ttl',
        'cursor',
        'detours',
        'fate',
      ].toSorted(),
    );
    const lossy = ['sim', 'line:3', '--duration', '1s', '--loss', '1', '--min-delivery', '0.5'];
    expect((await run(folder.path, ...lossy)).status).toBe(99);
  });

  test('draws a pair with its routes, explains them, compares policies', async () => {
    const file = join(folder.path, 'mesh.svg');
    const quick = ['--preset', 'lan', '--duration', '1s', '--pairs', '5'];
    const [drawn, explained, compared] = await Promise.all([
      run(folder.path, 'sim', 'grid:3x3', ...quick, '--svg', file, '--pair', '0,8', '--json'),
      run(folder.path, 'sim', 'grid:3x3', ...quick, '--explain', '0,8'),
      run(folder.path, 'sim', 'grid:3x3', ...quick, '--compare', '--json'),
    ]);
    expect(readFileSync(file, 'utf8')).toMatch(/^<svg|^<\?xml/);
    expect((json(drawn) as MeshRunReport).detail.routes).toHaveLength(2);
    expect(explained.stdout).toContain('0 to 8 by dijkstra');
    const reports = json(compared) as MeshRunReport[];
    expect(reports.map(({ policy }) => policy)).toEqual([
      'dijkstra',
      'load-balanced',
      'geographic',
      'ant-colony',
      'hybrid',
    ]);
    for (const { delivery, disjoint } of reports) {
      expect(delivery).toBe(1);
      expect(disjoint?.achieved).toBe(disjoint?.possible);
    }
  });

  test('refuses flags that it would ignore before it touches a file', async () => {
    const trace = join(folder.path, 'kept.ndjson');
    const svg = join(folder.path, 'never.svg');
    writeFileSync(trace, 'kept');
    const refusals = [
      [['--mobility', 'random', '--churn', '1'], '--churn does not go with --mobility'],
      [['--compare'], '--svg does not go with --compare'],
      [['--explain', '0,0'], '--explain takes two different nodes'],
      [['--pair', '0,9'], '--pair: the topology has no node 9'],
    ] as const;
    const runs = await Promise.all(
      refusals.map(([words]) =>
        run(folder.path, 'sim', 'line:3', ...words, '--trace', trace, '--svg', svg),
      ),
    );
    for (const [i, { status, stdout, stderr }] of runs.entries()) {
      expect(status).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toContain(`CLI_USAGE: ${refusals[i]?.[1]}`);
    }
    expect(readFileSync(trace, 'utf8')).toBe('kept');
    expect(existsSync(svg)).toBe(false);
  });

  test('looks for a place for the drawing before the run', async () => {
    const trace = join(folder.path, 'unrun.ndjson');
    const svg = join(folder.path, 'no-such-folder', 'mesh.svg');
    const words = ['sim', 'line:3', '--duration', '1s', '--svg', svg, '--trace', trace];
    const { status, stderr } = await run(folder.path, ...words);
    expect(status).toBe(2);
    expect(stderr).toContain('CLI_FILE_UNWRITABLE');
    expect(existsSync(trace)).toBe(false);
  });

  test('prints the report even where the drawing cannot be finished', async () => {
    // It can be opened, and every write to it finds the disk full.
    const words = ['sim', 'line:3', '--duration', '1s', '--svg', '/dev/full', '--json'];
    const failed = await run(folder.path, ...words);
    expect(failed.status).toBe(2);
    expect(failed.stderr).toContain('CLI_FILE_UNWRITABLE');
    expect(json(failed) as MeshRunReport).toMatchObject({ nodes: 3, delivery: 1 });
  });

  test('a missed threshold counts for more than a pair without a route', async () => {
    const words = ['sim', 'line:3', '--duration', '1s', '--loss', '1', '--explain', '0,2'];
    const [noRoute, missed] = await Promise.all([
      run(folder.path, ...words),
      run(folder.path, ...words, '--min-delivery', '0.5'),
    ]);
    expect(noRoute.status).toBe(1);
    expect(missed.status).toBe(99);
  });

  test('refuses what is no topology', async () => {
    for (const [argument, code] of [
      [join(folder.path, 'none'), 'CLI_FILE_UNREADABLE'],
      ['grid:0x9', 'SIM_TOPOLOGY_SPEC_INVALID'],
    ] as const) {
      const { status, stderr } = await run(folder.path, 'sim', argument);
      expect(status).toBe(2);
      expect(stderr).toContain(code);
    }
  });
});
