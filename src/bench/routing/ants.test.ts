import { expect, test } from 'vitest';
import { benchAnts } from './ants.ts';

test('ants are as good as they have to be', () => {
  const rows = benchAnts(1);
  expect(rows.map(({ name, met }) => [name, met])).toEqual([
    ['ants-cost', true],
    ['ants-cost-first', null],
    ['ants-leave-slow', true],
    ['ants-leave-lossy', true],
    ['ants-leave-full', true],
    ['ants-memory', null],
    ['ants-memory-growth', true],
  ]);
});
