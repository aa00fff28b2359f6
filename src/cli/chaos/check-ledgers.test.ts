import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkLedgers } from './check-ledgers.ts';

/** A real evening, kept since the first version of the casino. */
const WHOLE = join(import.meta.dirname, '../../../test/vectors/casino-1/transcript.bct');
const folder = mkdtempSync(join(tmpdir(), 'bc-ledgers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function spoilt(): string {
  const bytes = readFileSync(WHOLE);
  const at = bytes.length - 200;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  const path = join(folder, 'spoilt.bct');
  writeFileSync(path, bytes);
  return path;
}

const BET = {
  account: 'a',
  table: 1,
  roll: '1',
  kind: 'field',
  stake: '1',
  height: '1',
  operation: '00',
};

test('whole ledgers of one history hold', () => {
  const check = checkLedgers(WHOLE, [{ player: 'ann', path: WHOLE }], []);
  expect(check).toMatchObject({ supplyConserved: true, checked: 2, wrong: [] });
  expect(check.audit).toMatchObject({ lost: [], resolvedTwice: 0 });
});

test('what is spoilt or missing is named by whose it is, and shows nothing', () => {
  const players = [
    { player: 'ann', path: spoilt() },
    { player: 'bob', path: null },
  ];
  const { wrong, supplyConserved } = checkLedgers(WHOLE, players, []);
  expect(supplyConserved).toBe(true);
  expect(wrong).toHaveLength(2);
  expect(wrong[0]).toMatch(/^the ledger of ann: /);
  expect(wrong[1]).toBe('the ledger of bob: it gave none');
  expect(checkLedgers(spoilt(), [], [])).toMatchObject({ supplyConserved: false });
});

test('a casino without a ledger has lost every bet, and tells no history that players could share', () => {
  const check = checkLedgers(null, [{ player: 'ann', path: WHOLE }], [BET]);
  expect(check.audit.lost).toEqual([BET]);
  expect(check.supplyConserved).toBe(false);
  expect(check.wrong).toEqual([
    'the table gave no ledger',
    expect.stringMatching(/^the ledger of ann: its block \d+ is not the table’s/),
  ]);
});
