import { expect, test } from 'vitest';
import { RESILIENCE_STATISTICS } from '../../test/suites/resilience-statistics.ts';
import type { RecoveryReport } from '../node/recovery-report.ts';
import { recoveriesLine, recoveriesText } from './health-recoveries.ts';

const PEER = 'a'.repeat(52);

function report(changes: Partial<RecoveryReport>): RecoveryReport {
  const plain = { failure: 'link', subject: PEER, begunMsAgo: 9_000, tookMs: 2_000 } as const;
  const ended = { outcome: 'succeeded', plan: 'reconnect', rounds: 0, attempts: 1 } as const;
  return { ...plain, ...ended, lastAttempts: [], ...changes };
}

test('what is under way or rests is shown before what is over, all of it', () => {
  const over = Array.from({ length: 8 }, () => report({}));
  const open = Array.from({ length: 6 }, (_, i) =>
    report({ outcome: i === 0 ? null : 'exhausted', rounds: i, tookMs: null, plan: null }),
  );
  const lines = recoveriesText([...over, ...open])
    .trim()
    .split('\n')
    .slice(1);
  expect(lines).toHaveLength(6);
  expect(lines[0]).toMatch(/^link +aaaaaaaa +under way +1 +9 s ago$/);
  expect(lines[5]).toMatch(/rests after round 5/);
  expect(recoveriesText(over).trim().split('\n')).toHaveLength(1 + 5);
  expect(recoveriesText([])).toBe('');
  const many = Array.from({ length: 40 }, () => report({ outcome: null, plan: null }));
  const shown = recoveriesText([...over, ...many])
    .trim()
    .split('\n');
  expect(shown).toHaveLength(1 + 16 + 1);
  expect(shown.at(-1)).toBe('and 24 more that are not over');
});

test('of one that is not over the plan and the error of the last attempt are told, and a whole address', () => {
  const attempt = { begunMsAgo: 10, tookMs: 5, code: 'LINK_DIAL_FAILED' };
  const text = recoveriesText([
    report({
      subject: 'far.example:7461',
      outcome: null,
      plan: null,
      attempts: 12,
      lastAttempts: [{ ...attempt, plan: 'reconnect', outcome: 'failed' }],
    }),
  ]);
  expect(text).toMatch(/far\.example:7461 +under way +reconnect +12 +LINK_DIAL_FAILED/);
});

test('resting ones are told apart from those under way', () => {
  expect(recoveriesLine(RESILIENCE_STATISTICS)).toBe(
    '6 under way, 3 at rest; so far 8 succeeded, 1 rounds in vain, 2 not begun for too many; 41 attempts, 3 put off for want of budget, 90 left',
  );
});
