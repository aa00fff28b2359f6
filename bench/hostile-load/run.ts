// A real node under hostile load: honest traffic before, during and after.
//
//   node bench/hostile-load/run.ts [seconds] [half-open dials] [links of one identity] [slow readers] [seconds to settle]
//
// Prints a table, with --json the figures. Exit code 99 if honest traffic or memory miss their bounds. The node and
// the honest ones come before everything else where the user may say so: attackers are on other machines, and whatever else
// runs here is no part of the picture. With --plain they do not.

import { execFileSync, fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StatusReport } from '../../src/node/report.ts';
import { callControl } from '../../src/platform/node/control-socket.ts';
import type { Measure, Measured } from './honest-process.ts';
import type { Attack, Attacked } from './hostile-process.ts';
import { NETWORK, pause, PROOF_BITS } from './mesh-member.ts';

const RATE_SHARE_MIN = 0.8;
const P99_FACTOR_MAX = 3;
const MEMORY_FACTOR_MAX = 1.1;
const HONEST_PER_SECOND = 500;
/** Between the attack and the last look: the demand falls, and the node tidies up. */
const SETTLE_SECONDS = 15;
const MEBIBYTE = 1024 * 1024;

export interface Figures {
  readonly attack: Attacked;
  readonly idle: Measured;
  readonly attacked: Measured;
  readonly after: Measured;
  readonly memoryBytes: { readonly before: number; readonly most: number; readonly after: number };
  readonly cpuShare: { readonly idle: number; readonly attacked: number };
  readonly admission: StatusReport['admission'];
}

interface Victim {
  readonly process: ChildProcess;
  readonly address: string;
  readonly peerId: string;
  status(): Promise<StatusReport>;
}

const here = import.meta.dirname;
const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const plain = process.argv.includes('--plain');
const seconds = Number(words[0] ?? 60);
const plan: Attack = {
  seconds,
  halfOpenDials: Number(words[1] ?? 50_000),
  identityLinks: Number(words[2] ?? 1_000),
  slowReaders: Number(words[3] ?? 8),
  framers: 8,
};
const settleSeconds = Number(words[4] ?? SETTLE_SECONDS);

/**
 * Before everything else that runs here, where the user may say so; else the figures hold that too. All threads at one
 * priority, and on all cores: on one core the engine's own helpers would hold the node up for a slice of 100 ms, and with
 * less priority than its main thread they would never run, which it waits for in a loop.
 */
function preferred(child: ChildProcess): void {
  if (plain) return;
  try {
    execFileSync('chrt', ['--all-tasks', '--rr', '--pid', '1', String(child.pid)], {
      stdio: 'ignore',
    });
  } catch {
    process.stderr.write('no realtime priority: the figures hold what else this machine does\n');
  }
}

async function startVictim(state: string): Promise<Victim> {
  const main = join(here, '..', '..', 'src', 'cli', 'main.ts');
  const command = [main, 'node', '--state', state, '--json'];
  const flags = ['--network', NETWORK, '--proof-bits', String(PROOF_BITS), '--gateway'];
  const listen = [
    '--listen',
    '127.0.0.1:0',
    '--gateway-listen',
    '127.0.0.1:0',
    '--log-level',
    'error',
  ];
  const child = spawn(process.execPath, [...command, ...flags, ...listen], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  preferred(child);
  const { peerId, listen: address } = JSON.parse(line) as { peerId: string; listen: string };
  const socket = join(state, 'control.sock');
  return {
    process: child,
    address,
    peerId,
    status: async () => (await callControl(socket, 'status', {})) as StatusReport,
  };
}

function ofProcess(pid: number): { readonly rssBytes: number; readonly cpuTicks: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rssKiB = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return { rssBytes: 1024 * rssKiB, cpuTicks: Number(fields[11]) + Number(fields[12]) };
}

/** The next thing that `child` says; rejects if it ends before. */
async function heard<T>(child: ChildProcess): Promise<T> {
  const end = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of the bench ended with ${code}`);
  });
  const [said] = (await Promise.race([once(child, 'message'), end])) as [T];
  end.catch(() => undefined);
  return said;
}

function ask<T>(child: ChildProcess, message: object): Promise<T> {
  child.send(message);
  return heard(child);
}

/** Half a second at a time, so that the most is seen. */
async function whileWatching<T>(pid: number, work: Promise<T>): Promise<[T, number, number]> {
  let most = 0;
  let over = false;
  const start = ofProcess(pid);
  const startMs = performance.now();
  const watch = (async () => {
    while (!over) {
      most = Math.max(most, ofProcess(pid).rssBytes);
      await pause(500);
    }
  })();
  const result = await work;
  over = true;
  await watch;
  const ms = performance.now() - startMs;
  return [result, most, (10 * (ofProcess(pid).cpuTicks - start.cpuTicks)) / ms];
}

async function measureAll(victim: Victim, children: ChildProcess[]): Promise<Figures> {
  const pid = victim.process.pid ?? 0;
  const honest = fork(join(here, 'honest-process.ts'), [victim.address, victim.peerId], {
    // Its engine's helpers would take a core from the node at times.
    execArgv: [...process.execArgv, '--single-threaded'],
  });
  children.push(honest);
  await heard(honest);
  preferred(honest);
  preferred(victim.process);
  const port = victim.address.slice(victim.address.lastIndexOf(':') + 1);
  const hostile = fork(join(here, 'hostile-process.ts'), [port]);
  children.push(hostile);
  await heard(hostile);

  const shortMeasure: Measure = { seconds: Math.min(15, seconds), perSecond: HONEST_PER_SECOND };
  // What a node takes for its first busy seconds is no leak.
  await ask<Measured>(honest, shortMeasure);
  const [idle, , idleCpu] = await whileWatching(pid, ask<Measured>(honest, shortMeasure));
  const before = ofProcess(pid).rssBytes;
  await ask(hostile, plan);
  const attackOver = heard<Attacked>(hostile);
  const measure = { seconds, perSecond: HONEST_PER_SECOND };
  const [attacked, most, attackCpu] = await whileWatching(pid, ask<Measured>(honest, measure));
  const attack = await attackOver;
  const { admission } = await victim.status();
  hostile.disconnect();
  await pause(1000 * settleSeconds);
  const after = await ask<Measured>(honest, shortMeasure);
  return {
    attack,
    idle,
    attacked,
    after,
    memoryBytes: { before, most, after: ofProcess(pid).rssBytes },
    cpuShare: { idle: idleCpu, attacked: attackCpu },
    admission,
  };
}

function verdictOf(figures: Figures): boolean {
  const { idle, attacked, memoryBytes } = figures;
  return (
    attacked.delivered / attacked.due >= RATE_SHARE_MIN &&
    attacked.p99Ms <= P99_FACTOR_MAX * idle.p99Ms &&
    memoryBytes.after <= MEMORY_FACTOR_MAX * memoryBytes.before
  );
}

function mib(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(0)} MiB`;
}

function phase(name: string, measured: Measured): string {
  const { due, delivered, p50Ms, p99Ms, maxMs, ownDelayP99Ms, newcomers } = measured;
  const { dials, failed, slowestMs, reasons } = newcomers;
  const share = ((100 * delivered) / due).toFixed(1);
  const latency = `p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms, most ${maxMs.toFixed(1)} ms (of it the measuring process ${ownDelayP99Ms.toFixed(2)} ms at p99)`;
  const came = `${dials - failed} of ${dials} newcomers in, the slowest in ${slowestMs.toFixed(0)} ms${failed === 0 ? '' : ` (${JSON.stringify(reasons)})`}`;
  return `${name.padEnd(12)} ${share} % of ${due} delivered, ${latency}; ${came}`;
}

function tell(figures: Figures, good: boolean): void {
  const { attack, idle, attacked, after, memoryBytes, cpuShare, admission } = figures;
  const { before, most } = memoryBytes;
  const grown = (memoryBytes.after / before).toFixed(2);
  const lines = [
    `attack       ${JSON.stringify(attack)}`,
    phase('idle', idle),
    phase('attacked', attacked),
    phase('after', after),
    `memory       ${mib(before)} before, ${mib(most)} at most, ${mib(memoryBytes.after)} after (${grown} ×)`,
    `node's time  ${(100 * cpuShare.idle).toFixed(0)} % of a core idle, ${(100 * cpuShare.attacked).toFixed(0)} % attacked`,
    `refused      ${JSON.stringify(admission?.refused)}`,
    `bounds       ${good ? 'kept' : 'MISSED'}: p99 ${(attacked.p99Ms / idle.p99Ms).toFixed(2)} × idle before (${(attacked.p99Ms / after.p99Ms).toFixed(2)} × after)`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

const state = mkdtempSync(join(tmpdir(), 'bc-hostile-'));
const children: ChildProcess[] = [];
try {
  const victim = await startVictim(state);
  children.push(victim.process);
  const figures = await measureAll(victim, children);
  const good = verdictOf(figures);
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(figures)}\n`);
  else tell(figures, good);
  process.exitCode = good ? 0 : 99;
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(state, { recursive: true, force: true });
}
