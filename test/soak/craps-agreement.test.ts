import { expect, test } from 'vitest';
import { agreement, worstOf } from '../craps/agreement.ts';

const ROLLS = 10_000_000;
const SIGMAS_MAX = 5;

test(
  'ten million rolls agree with the exact odds of every bet within 5 standard errors',
  { timeout: 1_800_000 },
  () => {
    const found = agreement(ROLLS, 1);
    const worst = worstOf(found);
    process.stdout.write(
      `${ROLLS} rolls, ${found.length} bets: the farthest from its exact edge is ${worst.kind}, by ${worst.sigmas.toFixed(2)} σ\n`,
    );
    expect([worst.kind, Math.abs(worst.sigmas) < SIGMAS_MAX, worst.sigmas]).toEqual([
      worst.kind,
      true,
      worst.sigmas,
    ]);
  },
);
