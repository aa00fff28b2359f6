// A process beside the load: started on a processor of its own, its processor time read from /proc, ended by its id.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** Kernel clock ticks in /proc/PID/stat: 100 a second on Linux, whatever the kernel's own rate (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;
const LINES_KEPT = 20;
const END_WITHIN_MS = 3_000;

/** Started, and measured, as one thing. */
export interface RelayProcess {
  readonly pid: number;
  /** Processor time of all its threads so far, in seconds, in steps of 10 ms. */
  cpuSeconds(): number;
  end(): Promise<void>;
}

export interface StartedProcess extends RelayProcess {
  /** Waits for a line of its output that matches, and answers the match. */
  line(pattern: RegExp, withinMs?: number): Promise<RegExpExecArray>;
}

/** Starts a program bound to one processor (`null`: not bound). */
export function startProcess(
  core: number | null,
  program: string,
  words: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): StartedProcess {
  // taskset becomes the program, so the process id is the program's.
  const [command, args] =
    core === null ? [program, words] : ['taskset', ['-c', String(core), program, ...words]];
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
      lines.splice(0, lines.length - LINES_KEPT);
      for (const look of waiting) look();
    });
  }
  child.on('error', () => {});
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} does not start`);
  return {
    pid,
    cpuSeconds: () => cpuSecondsOf(pid),
    end: () => end(child),
    line(pattern, withinMs = 20_000) {
      const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
      const settle = (): void => {
        waiting.delete(look);
        clearTimeout(timer);
        child.off('exit', gone);
      };
      const look = (): void => {
        const found = lines.map((line) => pattern.exec(line)).find((match) => match !== null);
        if (found === undefined || found === null) return;
        settle();
        resolve(found);
      };
      const fail = (what: string): void => {
        settle();
        reject(new Error(`${program} ${what}:\n${lines.join('\n')}`));
      };
      const gone = (): void => fail('ended');
      const timer = setTimeout(
        () => fail(`said nothing like ${pattern} in ${withinMs} ms`),
        withinMs,
      );
      waiting.add(look);
      child.once('exit', gone);
      look();
      return promise;
    },
  };
}

/** User and system time of all threads of a process, proc(5). */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in brackets may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
  await gone;
  clearTimeout(timer);
}
