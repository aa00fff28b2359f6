// `bitcraps chaos --state`: a casino that somebody else runs is broken, given back whole where chaos is interrupted, and
// started again as `bitcraps up` started it, whatever stands in the environment of whoever ran chaos.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { callControl } from '../../src/platform/node/control-socket.ts';
import { controlSocketPath } from '../../src/cli/state-folder.ts';
import { bitcraps, json, lives, processesNaming, run, scratch, until } from './harness.ts';

const folder = scratch();
afterAll(() => folder.remove());

test('interrupted after it killed two nodes, it starts them again, with their own settings', async () => {
  const state = join(folder.path, 'casino');
  const home = join(folder.path, 'home');
  const killed = ['b-relay-1', 'b-carol'];
  const pidOf = (name: string): number =>
    Number(readFileSync(join(state, name, 'lock.pid'), 'utf8'));
  const up = bitcraps(join(folder.path, 'up'), 'up', '--state', state);
  await until('the first bet', () => (/^bet /m.test(up.stdout()) ? true : undefined), 60_000);
  const before = killed.map(pidOf);

  const script = `500ms kill ${killed.join(',')} for 60s`;
  const chaos = bitcraps(home, 'chaos', '--state', state, '--faults', script);
  await until('the kills', () => (before.some(lives) ? undefined : true), 60_000);
  chaos.process.kill('SIGINT');
  const { status, stderr } = await chaos.finished;
  expect(status, stderr).toBe(1);
  expect(stderr).toContain('ended by SIGINT before there was a report');

  for (const [at, name] of killed.entries()) {
    expect(stderr).toContain(`starting ${name} again`);
    const pid = pidOf(name);
    expect(pid).not.toBe(before[at]);
    // It answers: chaos waited for that.
    await callControl(controlSocketPath(join(state, name)), 'status', {});
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('BITCRAPS_');
  }
  // What it writes is in the casino's folder.
  expect(filesIn(home)).toEqual([]);
  expect(filesIn(join(state, 'chaos')).filter((name) => !name.startsWith('lock.'))).toEqual([]);

  // The casino ends while it is broken: chaos ends, too, and starts no node of a casino that is gone.
  const late = bitcraps(home, 'chaos', '--state', state, '--faults', script, '--json');
  await until('the second kills', () => (late.stderr().includes('kill') ? true : undefined));
  const other = await run(home, 'chaos', '--state', state);
  expect([other.status, other.stdout]).toEqual([2, '']);
  expect(other.stderr).toContain('PLATFORM_STATE_LOCKED');
  up.process.kill('SIGINT');
  await up.finished;
  const end = await late.finished;
  expect([end.status, json(end)]).toMatchObject([1, { error: { code: 'CLI_CHAOS_ENDED_EARLY' } }]);
  expect(end.stderr).toContain(`stays down: ${killed.join(', ')}`);
  await until('no process', () => (processesNaming(state).length === 0 ? true : undefined));
});

function filesIn(path: string): string[] {
  try {
    return readdirSync(path, { recursive: true }).map(String);
  } catch {
    return [];
  }
}
