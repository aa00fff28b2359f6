// Where a command gets a passphrase from: a file, the environment, or a person at the terminal who is not shown it.
// Never from an argument, which every process list shows.

import { readFileSync, statSync } from 'node:fs';
import { BitcrapsError } from '../../core/errors.ts';

const OTHERS = 0o077;
/** What a person may type, in characters. */
const TYPED_CHARACTERS_MAX = 1024;

/** The file's text without the white space around it. Throws `CLI_SECRET_MODE`, `CLI_FILE_UNREADABLE`. */
function readSecret(path: string): string {
  try {
    if (process.platform !== 'win32' && (statSync(path).mode & OTHERS) !== 0) {
      throw new BitcrapsError('CLI_SECRET_MODE', { path });
    }
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (error instanceof BitcrapsError) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    throw new BitcrapsError('CLI_FILE_UNREADABLE', { path, detail });
  }
}

/** One line typed at the terminal, not echoed; `null` if the person gave up with Ctrl-C or Ctrl-D. */
function typeHidden(question: string): Promise<string | null> {
  const { stdin, stderr } = process;
  // In this order: once the question is seen, nothing typed is echoed any more.
  stdin.setRawMode(true).setEncoding('utf8').resume();
  stderr.write(question);
  return new Promise((resolve) => {
    let typed = '';
    const end = (result: string | null): void => {
      stdin.off('data', take).setRawMode(false).pause();
      stderr.write('\n');
      resolve(result);
    };
    const take = (text: string): void => {
      for (const character of text) {
        if (character === '\r' || character === '\n') return end(typed);
        if (character === '\u0003' || character === '\u0004') return end(null);
        if (character === '\u007f' || character === '\b')
          typed = Array.from(typed).slice(0, -1).join('');
        else if (typed.length < TYPED_CHARACTERS_MAX) typed += character;
      }
    };
    stdin.on('data', take);
  });
}

async function ask(twice: boolean): Promise<string> {
  const typed = process.stdin.isTTY && process.stderr.isTTY ? await typeHidden('passphrase: ') : '';
  if (typed === null || typed === '')
    throw new BitcrapsError('CRYPTO_KEYSTORE_PASSPHRASE_MISSING', {});
  if (twice && (await typeHidden('passphrase again: ')) !== typed) {
    throw new BitcrapsError('CRYPTO_KEYSTORE_PASSPHRASE_TYPO', {});
  }
  return typed;
}

/**
 * The passphrase: of the file that is named, else `BITCRAPS_PASSPHRASE`, else typed, twice if `fresh`. Throws
 * `CRYPTO_KEYSTORE_PASSPHRASE_MISSING` if it would be empty, `CRYPTO_KEYSTORE_PASSPHRASE_TYPO`, `CLI_SECRET_MODE`,
 * `CLI_FILE_UNREADABLE`.
 */
export async function choosePassphrase(file: string | undefined, fresh: boolean): Promise<string> {
  const given = file === undefined ? process.env['BITCRAPS_PASSPHRASE'] : readSecret(file);
  if (given === undefined) return ask(fresh);
  if (given === '') throw new BitcrapsError('CRYPTO_KEYSTORE_PASSPHRASE_MISSING', {});
  return given;
}
