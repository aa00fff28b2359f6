// What chaos needs of a casino of real processes, whether it started them or found them running.

import { spawn, type ChildProcess } from 'node:child_process';
import type { FaultEvent } from '../../sim/faults/fault.ts';
import type { Role } from '../up/plan.ts';

export interface ChaosNode {
  readonly name: string;
  readonly role: Role;
  /** Its state folder. */
  readonly folder: string;
}

export interface ChaosCasino {
  readonly nodes: readonly ChaosNode[];
  /** Settles, with what happened, if the casino ends while chaos goes on; `null` where chaos alone ends it. */
  readonly gone: Promise<string> | null;
  /**
   * Does it now; `lastsMs` is when the fault ends. Resolves once it is done, a restart once the node listens. Rejects with
   * `CLI_PROCESS_FAILED` where a node does not come back.
   */
  inflict(event: FaultEvent, lastsMs: number): Promise<void>;
  /** Ends what it started, and brings back what it only broke; a second time does nothing. */
  stop(): Promise<void>;
}

/** A paused process goes on so much later at the latest, even if whoever paused it is gone. */
const GUARD_SPARE_MS = 2_000;

/** Processes that stand still (SIGSTOP), each with a guard that wakes it should this process die first. */
export class PausedProcesses {
  readonly #guards = new Map<number, ChildProcess>();

  pause(pid: number, forMs: number): void {
    signal(pid, 'SIGSTOP');
    const seconds = ((forMs + GUARD_SPARE_MS) / 1000).toFixed(1);
    const guard = spawn('sh', ['-c', `sleep ${seconds}; kill -CONT ${pid}`], {
      detached: true,
      stdio: 'ignore',
    });
    // Without a shell there is no guard; the pause works all the same.
    guard.on('error', () => undefined);
    guard.unref();
    this.#guards.set(pid, guard);
  }

  resume(pid: number): void {
    signal(pid, 'SIGCONT');
    const guard = this.#guards.get(pid);
    this.#guards.delete(pid);
    if (guard?.pid !== undefined) signal(-guard.pid, 'SIGTERM');
  }

  resumeAll(): void {
    for (const pid of this.#guards.keys()) this.resume(pid);
  }
}

/** To a process, or to a group where negative; one that is gone hears nothing. */
export function signal(pid: number, name: NodeJS.Signals): void {
  // 0 is this process's own group.
  if (pid === 0) return;
  try {
    process.kill(pid, name);
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ESRCH';
    if (!isGone) throw error;
  }
}
