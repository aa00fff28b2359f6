// Accounts of a real process on a real disk that is killed without warning: what it counted survives but for the window
// that it states, and nothing is counted twice.

import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { LEDGER } from '../../src/gateway/accounting/limits.ts';
import { root, scratch, start, until } from './harness.ts';

const folder = scratch();
afterAll(() => folder.remove());

interface Restored {
  readonly carried: number;
  readonly acknowledged: number;
  readonly left: number;
  readonly byPeer: number;
  readonly inRecords: number;
}

interface Tick {
  readonly counted: number;
  readonly atMs: number;
}

/** Beyond the window: the turn of the event loop in which the batch is begun, and the write. */
const WRITE_MS = 500;
/** What the process counts between telling twice. */
const COUNTED_AT_ONCE = 20;

/** Runs the process for so long by its own clock, and kills it. */
async function runAndKill(
  runMs: number,
): Promise<{ readonly restored: Restored; readonly ticks: readonly Tick[] }> {
  const script = join(root, 'test', 'e2e', 'accounting-process.ts');
  const running = start(process.execPath, [script, join(folder.path, 'node.db')], folder.path);
  const lines = (): readonly string[] => running.stdout().split('\n').slice(0, -1);
  const ticks = (): readonly Tick[] =>
    lines()
      .slice(1)
      // The process's own lines.
      .map((line) => JSON.parse(line) as Tick);
  await until(
    'the process to count for a while',
    () => {
      const all = ticks();
      return (all.at(-1)?.atMs ?? 0) - (all[0]?.atMs ?? 0) >= runMs ? true : undefined;
    },
    60_000,
  );
  running.process.kill('SIGKILL');
  await running.finished;
  const [first = ''] = lines();
  return { restored: JSON.parse(first) as Restored, ticks: ticks() };
}

test('SIGKILL costs no more than the window, again and again, and a restart counts nothing twice', async () => {
  let before = 0;
  let floor = 0;
  let ceiling = 0;
  for (const runMs of [3_500, 2_200, 2_900]) {
    const { restored, ticks } = await runAndKill(runMs);
    expect(restored.carried).toBeGreaterThanOrEqual(before + floor);
    expect(restored.carried).toBeLessThanOrEqual(before + ceiling);
    // Each batch is written whole: records, peers and sums tell the same.
    expect(restored.acknowledged).toBe(restored.carried);
    expect(restored.inRecords).toBe(restored.carried);
    expect(restored.left).toBe(restored.byPeer);
    expect(restored.left).toBe(restored.carried);
    before = restored.carried;
    const last = ticks.at(-1);
    const lastMs = last?.atMs ?? 0;
    const safe = ticks.findLast(({ atMs }) => atMs <= lastMs - LEDGER.flushMs - WRITE_MS);
    floor = safe?.counted ?? 0;
    ceiling = (last?.counted ?? 0) + COUNTED_AT_ONCE;
    expect(floor).toBeGreaterThan(0);
  }
});
