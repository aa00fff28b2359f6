import { expect, test } from 'vitest';
import { agreement } from '../../test/craps/agreement.ts';

const ROLLS = 150_000;
const SIGMAS_MAX = 5;

test('a run of seeded dice agrees with the exact odds of every bet', () => {
  for (const { kind, resolved, sigmas } of agreement(ROLLS, 1)) {
    expect([kind, resolved > 0]).toEqual([kind, true]);
    expect([kind, Math.abs(sigmas) < SIGMAS_MAX]).toEqual([kind, true]);
  }
});
