// Starts one operating-system process for each planned node, tells each whom to dial, and ends them all.
// Children run in process groups of their own, so that Ctrl-C reaches only the supervisor, which then stops them in order.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BitcrapsError } from '../../core/errors.ts';
import { configDocument } from '../config/document.ts';
import type { Settings } from '../config/settings.ts';
import { makePrivateFolder } from '../state-folder.ts';
import {
  isReady,
  type GoMessage,
  type ReadyMessage,
  type SkewMessage,
  type StopMessage,
} from './messages.ts';
import type { PlannedNode } from './plan.ts';

/** A node that is not ready by then counts as failed. Generous: ten processes share what cores there are. */
const READY_WITHIN_MS = 30_000;
/** Between asking nodes to stop and killing what is left; the whole must end within 3 s. */
const STOP_WITHIN_MS = 1_500;
/** Lines of a failed node's log that the error shows. */
const LOG_LINES_SHOWN = 5;

/** This very command: sources, build or bundle. */
const MAIN = process.argv[1] ?? '';

export interface RunningNode {
  readonly planned: PlannedNode;
  readonly folder: string;
  readonly pid: number;
  readonly ready: ReadyMessage;
}

export interface Supervisor {
  /** As they were started last. */
  readonly nodes: readonly RunningNode[];
  /** Starts a node again whose process has ended; resolves once it listens. Error: `CLI_PROCESS_FAILED`. */
  restart(name: string): Promise<RunningNode>;
  /** Of the process that was started last for a node, listening or not. */
  pidOf(name: string): number;
  /** Makes the wall clock of a running node wrong by so much. */
  skew(name: string, byMs: number): void;
  /** Asks every process to end, kills what does not; resolves when none is left. */
  stop(): Promise<void>;
}

/** How a child ended, for the narrator. */
export interface ChildEnd {
  readonly node: RunningNode;
  readonly how: string;
}

interface Child {
  readonly planned: PlannedNode;
  readonly folder: string;
  readonly process: ChildProcess;
  readonly ended: Promise<string>;
}

/** `mesh`: as a neighbour; `bridge`: as a gateway of another mesh. */
export type AddressOf = (from: PlannedNode, to: RunningNode, purpose: 'mesh' | 'bridge') => string;

export interface SupervisorOptions {
  readonly plan: readonly PlannedNode[];
  readonly folder: string;
  /** Settings of one node; `join`, `gatewayJoin` and `casino` are filled in once all listen. */
  readonly settingsOf: (planned: PlannedNode) => Partial<Settings>;
  readonly onEnd: (end: ChildEnd) => void;
  /** Where `from` reaches another node, if not where that listens. */
  readonly addressOf?: AddressOf;
  /** Settles when the start is to be given up. */
  readonly givenUp: Promise<unknown>;
}

/**
 * Starts all, waits until all listen, then lets them dial; `null` if the start was given up. Error:
 * `CLI_PROCESS_FAILED`. In both cases nothing is left running.
 */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor | null> {
  const supervisor = new ProcessSupervisor(options);
  try {
    const started = await Promise.race([supervisor.start(), options.givenUp.then(() => null)]);
    if (started !== null) return supervisor;
    await supervisor.stop();
    return null;
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
}

class ProcessSupervisor implements Supervisor {
  nodes: readonly RunningNode[] = [];
  readonly #options: SupervisorOptions;
  readonly #children: Child[];
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#children = options.plan.map((planned) => startChild(planned, options));
  }

  async start(): Promise<true> {
    this.nodes = await Promise.all(this.#children.map(whenReady));
    for (const [at, child] of this.#children.entries()) {
      const node = this.nodes[at];
      if (node !== undefined) this.#go(child, node);
    }
    return true;
  }

  async restart(name: string): Promise<RunningNode> {
    const before = this.#child(name);
    const at = this.#children.indexOf(before);
    await before.ended;
    const child = startChild(before.planned, this.#options);
    this.#children[at] = child;
    // Who stops everything meanwhile has not seen this one.
    if (this.#stopping) child.process.kill('SIGKILL');
    const node = await whenReady(child);
    this.nodes = this.nodes.with(at, node);
    this.#go(child, node);
    return node;
  }

  pidOf(name: string): number {
    return this.#child(name).process.pid ?? 0;
  }

  skew(name: string, byMs: number): void {
    const message: SkewMessage = { kind: 'skew', byMs };
    const { process: child } = this.#child(name);
    if (child.connected) child.send(message, () => undefined);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await stopAll(this.#children);
  }

  #child(name: string): Child {
    const child = this.#children.find(({ planned }) => planned.name === name);
    if (child === undefined) throw new Error(`the plan has no ${name}`);
    return child;
  }

  #go(child: Child, node: RunningNode): void {
    const { settingsOf, addressOf, onEnd } = this.#options;
    const go = goMessage(child.planned, this.nodes, addressOf ?? whereItListens);
    const { join: joins, gatewayJoin, casino } = go;
    writeConfig(child.folder, { ...settingsOf(child.planned), join: joins, gatewayJoin, casino });
    // A child that has just died is told of by its end.
    child.process.send(go, () => undefined);
    void child.ended.then((how) => {
      if (!this.#stopping) onEnd({ node, how });
    });
  }
}

function writeConfig(folder: string, settings: Partial<Settings>): void {
  writeFileSync(join(folder, 'config.toml'), configDocument(settings), { mode: 0o600 });
}

function startChild(planned: PlannedNode, options: SupervisorOptions): Child {
  const folder = join(options.folder, planned.name);
  makePrivateFolder(folder);
  writeConfig(folder, options.settingsOf(planned));
  const log = openSync(join(folder, 'node.log'), 'a', 0o600);
  const child = spawn(process.execPath, [MAIN, 'node', '--state', folder], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: environmentWithoutSettings(),
  });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code ?? '?'}`));
  });
  return { planned, folder, process: child, ended };
}

/** The caller's own BITCRAPS_… settings are meant for one node, not for each of a casino's. */
export function environmentWithoutSettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('BITCRAPS_')),
  );
}

async function whenReady(child: Child): Promise<RunningNode> {
  const { planned, folder } = child;
  const failure = (detail: string): BitcrapsError =>
    new BitcrapsError('CLI_PROCESS_FAILED', {
      name: planned.name,
      detail: `${detail}${lastLines(folder)}`,
    });
  const { promise, resolve, reject } = Promise.withResolvers<ReadyMessage>();
  const timer = setTimeout(
    () => reject(failure(`not ready after ${READY_WITHIN_MS / 1000} s`)),
    READY_WITHIN_MS,
  );
  child.process.on('message', (message) => {
    if (isReady(message)) resolve(message);
  });
  void child.ended.then((how) => reject(failure(how)));
  try {
    const ready = await promise;
    return { planned, folder, pid: child.process.pid ?? 0, ready };
  } finally {
    clearTimeout(timer);
  }
}

function lastLines(folder: string): string {
  const file = join(folder, 'node.log');
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(-LOG_LINES_SHOWN);
  return `; ${file} ends with:\n${lines.join('\n')}`;
}

function whereItListens(
  _: PlannedNode,
  { ready }: RunningNode,
  purpose: 'mesh' | 'bridge',
): string {
  return purpose === 'mesh' ? ready.listen : (ready.gatewayListen ?? '');
}

function goMessage(
  planned: PlannedNode,
  nodes: readonly RunningNode[],
  addressOf: AddressOf,
): GoMessage {
  const find = (name: string): RunningNode => {
    const node = nodes.find((candidate) => candidate.planned.name === name);
    if (node === undefined) throw new Error(`the plan names ${name}, which is not in it`);
    return node;
  };
  const target = (name: string, purpose: 'mesh' | 'bridge'): string =>
    `${find(name).ready.peerId}@${addressOf(planned, find(name), purpose)}`;
  const casino = nodes.find((node) => node.planned.role === 'validator')?.ready.peerId ?? '';
  return {
    kind: 'go',
    join: planned.joins.map((name) => target(name, 'mesh')),
    gatewayJoin: planned.bridges.map((name) => target(name, 'bridge')),
    casino: planned.role === 'player' ? casino : '',
  };
}

async function stopAll(children: readonly Child[]): Promise<void> {
  const stop: StopMessage = { kind: 'stop' };
  for (const child of children)
    if (child.process.connected) child.process.send(stop, () => undefined);
  const all = Promise.all(children.map((child) => child.ended));
  const { promise: late, resolve } = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => resolve('late'), STOP_WITHIN_MS);
  if ((await Promise.race([all, late])) === 'late') {
    for (const child of children)
      if (child.process.exitCode === null) child.process.kill('SIGKILL');
    await all;
  }
  clearTimeout(timer);
}
