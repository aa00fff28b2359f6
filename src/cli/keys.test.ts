import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { unwrap } from '../core/errors.ts';
import { peerIdText } from '../core/peer-id.ts';
import { openKeystore } from '../crypto/keystore.ts';
import { identityFromSeed } from '../crypto/signing.ts';
import { primitives } from '../platform/node/primitives.ts';
import { runInProcess, type CommandRun } from '../../test/suites/run-command.ts';
import { keysCommand } from './keys.ts';

let folder = '';
let file = '';

const run = (...words: readonly string[]): Promise<CommandRun> =>
  runInProcess(keysCommand(), ...words);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keys-'));
  file = join(folder, 'alice.key');
  vi.stubEnv('BITCRAPS_PASSPHRASE', 'correct horse');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('bitcraps keys', () => {
  test('new makes a keystore that opens, show and verify read it without the passphrase', async () => {
    const made = await run('new', '--file', file, '--network', 'home', '--bits', '1', '--json');
    expect(made.code).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const content = unwrap(openKeystore(primitives, readFileSync(file), 'correct horse'));
    const { publicKey } = identityFromSeed(primitives, content.seed);
    expect(JSON.parse(made.out)).toMatchObject({
      file,
      peerId: peerIdText(publicKey),
      networkId: 'home',
      proofBits: 1,
    });
    expect(`${made.out}${made.err}`).not.toContain('correct horse');

    vi.stubEnv('BITCRAPS_PASSPHRASE', undefined);
    const shown = await run('show', '--file', file, '--json');
    expect(shown).toEqual({ out: made.out, err: '', code: 0 });
    const text = await run('show', '--file', file);
    expect(text.out).toContain(peerIdText(publicKey));
    const verified = await run('verify', '--file', file, '--bits', '1', '--json');
    expect(JSON.parse(verified.out)).toEqual({
      valid: true,
      peerId: peerIdText(publicKey),
      networkId: 'home',
      bits: 1,
    });
    expect(verified.code).toBe(0);
  });

  test('verify says no with exit code 1', async () => {
    await run('new', '--file', file, '--bits', '0');
    for (const args of [
      ['--bits', '24'],
      ['--bits', '9', '--network', 'elsewhere'],
    ]) {
      const { out, err, code } = await run('verify', '--file', file, ...args);
      expect(out).toMatch(/^no: the proof is not worth \d+ bits for [a-z2-7]{52} on network /);
      expect({ err, code }).toEqual({ err: '', code: 1 });
    }
  });

  test('show --open tells the right passphrase from a wrong one', async () => {
    await run('new', '--file', file, '--bits', '0');
    expect((await run('show', '--file', file, '--open')).code).toBe(0);
    vi.stubEnv('BITCRAPS_PASSPHRASE', 'wrong');
    const before = readFileSync(file);
    const { out, err, code } = await run('show', '--file', file, '--open');
    expect({ out, code }).toEqual({ out: '', code: 2 });
    expect(err).toContain('error CRYPTO_KEYSTORE_PASSPHRASE: ');
    expect(readFileSync(file)).toEqual(before);
  });

  test('each thing that can be wrong has its code, on stderr, with exit code 2 and no file touched', async () => {
    await run('new', '--file', file, '--bits', '0');
    const sealed = readFileSync(file);
    const cases: readonly (readonly [string, readonly string[], () => void])[] = [
      ['CRYPTO_KEYSTORE_EXISTS', ['new', '--file', file], () => undefined],
      ['CLI_USAGE', ['verify', '--file', file, '--bits', 'six'], () => undefined],
      ['CRYPTO_PROOF_BITS', ['verify', '--file', file, '--bits', '25'], () => undefined],
      ['CRYPTO_KEYSTORE_MISSING', ['show', '--file', `${file}x`], () => undefined],
      ['CRYPTO_KEYSTORE_MODE', ['show', '--file', file], () => chmodSync(file, 0o644)],
      [
        'CRYPTO_KEYSTORE_TRUNCATED',
        ['show', '--file', file],
        () => writeFileSync(file, sealed.subarray(0, 60)),
      ],
      [
        'CRYPTO_KEYSTORE_VERSION',
        ['show', '--file', file],
        () => writeFileSync(file, sealed.with(8, 7)),
      ],
      ['CRYPTO_KEYSTORE_NOT_A_KEYSTORE', ['show', '--file', file], () => writeFileSync(file, 'no')],
    ];
    for (const [expected, args, damage] of cases) {
      chmodSync(file, 0o600);
      writeFileSync(file, sealed);
      damage();
      const before = readFileSync(file);
      const { out, err, code } = await run(...args);
      expect({ out, code }, expected).toEqual({ out: '', code: 2 });
      expect(err).toMatch(new RegExp(`error ${expected}: .+\\n {2}.+`));
      expect(readFileSync(file)).toEqual(before);
    }
  });

  test('with --json an error is a document too', async () => {
    const { out, code } = await run('show', '--file', file, '--json');
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'CRYPTO_KEYSTORE_MISSING' } });
    expect(code).toBe(2);
  });

  test('a network id cannot write to the terminal what it likes', async () => {
    await run('new', '--file', file, '--bits', '0', '--network', 'a\u001b[2Jb');
    for (const command of ['show', 'verify']) {
      const { out } = await run(
        command,
        '--file',
        file,
        ...(command === 'verify' ? ['--bits', '0'] : []),
      );
      expect(out).toContain('a\ufffd[2Jb');
    }
  });

  test('new without a passphrase writes nothing', async () => {
    vi.stubEnv('BITCRAPS_PASSPHRASE', '');
    const { err, code } = await run('new', '--file', file, '--bits', '0');
    expect(err).toContain('CRYPTO_KEYSTORE_PASSPHRASE_MISSING');
    expect(code).toBe(2);
    expect(existsSync(file)).toBe(false);
  });
});
