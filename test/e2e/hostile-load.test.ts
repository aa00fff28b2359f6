// A real node under hostile load, for a few seconds: everything that bench/hostile-load does for a minute, and what must come
// of it whatever the machine. How fast honest traffic stays is measured there.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Figures } from '../../bench/hostile-load/run.ts';
import { root, scratch, start } from './harness.ts';

test('honest traffic goes on, strangers are refused, and nothing is left of them', async () => {
  const folder = scratch();
  const script = join(root, 'bench', 'hostile-load', 'run.ts');
  const counts = ['4', '2000', '100', '2', '0'];
  const { finished } = start(
    process.execPath,
    [script, '--json', '--plain', ...counts],
    folder.path,
  );
  const { stdout, stderr, status } = await finished;
  folder.remove();
  // 99: a figure was missed, which says something about this machine as well.
  expect([0, 99], stderr).toContain(status);
  const { idle, attacked, after, attack, admission } = JSON.parse(stdout) as Figures;
  for (const { due, delivered } of [idle, attacked, after]) {
    expect(delivered / due).toBeGreaterThan(0.8);
  }
  for (const { newcomers } of [idle, after]) expect(newcomers.failed).toBeLessThan(newcomers.dials);
  expect(attack.halfOpenDials).toBeGreaterThan(500);
  const reasons = Object.keys(admission?.refused ?? {});
  // Which of them come first depends on the machine, but some do at each step.
  expect(reasons).toContain('rate-of-prefix');
  expect(reasons.some((reason) => reason.startsWith('half-open'))).toBe(true);
  expect(admission?.halfOpen).toBeLessThanOrEqual(admission?.limits.halfOpenMax ?? 0);
});
