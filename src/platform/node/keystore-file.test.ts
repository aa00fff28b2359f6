import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unwrap, type Result } from '../../core/errors.ts';
import { KEYSTORE_BYTES_MAX } from '../../crypto/keystore.ts';
import { readKeystoreFile, writeKeystoreFile } from './keystore-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keystore-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function codeOf(result: Result<unknown>): string {
  return result.ok ? 'ok' : result.error.code;
}

describe('keystore file', () => {
  test('what was written is read, byte for byte, with mode 0600', () => {
    let count = 0;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: KEYSTORE_BYTES_MAX }), (bytes) => {
        count += 1;
        const path = join(folder, `${count}.key`);
        unwrap(writeKeystoreFile(path, bytes));
        expect(unwrap(readKeystoreFile(path))).toEqual(bytes);
        expect(statSync(path).mode & 0o777).toBe(0o600);
      }),
      { numRuns: 20 },
    );
  });

  test('the mode is 0600 under any umask', () => {
    const before = process.umask(0);
    try {
      for (const mask of [0, 0o777]) {
        process.umask(mask);
        const path = join(folder, `${mask}.key`);
        unwrap(writeKeystoreFile(path, Uint8Array.of(1)));
        expect(statSync(path).mode & 0o777).toBe(0o600);
      }
    } finally {
      process.umask(before);
    }
  });

  test('an existing file stays as it is', () => {
    const path = join(folder, 'identity.key');
    writeFileSync(path, 'precious');
    expect(codeOf(writeKeystoreFile(path, Uint8Array.of(1)))).toBe('CRYPTO_KEYSTORE_EXISTS');
    expect(readFileSync(path, 'utf8')).toBe('precious');
    const link = join(folder, 'link.key');
    symlinkSync(join(folder, 'nowhere'), link);
    expect(codeOf(writeKeystoreFile(link, Uint8Array.of(1)))).toBe('CRYPTO_KEYSTORE_EXISTS');
    expect(readdirSync(folder).toSorted()).toEqual(['identity.key', 'link.key']);
  });

  test('every right of group or others is refused, and the file left alone', () => {
    const path = join(folder, 'identity.key');
    unwrap(writeKeystoreFile(path, Uint8Array.of(1, 2)));
    for (const right of [0o040, 0o020, 0o010, 0o004, 0o002, 0o001]) {
      chmodSync(path, 0o600 | right);
      const result = readKeystoreFile(path);
      expect(codeOf(result)).toBe('CRYPTO_KEYSTORE_MODE');
      expect(result.ok ? '' : result.error.message).toContain(`0${(0o600 | right).toString(8)}`);
      expect(statSync(path).mode & 0o777).toBe(0o600 | right);
    }
    chmodSync(path, 0o400);
    expect(unwrap(readKeystoreFile(path))).toEqual(Uint8Array.of(1, 2));
  });

  test('what is not a keystore is told apart', () => {
    expect(codeOf(readKeystoreFile(join(folder, 'none')))).toBe('CRYPTO_KEYSTORE_MISSING');
    expect(codeOf(readKeystoreFile(folder))).toBe('CRYPTO_KEYSTORE_NOT_A_KEYSTORE');
    const long = join(folder, 'long');
    writeFileSync(long, new Uint8Array(KEYSTORE_BYTES_MAX + 1), { mode: 0o600 });
    expect(codeOf(readKeystoreFile(long))).toBe('CRYPTO_KEYSTORE_NOT_A_KEYSTORE');
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    expect(codeOf(readKeystoreFile(pipe))).toBe('CRYPTO_KEYSTORE_NOT_A_KEYSTORE');
    const loop = join(folder, 'loop');
    symlinkSync(loop, loop);
    expect(codeOf(readKeystoreFile(loop))).toBe('CRYPTO_KEYSTORE_IO');
  });

  test('a missing folder is an error, not an exception', () => {
    mkdirSync(join(folder, 'sub'));
    const path = join(folder, 'sub', 'no', 'identity.key');
    expect(codeOf(writeKeystoreFile(path, Uint8Array.of(1)))).toBe('CRYPTO_KEYSTORE_IO');
  });
});
