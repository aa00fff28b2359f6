// `bitcraps up` as its users run it: ten real processes, real sockets, real signals.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { UpSummary } from '../../src/cli/up/summary.ts';
import type { StatusReport } from '../../src/node/report.ts';
import {
  bitcraps,
  json,
  lives,
  processesNaming,
  run,
  scratch,
  socketsOf,
  start,
  until,
  type Running,
} from './harness.ts';

/** What the issue of a run promises after a signal. */
const GONE_WITHIN_MS = 3_000;

const folder = scratch();
const running: Running[] = [];
afterAll(() => {
  for (const { process: child } of running) if (child.exitCode === null) child.kill('SIGTERM');
  folder.remove();
});

function stateOf(name: string): string {
  return join(folder.path, name);
}

/** The folder of the one run under a state root. */
function runFolder(state: string): string | undefined {
  const up = join(state, 'up');
  const [id] = existsSync(up) ? readdirSync(up) : [];
  return id === undefined ? undefined : join(up, id);
}

function supervisorPid(state: string): number | undefined {
  const run = runFolder(state);
  const note = run === undefined ? '' : join(run, 'up.json');
  if (!existsSync(note)) return undefined;
  return (JSON.parse(readFileSync(note, 'utf8')) as { pid: number }).pid;
}

/** Starts a casino that goes on until a signal, and waits for the first bet. */
async function started(state: string, program?: readonly [string, ...string[]]): Promise<Running> {
  const [command, ...words] = program ?? [
    process.execPath,
    'src/cli/main.ts',
    'up',
    '--pace',
    '300ms',
  ];
  const up = start(command, words, state);
  running.push(up);
  await until('the first bet', () => (/^bet /m.test(up.stdout()) ? true : undefined), 40_000);
  return up;
}

/** The process of a node, by its folder in the command line. */
function pidOf(state: string, name: string): number | undefined {
  return processesNaming(join(state, 'up')).find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`/${name}\0`),
  );
}

async function statusOf(state: string, name: string): Promise<StatusReport> {
  return json(await run(state, 'status', '--node', name, '--json')) as StatusReport;
}

describe('a run with a number of rounds', () => {
  test('two at once each end with a summary, a transcript that verifies, and no process left', async () => {
    const states = [stateOf('one'), stateOf('two')];
    const ends = await Promise.all(
      states.map((state) => run(state, 'up', '--rounds', '2', '--pace', '200ms', '--json')),
    );
    for (const [at, state] of states.entries()) {
      const end = ends[at];
      expect(end?.status, end?.stderr).toBe(0);
      expect(end?.stdout.trim().split('\n')).toHaveLength(1);
      const summary = JSON.parse(end?.stdout ?? '') as UpSummary;
      expect(summary).toMatchObject({
        rounds: 2,
        nodes: 10,
        meshes: 2,
        gateways: 2,
        supplyConserved: true,
      });
      expect(summary.crossMeshMessages).toBeGreaterThan(0);
      expect(summary.messagesRelayed).toBeGreaterThan(summary.crossMeshMessages);
      expect(summary.processes.filter(({ mesh }) => mesh === 'a')).toHaveLength(5);
      expect(new Set(summary.processes.map(({ pid }) => pid)).size).toBe(10);
      expect(isAbsolute(summary.transcript)).toBe(true);
      const verified = await run(state, 'verify', summary.transcript);
      expect(verified.status, verified.stderr).toBe(0);
      const other = await run(state, 'verify', summary.transcript, '--casino', 'a'.repeat(52));
      expect(other.status).toBe(1);
      for (const { pid } of summary.processes) expect(lives(pid)).toBe(false);
      expect(processesNaming(state)).toEqual([]);
    }
  });
});

describe('a signal', () => {
  const npm = ['npm', 'start', '--', '--pace', '300ms'] as const;
  test.each([
    ['INT', 'the supervisor', undefined],
    ['TERM', 'the supervisor', undefined],
    ['KILL', 'the supervisor', undefined],
    ['INT', 'npm', npm],
    ['TERM', 'npm', npm],
    ['KILL', 'npm', npm],
  ] as const)('%s to %s leaves no process after 3 s', async (signal, whom, program) => {
    const state = stateOf(`${signal}-${whom.replace(' ', '-')}`);
    const up = await started(state, program);
    const supervisor = await until('the note of the run', () => supervisorPid(state));
    const nodes = processesNaming(join(state, 'up'));
    expect(nodes).toHaveLength(10);
    expect(lives(supervisor)).toBe(true);
    up.process.kill(`SIG${signal}`);
    await until(
      `no process after ${signal} to ${whom}`,
      () => ([supervisor, ...nodes].some(lives) ? undefined : true),
      GONE_WITHIN_MS,
    );
  });
});

test('a signal while the nodes are still starting leaves no process either', async () => {
  const state = stateOf('early');
  const up = start(process.execPath, ['src/cli/main.ts', 'up'], state);
  running.push(up);
  const nodes = await until('the first processes', () => {
    const found = processesNaming(join(state, 'up'));
    return found.length > 0 ? found : undefined;
  });
  up.process.kill('SIGTERM');
  await until(
    'no process',
    () =>
      up.process.exitCode !== null && processesNaming(join(state, 'up')).length === 0
        ? true
        : undefined,
    GONE_WITHIN_MS,
  );
  expect(nodes.some(lives)).toBe(false);
  expect(up.stdout()).not.toContain('start a-table');
});

describe('a node killed with kill -9', () => {
  test('a gateway: crossing stands still and far bets get a code; started again, both resume', async () => {
    const state = stateOf('gateway');
    const up = await started(state);
    const table = await until('the table', () => pidOf(state, 'a-table'));
    const ofMeshA = new Set(
      ['a-table', 'a-relay', 'a-gateway', 'a-ann', 'a-bob'].flatMap((name) => {
        const pid = pidOf(state, name);
        return pid === undefined ? [] : socketsOf(pid).listening;
      }),
    );
    expect(socketsOf(table).listening.length).toBeGreaterThan(0);
    for (const name of ['b-carol', 'b-dave']) {
      const player = pidOf(state, name);
      const { remote, local } = socketsOf(player ?? 0);
      expect(remote.length, `${name} is connected to somebody`).toBeGreaterThan(0);
      expect(
        [...remote, ...local].filter((port) => ofMeshA.has(port)),
        name,
      ).toEqual([]);
    }
    const gateway = await until('the gateway', () => pidOf(state, 'a-gateway'));
    process.kill(gateway, 'SIGKILL');
    await until('the news of its end', () =>
      up.stdout().includes('a-gateway (process') ? true : undefined,
    );
    const refused = await run(state, 'play', 'bet', 'field', '1', '--node', 'b-carol');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(
      /^error (NODE_MINORITY_SIDE|GATEWAY_PEER_UNKNOWN|MESH_NO_ROUTE|NODE_SERVICE_TIMEOUT): /,
    );
    const crossed = (await statusOf(state, 'b-gateway')).bridge?.crossMeshMessages;
    const rolls = up.stdout().split('roll ').length;
    await until('rolls go on without the far players', () =>
      up.stdout().split('roll ').length > rolls + 1 ? true : undefined,
    );
    expect((await statusOf(state, 'b-gateway')).bridge?.crossMeshMessages).toBe(crossed);
    const again = bitcraps(state, 'node', '--state', join(runFolder(state) ?? '', 'a-gateway'));
    running.push(again);
    await until('crossing again', async () => {
      const now = (await statusOf(state, 'b-gateway')).bridge?.crossMeshMessages ?? 0;
      return now > (crossed ?? 0) ? true : undefined;
    });
    const accepted = await until('a far bet', async () => {
      const bet = await run(state, 'play', 'bet', 'field', '1', '--node', 'b-carol');
      return bet.status === 0 ? bet : undefined;
    });
    expect(accepted.stdout).toMatch(/^accepted in block \d+/);
    up.process.kill('SIGINT');
    await up.finished;
    await until('the restarted gateway is stopped too', () =>
      again.process.exitCode === null ? undefined : true,
    );
  });

  test('the validator: it comes back with its ledger, and the game goes on', async () => {
    const state = stateOf('validator');
    const up = await started(state);
    await until('a roll', () => (/^roll /m.test(up.stdout()) ? true : undefined));
    const validator = await until('the validator', () => pidOf(state, 'a-table'));
    const before = await statusOf(state, 'b-dave');
    process.kill(validator, 'SIGKILL');
    await until('the news of its end', () =>
      up.stdout().includes('a-table (process') ? true : undefined,
    );
    const others = processesNaming(join(state, 'up'));
    expect(others).toHaveLength(9);
    running.push(bitcraps(state, 'node', '--state', join(runFolder(state) ?? '', 'a-table')));
    const height = BigInt(before.casino?.height ?? 0);
    await until(
      'new blocks at a far player',
      async () => {
        const { casino } = await statusOf(state, 'b-dave');
        return BigInt(casino?.height ?? 0) > height + 5n && casino?.broken === null
          ? true
          : undefined;
      },
      30_000,
    );
    up.process.kill('SIGINT');
    const end = await up.finished;
    const transcript = /^transcript (.*)$/m.exec(end.stdout)?.[1] ?? '';
    expect((await run(state, 'verify', transcript)).status).toBe(0);
  });
});
