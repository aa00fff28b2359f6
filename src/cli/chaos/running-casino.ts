// A casino that runs already, as `bitcraps up --state DIR` started it: its processes can be killed, started again and
// paused. Its links and clocks are its own.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BitcrapsError } from '../../core/errors.ts';
import type { StatusReport } from '../../node/report.ts';
import { callControl } from '../../platform/node/control-socket.ts';
import { lockState, type StateLock } from '../../platform/node/state-lock.ts';
import type { FaultEvent } from '../../sim/faults/fault.ts';
import { shellQuoted } from '../shell-quoted.ts';
import { controlSocketPath, liveRunIn } from '../state-folder.ts';
import type { Role } from '../up/plan.ts';
import { chaosFolder } from '../up/run-folder.ts';
import { environmentWithoutSettings } from '../up/supervisor.ts';
import { PausedProcesses, signal, type ChaosCasino, type ChaosNode } from './chaos-casino.ts';

/** A node that was started again answers within this time, on a busy machine too. */
const READY_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 100;
/** Whether the casino still runs. */
const GONE_CHECK_MS = 500;
/** This very command: sources, build or bundle. */
const MAIN = process.argv[1] ?? '';

/** Only one breaks a casino at a time. Errors: `CLI_CHAOS_NO_CASINO`, `PLATFORM_STATE_LOCKED`. */
export function lockRunningCasino(state: string): StateLock {
  const folder = resolve(state);
  if (liveRunIn(folder) === null) throw new BitcrapsError('CLI_CHAOS_NO_CASINO', { folder });
  return lockState(chaosFolder(folder));
}

/**
 * `say`: for what is done at the end; `nowMs`: a monotonic clock. Errors: `CLI_CHAOS_NO_CASINO`, and those of a node that
 * does not answer.
 */
export async function findRunningCasino(
  state: string,
  say: (line: string) => void,
  nowMs: () => number = () => performance.now(),
): Promise<ChaosCasino> {
  const folder = resolve(state);
  const nodes: ChaosNode[] = [];
  for (const name of liveRunIn(folder)?.nodes ?? []) {
    const status = await statusOf(join(folder, name));
    nodes.push({ name, role: roleOf(status), folder: join(folder, name) });
  }
  if (!nodes.some(({ role }) => role === 'validator')) {
    throw new BitcrapsError('CLI_CHAOS_NO_CASINO', { folder });
  }
  return new RunningCasino(folder, nodes, say, nowMs);
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
  readonly gone: Promise<string>;
  readonly #folder: string;
  readonly #say: (line: string) => void;
  readonly #paused = new PausedProcesses();
  readonly #nowMs: () => number;
  /** Of the nodes that were started again, each time the last one, until it is killed. */
  readonly #children = new Map<string, ChildProcess>();
  readonly #pids = new Map<string, number>();
  readonly #looks: NodeJS.Timeout;
  /** Killed and not back yet, with their restart where that is under way. */
  readonly #killed = new Map<string, Promise<void> | null>();

  constructor(
    folder: string,
    nodes: readonly ChaosNode[],
    say: (line: string) => void,
    nowMs: () => number,
  ) {
    this.#folder = folder;
    this.nodes = nodes;
    this.#say = say;
    this.#nowMs = nowMs;
    const { promise, resolve: tell } = Promise.withResolvers<string>();
    this.gone = promise;
    this.#looks = setInterval(() => {
      if (!this.#runs) tell('the end of its casino');
    }, GONE_CHECK_MS);
    this.#looks.unref();
  }

  async inflict(event: FaultEvent, lastsMs: number): Promise<void> {
    switch (event.kind) {
      case 'kill':
        this.#killed.set(event.node, null);
        this.#children.delete(event.node);
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
    clearInterval(this.#looks);
    this.#paused.resumeAll();
    const killed = [...this.#killed];
    if (killed.length > 0 && !this.#runs) {
      const names = killed.map(([name]) => name).join(', ');
      this.#say(`the casino has ended, so that this stays down: ${names}`);
    } else {
      await Promise.all(killed.map(([name, restarting]) => this.#giveBack(name, restarting)));
    }
    this.#killed.clear();
  }

  async #giveBack(name: string, restarting: Promise<void> | null): Promise<void> {
    // One that fails is made once more.
    await restarting?.catch(() => undefined);
    // A start that was given up as too slow may have come to its end meanwhile.
    if (!this.#killed.has(name) || (await this.#answers(name))) return;
    // One that was given up still holds the node's state, so that no other can start.
    const waits = this.#startingOf(name) !== null;
    try {
      this.#say(waits ? `waiting for ${name}, which still starts` : `starting ${name} again`);
      await this.#bringBack(name);
    } catch (error) {
      const starting = this.#startingOf(name);
      if (starting !== null) {
        this.#say(`${name} still starts, as process ${starting.pid ?? 0}`);
        return;
      }
      if (waits) return this.#giveBack(name, null);
      const why = error instanceof Error ? error.message : String(error);
      this.#say(`${name} stays down: ${why}`);
      const folder = shellQuoted(this.#node(name).folder);
      this.#say(`      bring it back with: bitcraps node --state ${folder}`);
    }
  }

  get #runs(): boolean {
    return liveRunIn(this.#folder) !== null;
  }

  async #bringBack(name: string): Promise<void> {
    const restarting = this.#restart(name);
    this.#killed.set(name, restarting);
    try {
      await restarting;
    } catch (error) {
      if (this.#killed.get(name) === restarting) this.#killed.set(name, null);
      throw error;
    }
    if (this.#killed.get(name) === restarting) this.#killed.delete(name);
  }

  #answers(name: string): Promise<boolean> {
    return statusOf(this.#node(name).folder).then(
      () => true,
      () => false,
    );
  }

  /** Starts it, unless it still starts, and waits until it answers. */
  async #restart(name: string): Promise<void> {
    // A node that is started when the others have ended would stay alone.
    if (!this.#runs) throw new BitcrapsError('CLI_CHAOS_NO_CASINO', { folder: this.#folder });
    const { folder } = this.#node(name);
    const child = this.#startingOf(name) ?? this.#start(name, folder);
    const giveUpAtMs = this.#nowMs() + READY_WITHIN_MS;
    for (;;) {
      try {
        await statusOf(folder);
        return;
      } catch (error) {
        if (child.signalCode !== null) return;
        if (child.exitCode !== null || this.#nowMs() > giveUpAtMs) throw failure(name, error);
      }
      await new Promise((wake) => {
        setTimeout(wake, LOOK_EVERY_MS);
      });
    }
  }

  /** The process that was started last, while it runs. */
  #startingOf(name: string): ChildProcess | null {
    const child = this.#children.get(name);
    const runs = child !== undefined && child.exitCode === null && child.signalCode === null;
    return runs ? child : null;
  }

  /** It hangs on nobody's tether: like a node that a person started, it ends when it is told to. */
  #start(name: string, folder: string): ChildProcess {
    const log = openSync(join(folder, 'node.log'), 'a', 0o600);
    const child = spawn(process.execPath, [MAIN, 'node', '--state', folder], {
      detached: true,
      stdio: ['ignore', log, log],
      env: environmentWithoutSettings(),
    });
    closeSync(log);
    child.unref();
    this.#pids.set(name, child.pid ?? 0);
    this.#children.set(name, child);
    return child;
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
    if (Number.isSafeInteger(pid) && pid > 1) return pid;
    throw new BitcrapsError('CLI_PROCESS_FAILED', { name, detail: 'it does not say its process' });
  }
}

function failure(name: string, error: unknown): BitcrapsError {
  const detail = error instanceof Error ? error.message : String(error);
  return new BitcrapsError('CLI_PROCESS_FAILED', { name, detail });
}
