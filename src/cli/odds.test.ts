import { describe, expect, test } from 'vitest';
import { BETS } from '../craps/bets.ts';
import { runInProcess, type CommandRun } from '../../test/suites/run-command.ts';
import { oddsCommand, oddsRows } from './odds.ts';

const run = (...words: readonly string[]): Promise<CommandRun> =>
  runInProcess(oddsCommand(), ...words);

describe('bitcraps odds', () => {
  test('has a row for every bet', () => {
    expect(oddsRows().map(({ bet }) => bet)).toEqual([...BETS.keys()]);
  });

  test('the document is an array of every bet with its exact edge', async () => {
    const { out, err, code } = await run('--json');
    const rows: unknown = JSON.parse(out);
    expect(rows).toEqual(oddsRows());
    expect(rows).toContainEqual(
      expect.objectContaining({ bet: 'field-12x3', edge: '1/36', edgePercent: 100 / 36 }),
    );
    expect([err, code]).toEqual(['', 0]);
  });

  test('one bet', async () => {
    const { out } = await run('--bet', 'pass', '--json');
    expect(JSON.parse(out)).toEqual([
      {
        bet: 'pass',
        family: 'line',
        title: 'Pass line',
        sentence: BETS.get('pass')?.sentence,
        pays: '1:1',
        edge: '7/495',
        edgePercent: (100 * 7) / 495,
        winProbability: '244/495',
        pushProbability: '0',
      },
    ]);
    const text = await run('--bet', 'dont-pass');
    expect(text.out).toMatch(/house edge {2}1\.364%, exactly 3\/220\n.*949\/1980\n.*push +1\/36\n/);
  });

  test('the list is grouped by family and keeps its columns', async () => {
    const { out } = await run();
    expect(out).toMatch(/^place-6 +1\.515% {2}1\/66 +7:6$/m);
    expect(out).toMatch(/^fire +20\.763% {2}\(see --bet\) +24:1 on 4 points/m);
    const families = out
      .split('\n\n')
      .slice(1)
      .map((group) => group.split('\n')[0]);
    expect(families).toHaveLength(17);
  });

  test('an unknown bet is an error with its code', async () => {
    const { out, err, code } = await run('--bet', 'nonsense', '--json');
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'CRAPS_BET_UNKNOWN' } });
    expect(err).toContain('CRAPS_BET_UNKNOWN');
    expect(code).toBe(2);
  });
});
