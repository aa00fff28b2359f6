import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolders } from '../../../test/suites/temporary-folders.ts';
import { createLogger, type LoggerOptions } from './logger.ts';

const freshFolder = temporaryFolders();

async function logged(options: Omit<LoggerOptions, 'file'>): Promise<string> {
  const file = join(freshFolder(), 'node.log');
  const logger = createLogger({ ...options, file });
  logger.debug('too-small');
  logger.info('link-up', { peer: 'abc', units: 12_345_678_901_234_567_890n, none: null });
  logger.child({ node: 'n1' }).warn('link-slow', { ms: 1.5 });
  await logger.flush();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  return readFileSync(file, 'utf8');
}

test('writes a JSON line for each event from the level on', async () => {
  const lines = (await logged({ level: 'info' })).trim().split('\n');
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
    {
      level: 'info',
      time: expect.any(String),
      event: 'link-up',
      peer: 'abc',
      units: '12345678901234567890',
      none: null,
    },
    { level: 'warn', time: expect.any(String), event: 'link-slow', node: 'n1', ms: 1.5 },
  ]);
});

test('writes short lines for a person', async () => {
  const text = stripVTControlCharacters(await logged({ level: 'warn', pretty: true }));
  expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} warn {2}link-slow node=n1 ms=1.5\n$/);
});

test('silent writes nothing', async () => {
  expect(await logged({ level: 'silent' })).toBe('');
});
