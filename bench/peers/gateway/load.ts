// Starts the load of a contender and asks it to run workloads.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContenderName } from './contenders.ts';
import type { LoadAnswer, LoadRequest } from './load-process.ts';
import type { Outcome, Workload } from './workload.ts';

export interface Cores {
  readonly relay: number;
  readonly load: number;
  /** Ahead of whatever else the machine does. Needs root. */
  readonly realTime: boolean;
}

export interface Load {
  readonly name: ContenderName;
  run(workload: Workload, direct: boolean): Promise<Outcome>;
  end(): Promise<void>;
}

/** The next answer of the load, or that it ended. */
async function answer(child: ChildProcess, ended: Promise<LoadAnswer>): Promise<LoadAnswer> {
  const heard = once(child, 'message').then(([message]) => message as LoadAnswer);
  return Promise.race([heard, ended]);
}

/** Errors (thrown): whatever kept the contender from carrying a message. */
export async function startLoad(name: ContenderName, cores: Cores, seed: number): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), `gw-${name}-`));
  const program = join(import.meta.dirname, 'load-process.ts');
  const pinned = ['taskset', '-c', String(cores.load), process.execPath, '--no-warnings'];
  const words = [...pinned, program, name, folder, String(cores.relay)];
  if (cores.realTime) words.unshift('chrt', '-r', '5');
  const child = spawn(words[0] ?? '', words.slice(1), { stdio: ['ignore', 2, 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then((): LoadAnswer => ({
    kind: 'failed',
    reason: 'its load ended',
  }));
  const end = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const ready = await answer(child, ended);
  if (ready.kind !== 'ready') {
    await end();
    throw new Error(ready.kind === 'failed' ? ready.reason : 'it said something unexpected');
  }
  return {
    name,
    async run(workload, direct) {
      child.send({ workload, direct, seed } satisfies LoadRequest);
      const told = await answer(child, ended);
      if (told.kind !== 'outcome') throw new Error(`${name}: ${JSON.stringify(told)}`);
      const { corrupt } = told.outcome;
      if (corrupt > 0) throw new Error(`${name} damaged ${corrupt} messages`);
      return told.outcome;
    },
    end,
  };
}
