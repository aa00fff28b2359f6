// The folder of one `bitcraps up`: its nodes' state, and a note by which other commands find the nodes.

import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BitcrapsError } from '../../core/errors.ts';
import { lockState } from '../../platform/node/state-lock.ts';
import { makePrivateFolder, stateRoot, upFolder } from '../state-folder.ts';

/** A run that was killed leaves its folder; after a day nobody looks at it any more. */
const DEAD_RUN_KEPT_MS = 24 * 60 * 60 * 1000;

export interface RunFolder {
  /** `20261122-214501-1234`: when it started and by which process. */
  readonly id: string;
  readonly path: string;
  /** Where the transcript goes; never overwritten. */
  readonly transcript: string;
  /** Writes down who runs here, for `--node NAME`. */
  note(nodes: readonly string[]): void;
  /**
   * Removes the nodes' state, unless the folder was chosen by `--state` or `keep` asks for it (there is no transcript,
   * so that the ledger is all there is); the transcript stays.
   */
  end(keep: boolean): void;
}

/** `chosen` is the folder of `--state`, kept from run to run. Error: `CLI_FILE_UNWRITABLE`. */
export function makeRunFolder(chosen: string | undefined, startedAt: Date): RunFolder {
  const id = idOf(startedAt);
  removeDeadRuns(startedAt);
  const path = chosen === undefined ? join(upFolder(), id) : resolve(chosen);
  makePrivateFolder(path);
  const transcripts =
    chosen === undefined ? join(stateRoot(), 'transcripts') : join(path, 'transcripts');
  makePrivateFolder(transcripts);
  const note = join(path, 'up.json');
  return {
    id,
    path,
    transcript: join(transcripts, `${id}.bct`),
    note(nodes) {
      try {
        writeFileSync(note, JSON.stringify({ pid: process.pid, nodes }), { mode: 0o600 });
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        throw new BitcrapsError('CLI_FILE_UNWRITABLE', { path: note, detail });
      }
    },
    end(keep) {
      if (chosen === undefined && !keep) rmSync(path, { recursive: true, force: true });
      else rmSync(note, { force: true });
    },
  };
}

/** Of runs of chaos in a casino that runs already. One at a time: whoever breaks it locks this folder. */
export function chaosFolder(casino: string): string {
  return join(resolve(casino), 'chaos');
}

/** For a run in a casino that `bitcraps up --state` runs: all it writes is in that folder. Error: `CLI_FILE_UNWRITABLE`. */
export function makeFolderWithin(casino: string, startedAt: Date): RunFolder {
  const id = idOf(startedAt);
  const path = join(chaosFolder(casino), id);
  const transcripts = join(resolve(casino), 'transcripts');
  for (const folder of [path, transcripts]) makePrivateFolder(folder);
  return {
    id,
    path,
    transcript: join(transcripts, `${id}.bct`),
    note() {
      // The casino has noted its nodes itself.
    },
    end(keep) {
      if (!keep) rmSync(path, { recursive: true, force: true });
    },
  };
}

function idOf(startedAt: Date): string {
  const stamp = startedAt.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${process.pid}`;
}

function removeDeadRuns(now: Date): void {
  if (!existsSync(upFolder())) return;
  for (const id of readdirSync(upFolder())) {
    const path = join(upFolder(), id);
    if (now.getTime() - statSync(path).mtimeMs < DEAD_RUN_KEPT_MS) continue;
    const folders = [path, ...readdirSync(path).map((name) => join(path, name))];
    if (folders.every(isUnlocked)) rmSync(path, { recursive: true, force: true });
  }
}

/** Whether no living process holds the folder's lock. */
function isUnlocked(folder: string): boolean {
  if (!existsSync(join(folder, 'lock.db'))) return true;
  try {
    lockState(folder).release();
    return true;
  } catch {
    return false;
  }
}
