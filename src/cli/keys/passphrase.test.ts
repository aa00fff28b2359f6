import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { choosePassphrase } from './passphrase.ts';

let folder = '';
let shown = '';
let raw: boolean[] = [];

/** A terminal on which each text of `typed` arrives after a question. */
function terminal(...typed: readonly string[]): void {
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode(on: boolean) {
      raw.push(on);
      return stdin;
    },
  });
  const answers = [...typed];
  Object.defineProperty(process, 'stdin', { value: stdin, configurable: true });
  Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    shown += String(text);
    if (!String(text).endsWith(': ')) return true;
    expect(raw.at(-1), 'echo is off before the question is asked').toBe(true);
    stdin.write(answers.shift() ?? '\r');
    return true;
  });
}

const code = (code: string): unknown => expect.objectContaining({ code });
const before = { stdin: process.stdin, isTTY: process.stderr.isTTY };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'passphrase-'));
  [shown, raw] = ['', []];
  vi.stubEnv('BITCRAPS_PASSPHRASE', undefined);
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  Object.defineProperty(process, 'stdin', { value: before.stdin, configurable: true });
  Object.defineProperty(process.stderr, 'isTTY', { value: before.isTTY, configurable: true });
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('choosePassphrase', () => {
  test('a file comes before the environment, and must be its owner’s alone', async () => {
    const file = join(folder, 'pass');
    writeFileSync(file, 'from file\n', { mode: 0o600 });
    vi.stubEnv('BITCRAPS_PASSPHRASE', 'from environment');
    expect(await choosePassphrase(file, true)).toBe('from file');
    expect(await choosePassphrase(undefined, true)).toBe('from environment');
    chmodSync(file, 0o640);
    await expect(choosePassphrase(file, true)).rejects.toEqual(code('CLI_SECRET_MODE'));
    await expect(choosePassphrase(join(folder, 'none'), true)).rejects.toEqual(
      code('CLI_FILE_UNREADABLE'),
    );
  });

  test('an empty passphrase is none', async () => {
    vi.stubEnv('BITCRAPS_PASSPHRASE', '');
    await expect(choosePassphrase(undefined, true)).rejects.toEqual(
      code('CRYPTO_KEYSTORE_PASSPHRASE_MISSING'),
    );
  });

  test('typed at the terminal, it is not shown, and the terminal is as before', async () => {
    terminal('se\u007fecret\r');
    expect(await choosePassphrase(undefined, false)).toBe('secret');
    expect(shown).toBe('passphrase: \n');
    expect(raw).toEqual([true, false]);
  });

  test('a new one is typed twice', async () => {
    terminal('secret\r', 'secret\r');
    expect(await choosePassphrase(undefined, true)).toBe('secret');
    terminal('secret\r', 'sacred\r');
    await expect(choosePassphrase(undefined, true)).rejects.toEqual(
      code('CRYPTO_KEYSTORE_PASSPHRASE_TYPO'),
    );
  });

  test('Ctrl-C and an empty line give up', async () => {
    for (const typed of ['sec\u0003', '\u0004', '\r']) {
      terminal(typed);
      await expect(choosePassphrase(undefined, false)).rejects.toEqual(
        code('CRYPTO_KEYSTORE_PASSPHRASE_MISSING'),
      );
      expect(raw.at(-1)).toBe(false);
    }
  });

  test('without a terminal nothing is asked', async () => {
    terminal('secret\r');
    Object.defineProperty(process.stderr, 'isTTY', { value: false, configurable: true });
    await expect(choosePassphrase(undefined, false)).rejects.toEqual(
      code('CRYPTO_KEYSTORE_PASSPHRASE_MISSING'),
    );
    expect(shown).toBe('');
  });
});
