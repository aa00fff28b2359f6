// Runs a program for each alert, which reads it as one line of JSON from its standard input. No shell: the arguments are
// what the operator configured, nothing of an alert is among them. Of this node's environment it gets only where programs
// are found: passphrases stay here.

import { spawn, type ChildProcess } from 'node:child_process';
import { basename } from 'node:path';
import type { AlertNotice, AlertSink, SendOutcome } from '../../env/alert-sink.ts';

/** The program and all that it started in its process group end by then. */
const TIMEOUT_MS = 10_000;
const PATH_DEFAULT = '/usr/local/bin:/usr/bin:/bin';
/** Whether what a program left behind still runs: long before the numbers of processes come round. */
const LOOK_EVERY_MS = 1_000;
/** Programs, and what those that have ended left behind; the oldest is ended for a further one. */
const GROUPS_MAX = 16;
/** What is wrong with the program itself: no other attempt will do better. Others, such as too many processes, pass. */
const REFUSED: ReadonlySet<string | undefined> = new Set([
  'ENOENT',
  'EACCES',
  'ENOTDIR',
  'ENOEXEC',
]);

export interface CommandOptions {
  /** An absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  /** Default `TIMEOUT_MS`. */
  readonly timeoutMs?: number;
}

export function commandSink({ program, args, timeoutMs = TIMEOUT_MS }: CommandOptions): AlertSink {
  const groups = new ProcessGroups();
  const start = (): ChildProcess =>
    spawn(program, args, {
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? PATH_DEFAULT },
      stdio: ['pipe', 'ignore', 'ignore'],
      // A group of its own, so that what it starts can be ended with it.
      detached: true,
    });
  return {
    name: `command ${basename(program)}`,
    send: (notice) => run(start, notice, timeoutMs, groups),
    stop: () => groups.endAll(),
  };
}

function run(
  start: () => ChildProcess,
  notice: AlertNotice,
  timeoutMs: number,
  groups: ProcessGroups,
): Promise<SendOutcome> {
  return new Promise((resolve) => {
    const notStarted = (error: unknown): void => {
      const { code = 'not started' } = error as NodeJS.ErrnoException;
      resolve({ kind: REFUSED.has(code) ? 'refused' : 'failed', detail: code });
    };
    let child: ChildProcess;
    try {
      child = start();
    } catch (error) {
      // Node throws some of the system's errors and tells others as an event.
      return notStarted(error);
    }
    let timedOut = false;
    child.once('error', notStarted);
    child.once('exit', (status, signal) => {
      groups.leaderEnded(child.pid);
      if (status === 0) resolve({ kind: 'delivered' });
      else if (timedOut) resolve({ kind: 'failed', detail: 'timeout' });
      else resolve({ kind: 'failed', detail: signal ?? `exit ${String(status)}` });
    });
    groups.add(child.pid, timeoutMs, () => (timedOut = true));
    // A program that does not read its input is no error; one that could not be started has none.
    child.stdin?.on('error', () => {});
    child.stdin?.end(`${JSON.stringify(notice)}\n`);
  });
}

/** Process groups that may still have members; they end with their time, and with this process. */
class ProcessGroups {
  readonly #timers = new Map<number, NodeJS.Timeout>();
  /** Nothing but a member holds their number. */
  readonly #leaderless = new Set<number>();
  readonly #atExit = (): void => this.endAll();
  #looks: NodeJS.Timeout | undefined;

  add(leader: number | undefined, timeoutMs: number, ended: () => void): void {
    if (leader === undefined) return;
    const [oldest = leader] = this.#timers.keys();
    if (this.#timers.size >= GROUPS_MAX) this.#end(oldest);
    if (this.#timers.size === 0) process.on('exit', this.#atExit);
    const timer = setTimeout(() => {
      ended();
      this.#end(leader);
    }, timeoutMs);
    this.#timers.set(leader, timer.unref());
  }

  /** What it leaves behind may go on for its time: mail programs deliver so. */
  leaderEnded(leader: number | undefined): void {
    if (leader === undefined || !this.#timers.has(leader)) return;
    this.#leaderless.add(leader);
    this.#look();
  }

  /** While a group has a member, no other gets its number; one without is not to be killed any more. */
  #look(): void {
    clearTimeout(this.#looks);
    for (const leader of this.#leaderless) if (!signal(leader, 0)) this.#forget(leader);
    if (this.#leaderless.size === 0) return;
    this.#looks = setTimeout(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  endAll(): void {
    for (const leader of this.#timers.keys()) this.#end(leader);
  }

  #end(leader: number): void {
    signal(leader, 'SIGKILL');
    this.#forget(leader);
  }

  #forget(leader: number): void {
    clearTimeout(this.#timers.get(leader));
    this.#timers.delete(leader);
    this.#leaderless.delete(leader);
    if (this.#timers.size === 0) process.off('exit', this.#atExit);
  }
}

/** Whether the group has a member. */
function signal(leader: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, name);
  } catch {
    return false;
  }
}
