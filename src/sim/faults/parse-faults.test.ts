import { describe, expect, test } from 'vitest';
import { unwrap } from '../../core/errors.ts';
import { parseFaults } from './parse-faults.ts';

function reasonOf(text: string): string {
  const parsed = parseFaults(text);
  return parsed.ok ? '' : parsed.error.message;
}

describe('what is written is what is meant', () => {
  test('each kind of step', () => {
    const text =
      '10s kill 3 for 5s; 20s cut 10%; 30s pause a-ann,b-bob for 5s; 40s slow 5% links by 200ms; 50s lose 20% on 3 links; 60s skew 1 node by -2s; 70s heal';
    const script = unwrap(parseFaults(text));
    expect(script).toMatchObject({
      kind: 'steps',
      steps: [
        { atMs: 10_000, kind: 'kill', targets: { kind: 'count', count: 3 }, forMs: 5_000 },
        { atMs: 20_000, kind: 'cut', targets: { kind: 'share', share: 0.1 }, forMs: null },
        { atMs: 30_000, kind: 'pause', targets: { names: ['a-ann', 'b-bob'] }, forMs: 5_000 },
        { atMs: 40_000, kind: 'slow', targets: { share: 0.05 }, byMs: 200 },
        { atMs: 50_000, kind: 'lose', share: 0.2, targets: { count: 3 } },
        { atMs: 60_000, kind: 'skew', targets: { count: 1 }, byMs: -2_000 },
        { atMs: 70_000, kind: 'heal' },
      ],
    });
  });

  test('defaults, names of links, and any order', () => {
    expect(unwrap(parseFaults('5s heal;\n1s lose 5%; ;3s cut a/b,b/c for 2s'))).toMatchObject({
      steps: [
        { kind: 'lose', targets: { kind: 'share', share: 1 } },
        { kind: 'cut', targets: { kind: 'named', names: ['a/b', 'b/c'] } },
        { kind: 'heal' },
      ],
    });
    expect(unwrap(parseFaults('1s kill @3; 2s kill 3,@4'))).toMatchObject({
      steps: [{ targets: { names: ['3'] } }, { targets: { names: ['3', '4'] } }],
    });
    expect(unwrap(parseFaults('1s kill a, b ,c'))).toMatchObject({
      steps: [{ targets: { names: ['a', 'b', 'c'] } }],
    });
    expect(unwrap(parseFaults('random:0.5'))).toEqual({ kind: 'random', perSecond: 0.5 });
  });
});

describe('what is wrong is named', () => {
  test.each([
    ['', 'there is no step'],
    ['10 kill 1', '10 is not when it happens, such as 10s'],
    ['10s', 'it does not say what happens'],
    ['10s burn 3', 'there is no fault burn'],
    ['10s kill', 'it does not say which nodes'],
    ['10s kill for 5s', 'it does not say which nodes'],
    ['10s kill 0', '0 is not a count of nodes'],
    ['10s kill 120%', '120% is not a share above 0% and up to 100%'],
    ['10s kill 3 for', 'it lacks how long, such as 5s'],
    ['10s kill 3 for 5s now', 'now is one word too many'],
    ['10s cut a', 'a is neither a count, a share, all, nor names such as a/b,b/c'],
    ['10s cut 3 nodes', 'nodes is one word too many'],
    ['10s pause 3', 'a pause needs its length, such as for 5s'],
    ['10s slow 3', 'slow needs how much, such as by 200ms'],
    ['10s lose 100%', 'lose needs a share above 0% and below 100%; to lose all, cut'],
    ['10s heal 3', '3 is one word too many'],
    ['5 s kill 3', '5 is not when it happens, such as 10s (number and unit in one word)'],
    ['5s pause 3 for 0s', '0s would change nothing'],
    ['5s kill 3 for 0ms', '0ms would change nothing'],
    ['5s slow all by 0ms', '0ms would change nothing'],
    ['5s skew 1 by -0s', '0s would change nothing'],
    ['25h kill 3', '25h is more than 24h'],
    ['5s skew 1 by 4000d', '4000d is more than 87600h'],
    ['random', 'a rate is a number of faults per second'],
    ['random:0', 'a rate is a number of faults per second'],
    ['random:fast', 'a rate is a number of faults per second'],
  ])('%s', (text, reason) => {
    expect(reasonOf(text)).toContain(reason);
  });

  test('and the step that it stands in', () => {
    expect(reasonOf('1s kill 1; 2s  kill many,; 3s heal')).toContain('"2s kill many,"');
  });
});
