// The Lifeguard experiments with several seeds for several contenders, and the table of what came of it.

import { bootstrapMean } from '../../../src/bench/bootstrap.ts';
import { createSeededRng } from '../../../src/sim/seeded-rng.ts';
import { primitives } from '../../../src/platform/node/primitives.ts';
import { runScenario, type Contender, type Outcome, type Scenario } from './experiment.ts';

export type Setting = Omit<Scenario, 'seed'>;

export interface Row {
  readonly contender: string;
  readonly setting: Setting;
  readonly outcomes: readonly Outcome[];
}

export async function campaign(
  contenders: readonly Contender[],
  settings: readonly Setting[],
  seeds: number,
  progress: (row: Row) => void = () => {},
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const setting of settings) {
    for (const contender of contenders) {
      const outcomes: Outcome[] = [];
      for (let seed = 1; seed <= seeds; seed += 1) {
        outcomes.push(await runScenario(contender, { ...setting, seed }));
      }
      const row = { contender: contender.name, setting, outcomes };
      rows.push(row);
      progress(row);
    }
  }
  return rows;
}

/** Over all seeds of the rows. */
export function total(
  rows: readonly Row[],
  contender: string,
  figure: 'falsePositives' | 'falsePositivesAtHealthy' | 'slowGivenUp',
): number {
  return rows
    .filter((row) => row.contender === contender)
    .flatMap(({ outcomes }) => outcomes)
    .reduce((sum, outcome) => sum + outcome[figure], 0);
}

/** Milliseconds from a crash until the first, or the last, healthy member found out: the quantile over all crashes. */
export function detection(
  rows: readonly Row[],
  contender: string,
  figure: 'firstMs' | 'allMs',
  quantile: number,
): number {
  const all = rows
    .filter((row) => row.contender === contender && row.setting.slow === null)
    .flatMap(({ outcomes }) => outcomes)
    .flatMap((outcome) => outcome[figure])
    .sort((a, b) => a - b);
  return all[Math.min(all.length - 1, Math.ceil(quantile * all.length) - 1)] ?? Infinity;
}

export function rowText({ contender, setting, outcomes }: Row): string {
  const { concurrent, slow } = setting;
  if (slow === null) {
    const figures = (['firstMs', 'allMs'] as const).flatMap((figure) =>
      [0.5, 0.99].map((quantile) => {
        const ms = detection([{ contender, setting, outcomes }], contender, figure, quantile);
        return `${(ms / 1_000).toFixed(1)} s`;
      }),
    );
    const [first, firstLate, all, allLate] = figures;
    const what = `${concurrent} crash`.padEnd(28);
    return `${what} ${contender.padEnd(24)} first ${first} (p99 ${firstLate}), all ${all} (p99 ${allLate})`;
  }
  const what = `C ${concurrent}, D ${slow.forMs} ms, I ${slow.everyMs} ms`.padEnd(28);
  const false_ = interval(outcomes.map((one) => one.falsePositives));
  const atHealthy = interval(outcomes.map((one) => one.falsePositivesAtHealthy));
  const slowOnes = interval(outcomes.map((one) => one.slowGivenUp));
  return `${what} ${contender.padEnd(24)} false ${false_}, at healthy ${atHealthy}, slow given up ${slowOnes}`;
}

/** Mean of a run, and its 95 % interval. */
function interval(samples: readonly number[]): string {
  const rng = createSeededRng(primitives, 1, 'intervals');
  const { low, high } = bootstrapMean(samples, rng);
  const mean = samples.reduce((sum, one) => sum + one, 0) / samples.length;
  return `${mean.toFixed(1)} [${low.toFixed(1)}, ${high.toFixed(1)}]`;
}
