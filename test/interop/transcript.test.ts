// A transcript that an earlier build wrote still verifies, and says what it said then: the encoding, the rules, the
// dice and the state root of casino format 1 are frozen by it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { unwrap } from '../../src/core/errors.ts';
import { verifyTranscript } from '../../src/casino/verify-transcript.ts';
import { primitives } from '../../src/platform/node/primitives.ts';

const file = join(import.meta.dirname, '..', 'vectors', 'casino-1', 'transcript.bct');

test('the frozen transcript of casino format 1', () => {
  const report = unwrap(verifyTranscript(primitives, readFileSync(file)));
  expect(report.stateRoot).toBe('f11f8de0fbcff13a0404df1b1ed4028ff2dcdaf9494df959496a2e82dc11ced3');
  expect(report.rolls.map(({ dice }) => dice)).toEqual([
    [6, 3],
    [2, 1],
    [2, 6],
    [3, 1],
    [1, 6],
  ]);
  expect(report.betsResolved).toBe(3);
  expect(report.supply.sum).toBe(21_000_000_000_000n);
  expect(report.endProved).toBe(true);
});
