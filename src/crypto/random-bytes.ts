// Fresh random bytes from the `Rng` at hand.

import type { Rng } from '../env/rng.ts';

function filled(rng: Rng, out: Uint8Array): Uint8Array {
  rng.fill(out);
  return out;
}

/** `bytes` uniform random bytes. */
export function randomBytes(rng: Rng, bytes: number): Uint8Array {
  return filled(rng, new Uint8Array(bytes));
}
