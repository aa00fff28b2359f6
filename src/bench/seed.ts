// Randomness of benchmarks: a stream for each purpose from one seed, so that a run can be repeated.

import { createSeededRng, type SeededRng } from '../sim/seeded-rng.ts';
import { primitives } from '../platform/node/primitives.ts';

/** What is used where nobody gives one. */
export const SEED_DEFAULT = 1;

/** The stream `purpose` of `seed`, a safe integer. */
export function benchRng(seed: number, purpose: string): SeededRng {
  return createSeededRng(primitives, seed, `bench ${purpose}`);
}
