// The folder of one `bitcraps up`: its nodes' state, and a note by which other commands find the nodes.

import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BitcrapsError } from '../../core/errors.ts';
import { makePrivateFolder, stateRoot, upFolder } from '../state-folder.ts';

export interface RunFolder {
  /** `20261122-214501-1234`: when it started and by which process. */
  readonly id: string;
  readonly path: string;
  /** Where the transcript goes; never overwritten. */
  readonly transcript: string;
  /** Writes down who runs here, for `--node NAME`. */
  note(nodes: readonly string[]): void;
  /** Removes the nodes' state, unless the folder was chosen by `--state`; the transcript stays. */
  end(): void;
}

/** `chosen` is the folder of `--state`, kept from run to run. Error: `CLI_FILE_UNWRITABLE`. */
export function makeRunFolder(chosen: string | undefined, startedAt: Date): RunFolder {
  const stamp = startedAt.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const id = `${stamp}-${process.pid}`;
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
    end() {
      if (chosen === undefined) rmSync(path, { recursive: true, force: true });
      else rmSync(note, { force: true });
    },
  };
}
