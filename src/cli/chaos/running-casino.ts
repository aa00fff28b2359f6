// A casino that runs already, as `bitcraps up --state DIR` started it: its processes can be killed, started again and
// paused. Its links and clocks are its own.

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BitcrapsError } from '../../core/errors.ts';
import type { StatusReport } from '../../node/report.ts';
import { callControl } from '../../platform/node/control-socket.ts';
import type { FaultEvent } from '../../sim/faults/fault.ts';
import { shellQuoted } from '../shell-quoted.ts';
import { controlSocketPath } from '../state-folder.ts';
import type { Role } from '../up/plan.ts';
import { environmentWithoutSettings } from '../up/supervisor.ts';
import { PausedProcesses, signal, type ChaosCasino, type ChaosNode } from './chaos-casino.ts';

/** A node that was started again answers within this time, on a busy machine too. */
const READY_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 100;
/** This very command: sources, build or bundle. */
const MAIN = process.argv[1] ?? '';

/** `say`: for what is done at the end. Errors: `CLI_CHAOS_NO_CASINO`, and those of a node that does not answer. */
export async function findRunningCasino(
  state: string,
  say: (line: string) => void,
): Promise<ChaosCasino> {
  const folder = resolve(state);
  const nodes: ChaosNode[] = [];
  for (const name of namesIn(folder)) {
    const status = await statusOf(join(folder, name));
    nodes.push({ name, role: roleOf(status), folder: join(folder, name) });
  }
  if (!nodes.some(({ role }) => role === 'validator')) {
    throw new BitcrapsError('CLI_CHAOS_NO_CASINO', { folder });
  }
  return new RunningCasino(folder, nodes, say);
}

/** The nodes that the run in this folder noted down. */
function namesIn(folder: string): readonly string[] {
  try {
    const note: unknown = JSON.parse(readFileSync(join(folder, 'up.json'), 'utf8'));
    if (typeof note === 'object' && note !== null && 'nodes' in note && Array.isArray(note.nodes)) {
      return note.nodes.map(String);
    }
  } catch {
    // Whatever is there, it is no note of a run.
  }
  throw new BitcrapsError('CLI_CHAOS_NO_CASINO', { folder });
}

async function statusOf(folder: string): Promise<StatusReport> {
  // A node's answer is this build's own report.
  return (await callControl(controlSocketPath(folder), 'status', {})) as StatusReport;
}

function roleOf({ casino, bridge }: StatusReport): Role {
  if (casino !== null) return casino.role;
  return bridge === null ? 'relay' : 'gateway';
}

class RunningCasino implements ChaosCasino {
  readonly nodes: readonly ChaosNode[];
  readonly #folder: string;
  readonly #say: (line: string) => void;
  readonly #paused = new PausedProcesses();
  readonly #pids = new Map<string, number>();
  /** Killed and not back yet, with their restart where that is under way. */
  readonly #killed = new Map<string, Promise<void> | null>();

  constructor(folder: string, nodes: readonly ChaosNode[], say: (line: string) => void) {
    this.#folder = folder;
    this.nodes = nodes;
    this.#say = say;
  }

  async inflict(event: FaultEvent, lastsMs: number): Promise<void> {
    switch (event.kind) {
      case 'kill':
        this.#killed.set(event.node, null);
        return signal(this.#pid(event.node), 'SIGKILL');
      case 'restart':
        return this.#bringBack(event.node);
      case 'pause':
        return this.#paused.pause(this.#pid(event.node), lastsMs);
      case 'resume':
        return this.#paused.resume(this.#pid(event.node));
      case 'skew':
      case 'cut':
      case 'mend':
      case 'slow':
      case 'lose':
        throw new BitcrapsError('CLI_USAGE', {
          detail: `${event.kind} needs a casino that chaos starts itself: with --state there are kill and pause`,
        });
    }
  }

  /** Whoever started the casino has it back as it was, also where chaos ends before its faults do. */
  async stop(): Promise<void> {
    this.#paused.resumeAll();
    await Promise.all(
      [...this.#killed].map(async ([name, restarting]) => {
        try {
          if (restarting === null) this.#say(`starting ${name} again`);
          await (restarting ?? this.#bringBack(name));
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          this.#say(`${name} stays down: ${why}`);
          this.#say(`      bring it back with: bitcraps node --state ${this.#folderOf(name)}`);
        }
      }),
    );
    this.#killed.clear();
  }

  async #bringBack(name: string): Promise<void> {
    const restarting = this.#restart(name);
    this.#killed.set(name, restarting);
    await restarting;
    if (this.#killed.get(name) === restarting) this.#killed.delete(name);
  }

  /** It hangs on nobody's tether: like a node that a person started, it ends when it is told to. */
  async #restart(name: string): Promise<void> {
    // Its run is over where its note is gone: a node that is started now would stay alone.
    namesIn(this.#folder);
    const { folder } = this.#node(name);
    const log = openSync(join(folder, 'node.log'), 'a', 0o600);
    const child = spawn(process.execPath, [MAIN, 'node', '--state', folder], {
      detached: true,
      stdio: ['ignore', log, log],
      env: environmentWithoutSettings(),
    });
    closeSync(log);
    child.unref();
    this.#pids.set(name, child.pid ?? 0);
    const giveUpAtMs = performance.now() + READY_WITHIN_MS;
    for (;;) {
      try {
        await statusOf(folder);
        return;
      } catch (error) {
        if (child.signalCode !== null) return;
        if (child.exitCode !== null || performance.now() > giveUpAtMs) throw failure(name, error);
      }
      await new Promise((wake) => {
        setTimeout(wake, LOOK_EVERY_MS);
      });
    }
  }

  #folderOf(name: string): string {
    return shellQuoted(this.#node(name).folder);
  }

  #node(name: string): ChaosNode {
    const node = this.nodes.find((candidate) => candidate.name === name);
    if (node === undefined) throw new Error(`there is no ${name}`);
    return node;
  }

  #pid(name: string): number {
    const started = this.#pids.get(name);
    if (started !== undefined) return started;
    const pid = Number(readFileSync(join(this.#node(name).folder, 'lock.pid'), 'utf8'));
    return Number.isSafeInteger(pid) && pid > 1 ? pid : 0;
  }
}

function failure(name: string, error: unknown): BitcrapsError {
  const detail = error instanceof Error ? error.message : String(error);
  return new BitcrapsError('CLI_PROCESS_FAILED', { name, detail });
}
