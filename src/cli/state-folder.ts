// Where things live on this machine: a node's state folder, its control socket, the folders of `bitcraps up`.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BitcrapsError } from '../core/errors.ts';
import { nearest } from './config/nearest.ts';

/** Unix socket paths are limited to 107 bytes and a zero on Linux, less elsewhere. */
const SOCKET_PATH_BYTES_MAX = 100;

/** `BITCRAPS_STATE`, else the platform's state folder (XDG Base Directory Specification on Unix). */
export function stateRoot(): string {
  const chosen = process.env['BITCRAPS_STATE'];
  if (chosen !== undefined && chosen !== '') return resolve(chosen);
  if (process.platform === 'win32') {
    return join(process.env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'bitcraps');
  }
  if (process.platform === 'darwin') {
    return join(homedir(), 'Library', 'Application Support', 'bitcraps');
  }
  return join(process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'bitcraps');
}

/** Makes a folder that only this user can read. Error: `CLI_FILE_UNWRITABLE`. */
export function makePrivateFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new BitcrapsError('CLI_FILE_UNWRITABLE', { path, detail });
  }
}

/** The control socket of the node in `folder`; a folder with a long path gets one in the temporary folder. */
export function controlSocketPath(folder: string): string {
  const inside = join(resolve(folder), 'control.sock');
  if (Buffer.byteLength(inside) <= SOCKET_PATH_BYTES_MAX) return inside;
  const name = createHash('sha256').update(inside).digest('hex').slice(0, 16);
  const user = typeof process.getuid === 'function' ? process.getuid() : 'user';
  return join(tmpdir(), `bitcraps-${user}-${name}.sock`);
}

/** One casino started by `bitcraps up`, as it wrote itself down. */
export interface UpRun {
  readonly folder: string;
  readonly pid: number;
  readonly nodes: readonly string[];
}

export function upFolder(): string {
  return join(stateRoot(), 'up');
}

/** The casinos of `bitcraps up` that still run. */
export function liveRuns(): readonly UpRun[] {
  if (!existsSync(upFolder())) return [];
  return readdirSync(upFolder()).flatMap((id) => liveRunIn(join(upFolder(), id)) ?? []);
}

/** The casino of `bitcraps up` that still runs in `folder`. */
export function liveRunIn(folder: string): UpRun | null {
  const run = readRun(folder);
  return run !== null && isAlive(run.pid) ? run : null;
}

function readRun(folder: string): UpRun | null {
  try {
    const content: unknown = JSON.parse(readFileSync(join(folder, 'up.json'), 'utf8'));
    if (typeof content !== 'object' || content === null) return null;
    if (!('pid' in content) || typeof content.pid !== 'number') return null;
    if (!('nodes' in content) || !Array.isArray(content.nodes)) return null;
    return { folder, pid: content.pid, nodes: content.nodes.map(String) };
  } catch {
    return null;
  }
}

/** Whether a process of this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** How a command names the node it talks to. */
export interface NodeChoice {
  readonly state?: string;
  readonly node?: string;
}

/**
 * The state folder of the chosen node: `--state`, else the node called `--node` of the one `up` that runs,
 * else `BITCRAPS_STATE` or the platform's folder. Errors: `CLI_NODE_UNKNOWN`, `CLI_NODE_AMBIGUOUS`.
 */
export function chosenStateFolder(choice: NodeChoice): string {
  if (choice.node === undefined)
    return choice.state === undefined ? join(stateRoot(), 'node') : resolve(choice.state);
  const runs =
    choice.state === undefined
      ? liveRuns()
      : [readRun(resolve(choice.state))].filter((run) => run !== null);
  const name = choice.node;
  const having = runs.filter((run) => run.nodes.includes(name));
  const [run, another] = having;
  if (run === undefined) {
    const names = runs.flatMap(({ nodes }) => nodes);
    const close = nearest(name, names);
    const hint =
      names.length === 0
        ? '; no `bitcraps up` runs'
        : `; there are ${names.join(', ')}${close === null ? '' : ` (did you mean ${close}?)`}`;
    throw new BitcrapsError('CLI_NODE_UNKNOWN', { name, hint });
  }
  if (another !== undefined) {
    const choices = having.map(({ folder }) => join(folder, name)).join(', ');
    throw new BitcrapsError('CLI_NODE_AMBIGUOUS', { name, choices });
  }
  return join(run.folder, name);
}
