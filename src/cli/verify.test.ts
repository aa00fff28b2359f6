import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { finishedCasino, type SmallCasino } from '../../test/casino/small-casino.ts';
import { forgeTranscript } from '../../test/casino/dishonest-operator.ts';
import { toHex } from '../core/bytes.ts';
import { peerIdText } from '../core/peer-id.ts';
import { runInProcess, type CommandRun } from '../../test/suites/run-command.ts';
import { verifyCommand } from './verify.ts';

const folder = mkdtempSync(join(tmpdir(), 'bitcraps-verify-'));
const file = join(folder, 'evening.transcript');
let casino: SmallCasino;

beforeAll(async () => {
  casino = await finishedCasino(3);
  writeFileSync(file, casino.transcript());
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

afterEach(() => {
  process.exitCode = undefined;
  vi.restoreAllMocks();
});

const verify = (...words: readonly string[]): Promise<CommandRun> =>
  runInProcess(verifyCommand(), ...words);

describe('bitcraps verify', () => {
  test('says what holds, by whom, roll by roll', async () => {
    const { code, out } = await verify(file, '--casino', peerIdText(casino.operator.publicKey));
    expect(code).toBe(0);
    expect(out).toContain('Small Casino');
    expect(out).toContain(peerIdText(casino.operator.publicKey));
    expect(out).toContain('could know the dice beforehand');
    expect(out).toContain('table 1, roll 1 ');
    expect(out).toContain('every table is closed, and every account that bet left after its last');
    expect(out).toContain('play after that block is not excluded by this file');
    expect(out).not.toContain('seen it all');
    expect(out).toMatch(/^ {2}last block +\d+:[0-9a-f]{64}$/m);
    expect(out).toMatch(/^account +bets .* signed to +end$/m);
  });

  test('gives one JSON document', async () => {
    const { code, out } = await verify(file, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      holds: true,
      report: { endProved: true, mode: 'solo' },
    });
  });

  test('names the first thing that fails, with exit code 1', async () => {
    const forged = join(folder, 'forged.transcript');
    writeFileSync(
      forged,
      forgeTranscript(casino, (blocks) => {
        for (const { effects } of blocks) {
          for (const { case: name, value } of effects) {
            if (name === 'diceRolled') value.die1 = (value.die1 % 6) + 1;
          }
        }
      }),
    );
    const text = await verify(forged);
    expect([text.code, text.out]).toEqual([1, expect.stringContaining('TRANSCRIPT_DICE_CHANGED')]);
    const json = await verify(forged, '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({
      holds: false,
      error: { code: 'TRANSCRIPT_DICE_CHANGED', data: { table: 1, roll: '1' } },
    });
  });

  test('--seen: a whole transcript contains the block, one cut off before it does not', async () => {
    const seen = `${casino.head.height}:${toHex(casino.head.hash)}`;
    const whole = await verify(file, '--seen', seen);
    expect([whole.code, whole.out]).toEqual([
      0,
      expect.stringContaining(
        `The chain contains block ${casino.head.height}, as given by --seen.`,
      ),
    ]);
    const short = join(folder, 'short.transcript');
    writeFileSync(
      short,
      forgeTranscript(casino, (blocks) => blocks.slice(0, -1)),
    );
    expect((await verify(short)).code).toBe(0);
    const text = await verify(short, '--seen', seen.toUpperCase());
    expect([text.code, text.out]).toEqual([1, expect.stringContaining('TRANSCRIPT_SEEN_MISSING')]);
    const json = await verify(short, '--seen', seen, '--json');
    expect(JSON.parse(json.out)).toMatchObject({
      holds: false,
      error: { code: 'TRANSCRIPT_SEEN_MISSING', data: { height: String(casino.head.height) } },
    });
  });

  test.each(['', '12', '12:abcd', `:${'0'.repeat(64)}`, `-1:${'0'.repeat(64)}`, '1:\u001b[2J'])(
    '--seen %j is bad input',
    async (seen) => {
      const { code, err, out } = await verify(file, `--seen=${seen}`);
      expect([code, out, err]).toEqual([2, '', expect.stringContaining('TRANSCRIPT_SEEN_INVALID')]);
      expect(err).not.toContain('\u001b');
    },
  );

  test('another casino is a no, a bad id or a missing file is bad input', async () => {
    const other = peerIdText(new Uint8Array(32));
    expect((await verify(file, '--casino', other)).out).toContain('TRANSCRIPT_OTHER_CASINO');
    expect((await verify(file, '--casino', 'nobody')).code).toBe(2);
    const missing = await verify(join(folder, 'missing'));
    expect([missing.code, missing.err]).toEqual([
      2,
      expect.stringContaining('TRANSCRIPT_UNREADABLE'),
    ]);
    expect((await verify(folder)).code).toBe(2);
  });
});
