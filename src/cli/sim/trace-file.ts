// Where `--trace` goes: one JSON document per line, written as the run goes on. The simulation never yields to the event
// loop, so a stream would keep everything in memory until the end.

import { closeSync, openSync, writeSync } from 'node:fs';
import { BitcrapsError } from '../../core/errors.ts';

const BUFFER_CHARACTERS_MAX = 256 * 1024;

export interface TraceFile {
  write(document: unknown): void;
  close(): void;
}

/** Writes a new file, or over an old one. Throws `CLI_FILE_UNWRITABLE`. */
export function openTraceFile(path: string): TraceFile {
  const attempt = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw new BitcrapsError('CLI_FILE_UNWRITABLE', { path, detail });
    }
  };
  const file = attempt(() => openSync(path, 'w'));
  let buffer = '';
  const flush = (): void => {
    if (buffer !== '') attempt(() => writeSync(file, buffer));
    buffer = '';
  };
  return {
    write(document) {
      buffer += `${JSON.stringify(document)}\n`;
      if (buffer.length > BUFFER_CHARACTERS_MAX) flush();
    },
    close() {
      flush();
      closeSync(file);
    },
  };
}
