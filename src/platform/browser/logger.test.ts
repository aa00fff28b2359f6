import { expect, test } from 'vitest';
import type { LogFields } from '../../env/logger.ts';
import { createPageLogger, type LogLevel } from './logger.ts';

test('events from the level on reach the sink, with the fields of every parent', () => {
  const got: [LogLevel, string, LogFields][] = [];
  const logger = createPageLogger('info', (...line) => got.push(line));
  const child = logger.child({ peer: 'a' }).child({ link: 1 });
  logger.debug('unheard');
  logger.info('plain');
  child.warn('both', { detail: 'x' });
  child.error('nearest-wins', { link: 2n });
  expect(got).toEqual([
    ['info', 'plain', {}],
    ['warn', 'both', { peer: 'a', link: 1, detail: 'x' }],
    ['error', 'nearest-wins', { peer: 'a', link: 2n }],
  ]);
});
