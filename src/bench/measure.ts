// Measures contenders beside each other: some rounds to warm up that do not count, then rounds in which each takes its
// turn, in the order of `interleave.ts`. A contender takes its own time, so that it may be a function, or a process.

import type { Rng } from '../env/rng.ts';
import { roundOrders } from './interleave.ts';

export interface Contender<Name extends string = string> {
  readonly name: Name;
  /** Does the round's work and tells its cost, in the unit of the benchmark. Rounds count up from 0, warm-up included. */
  round(round: number): number | Promise<number>;
}

export interface Rounds {
  readonly rounds: number;
  /** Rounds before these, not counted: compilers, caches and pools get what they need. */
  readonly warmUpRounds: number;
}

/** Each contender's costs, one per round, in the order of the rounds: entry i of all is from one round. */
export async function measure<Name extends string>(
  contenders: readonly Contender<Name>[],
  { rounds, warmUpRounds }: Rounds,
  rng: Rng,
): Promise<Readonly<Record<Name, Float64Array>>> {
  const samples = contenders.map(() => new Float64Array(rounds));
  for (const [round, order] of roundOrders(
    contenders.length,
    warmUpRounds + rounds,
    rng,
  ).entries()) {
    for (const index of order) {
      const cost = (await contenders[index]?.round(round)) ?? 0;
      const kept = samples[index];
      if (round >= warmUpRounds && kept !== undefined) kept[round - warmUpRounds] = cost;
    }
  }
  const named = contenders.map(({ name }, index) => [name, samples[index]]);
  return Object.fromEntries(named) as Record<Name, Float64Array>;
}

/** Nanoseconds by the clock per unit of what `work` does, which is `units` of them at once. */
export function nanosecondsPer(units: number, work: () => void): number {
  const begun = performance.now();
  work();
  return ((performance.now() - begun) * 1e6) / units;
}

/**
 * The same in processor time of this thread: time in which the machine ran something else is nobody's cost. Kernels count
 * in steps of up to 4 ms, so `work` should take 100 ms or more.
 */
export function processorNanosecondsPer(units: number, work: () => void): number {
  const begun = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(begun);
  return ((user + system) * 1000) / units;
}
