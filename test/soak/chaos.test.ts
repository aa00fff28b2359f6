// Five minutes of chaos in a casino of its own, and some in one that `bitcraps up` runs; `CHAOS_NODES` and
// `CHAOS_MINUTES` ask for more: 20 nodes for 10 minutes take a machine with more than two cores.

import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { ChaosReport } from '../../src/cli/chaos/chaos-report.ts';
import { bitcraps, json, processesNaming, run, scratch, until } from '../e2e/harness.ts';

const nodes: string = process.env['CHAOS_NODES'] ?? '12';
const minutes: string = process.env['CHAOS_MINUTES'] ?? '5';
const folder = scratch();
afterAll(() => folder.remove());

function holds(report: ChaosReport): void {
  const { promises, availability, acknowledged } = report;
  const rows = promises.map(
    ({ promise, measured, kept }) => `${kept ? 'kept' : 'BROKEN'}  ${promise}: ${measured}`,
  );
  process.stdout.write(
    `${acknowledged} bets, availability ${(100 * availability).toFixed(1)} %\n${rows.join('\n')}\n`,
  );
  expect(report).toMatchObject({
    lost: 0,
    resolvedTwice: 0,
    supplyConserved: true,
    unexpected: [],
    transcripts: { wrong: [] },
  });
  // Those of time, too: this test has the machine to itself.
  expect(promises.filter(({ kept }) => !kept)).toEqual([]);
  expect(report.kept).toBe(true);
}

test('a casino of its own loses nothing that was acknowledged', async () => {
  const words = ['chaos', '--nodes', nodes, '--duration', `${minutes}m`, '--seed', '1', '--json'];
  const end = await run(folder.path, ...words);
  expect(end.stdout, end.stderr).toMatch(/^\{.*\}\n$/);
  const report = json(end) as ChaosReport;
  holds(report);
  expect(report.acknowledged).toBeGreaterThan(60 * Number(minutes));
  expect(processesNaming(folder.path)).toEqual([]);
});

test('a casino that runs already loses nothing either, and goes on', async () => {
  const state = join(folder.path, 'running');
  const up = bitcraps(folder.path, 'up', '--state', state);
  await until('the first bet', () => (/^bet /m.test(up.stdout()) ? true : undefined), 60_000);
  const script =
    '2s kill a-table for 1s; 8s kill a-relay,b-carol for 1s; 14s pause b-gateway for 3s';
  const words = ['chaos', '--state', state, '--duration', '30s', '--json'];
  const refused = await run(folder.path, ...words, '--faults', '1s cut 3');
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('cut does not go')]);
  const end = await run(folder.path, ...words, '--faults', script);
  expect(end.stdout, end.stderr).toMatch(/^\{.*\}\n$/);
  holds(json(end) as ChaosReport);
  const rolls = up.stdout().split('roll ').length;
  await until('another roll', () => (up.stdout().split('roll ').length > rolls ? true : undefined));
  up.process.kill('SIGINT');
  await up.finished;
  await until('no process', () => (processesNaming(state).length === 0 ? true : undefined));
});
