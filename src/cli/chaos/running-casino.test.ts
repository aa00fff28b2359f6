// What `chaos --state` killed runs again at its end, also where starting it failed before: real processes, which answer
// like nodes and are none.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { temporaryFolders } from '../../../test/suites/temporary-folders.ts';
import type { FaultEvent } from '../../sim/faults/fault.ts';
import {
  callControl,
  serveControl,
  type ControlServer,
} from '../../platform/node/control-socket.ts';
import { controlSocketPath } from '../state-folder.ts';
import type { ChaosCasino } from './chaos-casino.ts';
import type { findRunningCasino } from './running-casino.ts';

const freshFolder = temporaryFolders();
const program = join(freshFolder(), 'node.mjs');
const argument = process.argv[1] ?? '';

/** Waits while there is a file `held`, which only one may, fails as often as the file `failures` says, else answers until its folder or whoever started it is gone. */
const SOURCE = `
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serveControl } from ${urlOf('../../platform/node/control-socket.ts')};
import { controlSocketPath } from ${urlOf('../state-folder.ts')};
const folder = process.argv[4];
const { ppid } = process;
setInterval(() => (existsSync(folder) && process.ppid === ppid) || process.exit(), 100);
const held = join(folder, 'held');
if (existsSync(held)) writeFileSync(join(folder, 'taken'), '', { flag: 'wx' });
await new Promise((go) => setInterval(() => existsSync(held) || go(), 20));
const failures = join(folder, 'failures');
const left = Number(readFileSync(failures, 'utf8'));
if (left > 0) {
  writeFileSync(failures, String(left - 1));
  process.exit(1);
}
writeFileSync(join(folder, 'lock.pid'), String(process.pid));
await serveControl(controlSocketPath(folder), async () => ({ casino: { role: 'player' }, pid: process.pid }));
console.log('ready');
`;

function urlOf(path: string): string {
  return JSON.stringify(new URL(path, import.meta.url).href);
}

let find: typeof findRunningCasino;
beforeAll(async () => {
  writeFileSync(program, SOURCE);
  // It starts nodes by the program that runs.
  process.argv[1] = program;
  find = (await import('./running-casino.ts')).findRunningCasino;
  process.argv[1] = argument;
});
afterAll(() => {
  process.argv[1] = argument;
});

const servers: ControlServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

class Scene {
  readonly state: string = freshFolder();
  readonly ann: string = join(this.state, 'ann');
  readonly held: string = join(this.ann, 'held');
  readonly lines: string[] = [];
  /** The casino's clock, and how far it goes each time that it is read. */
  nowMs = 0;
  stepMs = 0;
  onLine: (line: string) => void = () => undefined;

  async open(): Promise<ChaosCasino> {
    const table = join(this.state, 'table');
    for (const folder of [table, this.ann]) mkdirSync(folder);
    this.fails(0);
    const run = { pid: process.pid, nodes: ['table', 'ann'] };
    writeFileSync(join(this.state, 'up.json'), JSON.stringify(run));
    const status = { casino: { role: 'validator' } };
    servers.push(await serveControl(controlSocketPath(table), () => Promise.resolve(status)));
    await this.start();
    const say = (line: string): void => {
      this.lines.push(line);
      this.onLine(line);
    };
    return find(this.state, say, () => (this.nowMs += this.stepMs));
  }

  /** The next starts of Ann fail. */
  fails(times: number): void {
    writeFileSync(join(this.ann, 'failures'), String(times));
  }

  /** Ann was killed; her start is given up, and goes on. */
  async startedTooSlowly(): Promise<ChaosCasino> {
    const casino = await this.open();
    await casino.inflict(KILL, 0);
    writeFileSync(this.held, '');
    const restarting = casino.inflict(RESTART, 0);
    this.nowMs += 60_000;
    await expect(restarting).rejects.toMatchObject({ code: 'CLI_PROCESS_FAILED' });
    return casino;
  }

  /** Somebody starts Ann. */
  async start(): Promise<void> {
    const words = [program, 'node', '--state', this.ann];
    const { stdout } = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(stdout, 'data');
  }

  /** As Ann answers. */
  status(): Promise<unknown> {
    return callControl(controlSocketPath(this.ann), 'status', {});
  }
}

const KILL: FaultEvent = { atMs: 0, kind: 'kill', node: 'ann' };
const RESTART: FaultEvent = { atMs: 0, kind: 'restart', node: 'ann' };

test('a node whose restart failed is started again at the end', async () => {
  const scene = new Scene();
  const casino = await scene.open();
  await casino.inflict(KILL, 0);
  scene.fails(1);
  await expect(casino.inflict(RESTART, 0)).rejects.toMatchObject({ code: 'CLI_PROCESS_FAILED' });
  await casino.stop();
  expect(scene.lines).toEqual(['starting ann again']);
  expect(await scene.status()).toMatchObject({ casino: { role: 'player' } });
});

test('a restart that is under way at the end, and fails, is made once more', async () => {
  const scene = new Scene();
  const casino = await scene.open();
  await casino.inflict(KILL, 0);
  scene.fails(1);
  const restarting = expect(casino.inflict(RESTART, 0)).rejects.toMatchObject({
    code: 'CLI_PROCESS_FAILED',
  });
  await casino.stop();
  await restarting;
  expect(scene.lines).toEqual(['starting ann again']);
  expect(await scene.status()).toMatchObject({ casino: { role: 'player' } });
});

test('a node that came back in another way is left alone at the end', async () => {
  const scene = new Scene();
  const casino = await scene.open();
  await casino.inflict(KILL, 0);
  scene.fails(1);
  await expect(casino.inflict(RESTART, 0)).rejects.toMatchObject({ code: 'CLI_PROCESS_FAILED' });
  await scene.start();
  await casino.stop();
  expect(scene.lines).toEqual([]);
  const pid = Number(readFileSync(join(scene.ann, 'lock.pid'), 'utf8'));
  expect(await scene.status()).toMatchObject({ pid });
});

test('a node that cannot be started stays down, and how to bring it back is told', async () => {
  const scene = new Scene();
  const casino = await scene.open();
  await casino.inflict(KILL, 0);
  scene.fails(9);
  await casino.stop();
  expect(scene.lines).toHaveLength(3);
  expect(scene.lines[1]).toContain('ann stays down: ');
  expect(scene.lines[2]).toContain(`bitcraps node --state ${scene.ann}`);
});

test('a start that was given up, and goes on, is waited for at the end', async () => {
  const scene = new Scene();
  const casino = await scene.startedTooSlowly();
  scene.onLine = () => rmSync(scene.held, { force: true });
  await casino.stop();
  expect(scene.lines).toEqual(['waiting for ann, which still starts']);
  expect(await scene.status()).toMatchObject({ casino: { role: 'player' } });
});

test('a start that was given up, and fails later, is made once more', async () => {
  const scene = new Scene();
  const casino = await scene.startedTooSlowly();
  scene.onLine = (line) => {
    if (line.startsWith('waiting')) rmSync(scene.held);
  };
  scene.fails(1);
  await casino.stop();
  expect(scene.lines).toEqual(['waiting for ann, which still starts', 'starting ann again']);
  expect(await scene.status()).toMatchObject({ casino: { role: 'player' } });
});

test('a start that still goes on at the end is left alone, and told', async () => {
  const scene = new Scene();
  const casino = await scene.startedTooSlowly();
  scene.onLine = () => (scene.stepMs = 60_000);
  await casino.stop();
  expect(scene.lines).toEqual([
    'waiting for ann, which still starts',
    expect.stringMatching(/^ann still starts, as process [1-9]\d*$/),
  ]);
});
