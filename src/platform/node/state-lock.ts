// One process for one state folder: two nodes with one identity would sign against each other. The lock is SQLite's
// lock on a file, which the kernel releases when the process dies, however it dies.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BitcrapsError } from '../../core/errors.ts';

export interface StateLock {
  /** Idempotent. */
  release(): void;
}

const LOCK_FILE = 'lock.db';
/** Who holds the lock, for people; the lock itself is never in this file. */
const HOLDER_FILE = 'lock.pid';
const FOLDER_MODE = 0o700;
const SQLITE_BUSY = 5;

/**
 * Makes `folder` (mode 0700) where it is missing and locks it until `release` or the end of the process.
 * Throws `PLATFORM_STATE_LOCKED` or `PLATFORM_STATE_UNUSABLE`.
 */
export function lockState(folder: string): StateLock {
  let database: DatabaseSync | null = null;
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    database = new DatabaseSync(join(folder, LOCK_FILE), { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
    writeFileSync(join(folder, HOLDER_FILE), String(process.pid));
  } catch (error) {
    database?.close();
    throw lockError(folder, error);
  }
  const held = database;
  return {
    release() {
      if (held.isOpen) held.close();
    },
  };
}

function lockError(folder: string, error: unknown): BitcrapsError {
  const isBusy = error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
  const cause = { cause: error };
  if (isBusy) {
    return new BitcrapsError('PLATFORM_STATE_LOCKED', { folder, pid: holder(folder) }, cause);
  }
  const detail = error instanceof Error ? error.message : String(error);
  return new BitcrapsError('PLATFORM_STATE_UNUSABLE', { folder, detail }, cause);
}

function holder(folder: string): string {
  try {
    return readFileSync(join(folder, HOLDER_FILE), 'utf8').trim() || 'unknown';
  } catch {
    return 'unknown';
  }
}
