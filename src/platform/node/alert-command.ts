// Runs a program for each alert, which reads it as one line of JSON from its standard input. No shell: the arguments are
// what the operator configured, nothing of an alert is among them. Of this node's environment it gets only where programs
// are found: passphrases stay here.

import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import type { AlertSink, SendOutcome } from '../../env/alert-sink.ts';

/** The program and all that it started in its process group end by then. */
const TIMEOUT_MS = 10_000;
const PATH_DEFAULT = '/usr/local/bin:/usr/bin:/bin';

export interface CommandOptions {
  /** An absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  /** Default `TIMEOUT_MS`. */
  readonly timeoutMs?: number;
}

export function commandSink({ program, args, timeoutMs = TIMEOUT_MS }: CommandOptions): AlertSink {
  return {
    name: `command ${basename(program)}`,
    send: (notice) => run(program, args, `${JSON.stringify(notice)}\n`, timeoutMs),
  };
}

function run(
  program: string,
  args: readonly string[],
  input: string,
  timeoutMs: number,
): Promise<SendOutcome> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? PATH_DEFAULT },
      stdio: ['pipe', 'ignore', 'ignore'],
      // A group of its own, so that what it starts can be ended with it.
      detached: true,
    });
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      endGroup(child.pid);
    }, timeoutMs);
    timer.unref();
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      // It cannot be started: no other attempt will do better.
      resolve({ kind: 'refused', detail: error.code ?? 'not started' });
    });
    child.once('exit', (status, signal) => {
      clearTimeout(timer);
      if (status === 0) resolve({ kind: 'delivered' });
      else if (timedOut) resolve({ kind: 'failed', detail: 'timeout' });
      else resolve({ kind: 'failed', detail: signal ?? `exit ${String(status)}` });
    });
    // A program that does not read its input is no error.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
