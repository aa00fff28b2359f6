// A keystore on disk: readable by its owner only, written once and for good, never over another file.

import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { fail, ok, type Result } from '../../core/errors.ts';
import { KEYSTORE_BYTES_MAX } from '../../crypto/keystore.ts';

const OWNER_ONLY = 0o600;
const OTHERS = 0o077;
/** Windows keeps no such modes and syncs no folders. */
const POSIX: boolean = process.platform !== 'win32';

export type KeystoreReadError =
  | 'CRYPTO_KEYSTORE_MISSING'
  | 'CRYPTO_KEYSTORE_MODE'
  | 'CRYPTO_KEYSTORE_NOT_A_KEYSTORE'
  | 'CRYPTO_KEYSTORE_IO';
export type KeystoreWriteError = 'CRYPTO_KEYSTORE_EXISTS' | 'CRYPTO_KEYSTORE_IO';

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function systemError(path: string, error: unknown): Result<never, 'CRYPTO_KEYSTORE_IO'> {
  const detail = error instanceof Error ? error.message : String(error);
  return fail('CRYPTO_KEYSTORE_IO', { path, detail });
}

function readOpen(path: string, file: number): Result<Uint8Array, KeystoreReadError> {
  const status = fstatSync(file);
  if (!status.isFile()) return fail('CRYPTO_KEYSTORE_NOT_A_KEYSTORE', {});
  if (POSIX && (status.mode & OTHERS) !== 0) {
    const mode = (status.mode & 0o777).toString(8).padStart(4, '0');
    return fail('CRYPTO_KEYSTORE_MODE', { path, mode });
  }
  // One byte more than a keystore can have tells a longer file without reading it.
  const buffer = new Uint8Array(KEYSTORE_BYTES_MAX + 1);
  let length = 0;
  for (;;) {
    const read = readSync(file, buffer, length, buffer.length - length, null);
    if (read === 0) break;
    length += read;
    if (length > KEYSTORE_BYTES_MAX) return fail('CRYPTO_KEYSTORE_NOT_A_KEYSTORE', {});
  }
  return ok(buffer.slice(0, length));
}

/**
 * The bytes at `path`, at most `KEYSTORE_BYTES_MAX`. What is checked is the open file, so nobody can exchange it in
 * between. Errors: `CRYPTO_KEYSTORE_MISSING`, `CRYPTO_KEYSTORE_MODE` if group or others have any right on it,
 * `CRYPTO_KEYSTORE_NOT_A_KEYSTORE` for anything but a regular file of that size, `CRYPTO_KEYSTORE_IO`.
 */
export function readKeystoreFile(path: string): Result<Uint8Array, KeystoreReadError> {
  let file: number;
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for somebody to write to it.
    file = openSync(path, constants.O_RDONLY | (POSIX ? constants.O_NONBLOCK : 0));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return fail('CRYPTO_KEYSTORE_MISSING', { path });
    return systemError(path, error);
  }
  try {
    return readOpen(path, file);
  } catch (error) {
    return systemError(path, error);
  } finally {
    closeSync(file);
  }
}

function syncFolder(path: string): void {
  if (!POSIX) return;
  const folder = openSync(dirname(path), constants.O_RDONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  if (POSIX) fchmodSync(file, OWNER_ONLY);
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
  fsyncSync(file);
}

/**
 * Writes a new keystore with mode 0600; on return file and folder entry are on disk. The file is created exclusively,
 * so neither an existing file nor the target of a link is ever touched; after a failure it is removed again, and what
 * a power cut leaves of it is told apart by its length when read. Errors: `CRYPTO_KEYSTORE_EXISTS`,
 * `CRYPTO_KEYSTORE_IO`.
 */
export function writeKeystoreFile(
  path: string,
  bytes: Uint8Array,
): Result<void, KeystoreWriteError> {
  let file: number;
  try {
    file = openSync(path, 'wx', OWNER_ONLY);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return fail('CRYPTO_KEYSTORE_EXISTS', { path });
    return systemError(path, error);
  }
  try {
    try {
      writeAll(file, bytes);
    } finally {
      closeSync(file);
    }
    syncFolder(path);
    return ok(undefined);
  } catch (error) {
    try {
      unlinkSync(path);
    } catch {
      // The first error says more than this one would.
    }
    return systemError(path, error);
  }
}
