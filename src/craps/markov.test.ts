import { expect, test } from 'vitest';
import { formatFraction, fraction, ONE, ZERO } from './fraction.ts';
import { solveChain } from './markov.ts';

test("the gambler's ruin (Feller, volume 1, chapter XIV): one component of all states", () => {
  // Fortunes 1 to 4 of 5; up with 1 way of 3, down with 2. Rewards: reaching 5, and 1.
  const states = [1, 2, 3, 4].map((fortune) => ({
    next: new Map([
      ...(fortune > 1 ? [[fortune - 2, 2n] as const] : []),
      ...(fortune < 4 ? [[fortune, 1n] as const] : []),
    ]),
    gains: [fortune === 4 ? ONE : ZERO],
  }));
  // (q/p = 2): (2^z − 1) / (2^5 − 1).
  expect(solveChain(states, 3n).map(([win = ZERO]) => formatFraction(win))).toEqual([
    '1/31',
    '3/31',
    '7/31',
    '15/31',
  ]);
});

test('a state that waits for itself', () => {
  const [solved] = solveChain(
    [{ next: new Map([[0, 25n]]), gains: [fraction(5n), fraction(6n)] }],
    36n,
  );
  expect(solved?.map(formatFraction)).toEqual(['5/11', '6/11']);
});

test('a chain that never ends is a broken invariant', () => {
  expect(() => solveChain([{ next: new Map([[0, 36n]]), gains: [ZERO] }], 36n)).toThrow(
    'reachable',
  );
});
