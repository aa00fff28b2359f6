// `bitcraps sim` as people start it.

import { readFileSync } from 'node:fs';
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
