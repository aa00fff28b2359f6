import { expect, test } from 'vitest';
import { agreement, worstOf } from '../craps/agreement.ts';

const ROLLS = 10_000_000;
const SIGMAS_MAX = 5;

test(
  'ten million rolls agree with the exact odds of every bet within 5 standard errors',
  { timeout: 1_800_000 },
  () => {
    const worst = worstOf(agreement(ROLLS, 1));
    expect([worst.kind, Math.abs(worst.sigmas) < SIGMAS_MAX, worst.sigmas]).toEqual([
      worst.kind,
      true,
      worst.sigmas,
    ]);
  },
);
