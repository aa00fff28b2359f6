// Runs the real command in real processes and looks at them from outside.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const root: string = join(import.meta.dirname, '..', '..');
export const main: string = join(root, 'src', 'cli', 'main.ts');

/** Between two looks at a condition. */
const LOOK_EVERY_MS = 50;

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder that is removed at the end of the test file. */
export function scratch(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'bc-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface Running {
  readonly process: ChildProcess;
  readonly finished: Promise<Finished>;
  stdout(): string;
  stderr(): string;
}

/** Starts a program; `state` becomes `BITCRAPS_STATE`, so that a test never meets this user's own nodes. */
export function start(program: string, words: readonly string[], state: string): Running {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(BITCRAPS_|npm_|VITEST|NODE_OPTIONS)/.test(name),
    ),
  );
  const child = spawn(program, words, {
    cwd: root,
    env: { ...environment, BITCRAPS_STATE: state, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const finished = new Promise<Finished>((resolve) => {
    child.once('close', (status) => resolve({ status, stdout: out, stderr: err }));
  });
  return { process: child, finished, stdout: () => out, stderr: () => err };
}

/** Starts `bitcraps …`. */
export function bitcraps(state: string, ...words: readonly string[]): Running {
  return start(process.execPath, [main, ...words], state);
}

/** Runs `bitcraps …` to its end. */
export function run(state: string, ...words: readonly string[]): Promise<Finished> {
  return bitcraps(state, ...words).finished;
}

/** Looks until `look` gives something other than `undefined`; fails after `withinMs`. */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  withinMs = 20_000,
): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Whether a process runs; a zombie does not. */
export function lives(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Processes whose command line names `text`. */
export function processesNaming(text: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => pid !== process.pid && lives(pid) && commandLine(pid).includes(text));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Remote ports of the established TCP connections of a process, and the ports it listens on. */
export function socketsOf(pid: number): {
  readonly listening: number[];
  readonly remote: number[];
  readonly local: number[];
} {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        const match = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`));
        return match?.[1] === undefined ? [] : [match[1]];
      } catch {
        return [];
      }
    }),
  );
  const rows = readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => inodes.has(fields[9] ?? ''));
  const inState = (state: string): string[][] => rows.filter((fields) => fields[3] === state);
  return {
    listening: inState('0A').map((fields) => port(fields[1])),
    remote: inState('01').map((fields) => port(fields[2])),
    local: inState('01').map((fields) => port(fields[1])),
  };
}

/** The port of an `ADDRESS:PORT` pair in hexadecimal, as the kernel lists it. */
function port(field: string | undefined): number {
  return Number.parseInt((field ?? '').split(':')[1] ?? '', 16);
}

/** What `--json` printed. */
export function json(finished: Finished): unknown {
  return JSON.parse(finished.stdout);
}
