// What is measured of a contender in one round, and what the rounds come to.

import { row, type Row } from '../../../src/bench/benchmark.ts';
import { bootstrapMedian, bootstrapRatio } from '../../../src/bench/bootstrap.ts';
import { benchRng } from '../../../src/bench/seed.ts';
import { median, summarize } from '../../../src/bench/statistics.ts';
import type { Threshold } from '../../../src/bench/verdict.ts';
import { CONTENDERS, type Contender, type ContenderName } from './contenders.ts';
import type { Load } from './load.ts';
import type { Workload } from './workload.ts';

export const FIGURES = {
  large: { title: '16 KiB', unit: 'MB/CPU-s' },
  small: { title: '256 B', unit: 'k/CPU-s' },
  paced: { title: '20 k/s', unit: 'k/CPU-s' },
  pacedP50: { title: '20 k/s: +p50', unit: 'ms' },
  pacedP99: { title: '20 k/s: +p99', unit: 'ms' },
  halfP50: { title: 'half load: +p50', unit: 'ms' },
  halfP99: { title: 'half load: +p99', unit: 'ms' },
  lostPerMillion: { title: 'lost', unit: 'ppm' },
} as const;
export type FigureName = keyof typeof FIGURES;
export type Figures = Record<FigureName, number>;

const LARGE_BYTES = 16 * 1024;
const SMALL_BYTES = 256;
const PACED_RATE = 20_000;

export interface Times {
  readonly warmUpMs: number;
  readonly measuredMs: number;
}

/** Runs all workloads once. Latencies are what the relay adds to the load's own, taken right after. */
export async function measureOnce(load: Load, times: Times): Promise<Figures> {
  const { messageBytesMax = LARGE_BYTES, sharesLoadCore = false }: Contender =
    CONTENDERS[load.name];
  const workload = (messageBytes: number, rate: number | null, even = false): Workload => ({
    messageBytes,
    rate,
    even,
    ...times,
  });
  const largeBytes = Math.min(LARGE_BYTES, messageBytesMax);
  // The relay sat idle while others were measured: what it gave back to the system it takes again.
  await load.run(workload(SMALL_BYTES, null), false);
  await load.run(workload(largeBytes, null), false);
  const large = await load.run(workload(largeBytes, null), false);
  const small = await load.run(workload(SMALL_BYTES, null), false);
  const paced = workload(SMALL_BYTES, PACED_RATE);
  const halfRate = Math.max(1, Math.floor(small.messages / small.seconds / 2));
  // A load that never sleeps would take the processor from what shares it.
  const half = workload(SMALL_BYTES, halfRate, !sharesLoadCore);
  const pacedOver = await load.run(paced, false);
  const pacedDirect = await load.run(paced, true);
  const halfOver = await load.run(half, false);
  const halfDirect = await load.run(half, true);
  const all = [large, small, pacedOver, halfOver];
  const sent = all.reduce((sum, one) => sum + one.sent, 0);
  const lost = all.reduce((sum, one) => sum + one.lost, 0);
  const added = (quantile: 'p50' | 'p99', over: typeof small, direct: typeof small): number =>
    (over.latencyMs?.[quantile] ?? Number.NaN) - (direct.latencyMs?.[quantile] ?? Number.NaN);
  return {
    large: perSecond(large.bytes / 1e6, large.cpuSeconds),
    small: perSecond(small.messages / 1e3, small.cpuSeconds),
    paced: perSecond(pacedOver.messages / 1e3, pacedOver.cpuSeconds),
    pacedP50: added('p50', pacedOver, pacedDirect),
    pacedP99: added('p99', pacedOver, pacedDirect),
    halfP50: added('p50', halfOver, halfDirect),
    halfP99: added('p99', halfOver, halfDirect),
    lostPerMillion: (lost * 1e6) / sent,
  };
}

/** Nothing carried is nothing, however little time it took. */
function perSecond(carried: number, cpuSeconds: number | null): number {
  return carried === 0 ? 0 : carried / (cpuSeconds ?? Number.NaN);
}

export type Samples = Partial<Record<ContenderName, readonly Figures[]>>;

/** What is wanted of ours alone. */
const WANTED: Partial<Record<FigureName, Threshold>> = {
  small: { kind: 'at-least', value: 600 },
  paced: { kind: 'at-least', value: 150 },
  pacedP50: { kind: 'at-most', value: 0.3 },
  halfP50: { kind: 'at-most', value: 0.5 },
  halfP99: { kind: 'at-most', value: 5 },
  lostPerMillion: { kind: 'at-most', value: 0 },
};
/** And of ours over others, for messages of 16 KiB. */
const WANTED_OVER: Partial<Record<ContenderName, number>> = {
  bare: 0.75,
  nats: 1,
  coturn: 1,
  libp2p: 5,
};
const OURS: readonly ContenderName[] = ['mesh', 'gateway'];

/** One row for each figure of each contender, then ours over the others. */
export function figureRows(samples: Samples, seed: number): readonly Row[] {
  const rng = benchRng(seed, 'gateway intervals');
  const names = Object.keys(CONTENDERS) as ContenderName[];
  const figureNames = Object.keys(FIGURES) as FigureName[];
  const of = (name: ContenderName, figure: FigureName): readonly number[] =>
    (samples[name] ?? []).map((one) => one[figure]);
  const rows: Row[] = [];
  for (const name of names) {
    for (const figure of figureNames) {
      const values = of(name, figure);
      if (values.length === 0) continue;
      const threshold = OURS.includes(name) ? WANTED[figure] : undefined;
      rows.push(
        row({
          name: `${name}-${figure}`,
          title: `${CONTENDERS[name].title}: ${FIGURES[figure].title}`,
          unit: FIGURES[figure].unit,
          value: median(values),
          interval: bootstrapMedian(values, rng),
          summary: summarize(values),
          ...(threshold === undefined ? {} : { threshold }),
        }),
      );
    }
  }
  for (const our of OURS) {
    for (const other of names) {
      for (const figure of ['large', 'small', 'paced'] as const) {
        const [mine, theirs] = [of(our, figure), of(other, figure)];
        if (OURS.includes(other) || mine.length === 0 || theirs.length === 0) continue;
        const wanted = figure === 'large' ? WANTED_OVER[other] : undefined;
        rows.push(
          row({
            name: `${our}-${figure}-over-${other}`,
            title: `${CONTENDERS[our].title} over ${CONTENDERS[other].title}: ${FIGURES[figure].title}`,
            unit: '×',
            value: median(mine) / median(theirs),
            interval: bootstrapRatio(mine, theirs, rng),
            ...(wanted === undefined ? {} : { threshold: { kind: 'at-least', value: wanted } }),
          }),
        );
      }
    }
  }
  return rows;
}

function cell(one: Row | undefined): string {
  if (one === undefined) return 'n/a';
  const { value, interval } = one;
  return `${short(value)} [${short(interval.low)} – ${short(interval.high)}]`;
}

/** Contenders down, figures across; medians, and in brackets the interval of each. */
export function figureTable(
  rows: readonly Row[],
  missing: ReadonlyMap<string, string>,
): string[][] {
  const figureNames = Object.keys(FIGURES) as FigureName[];
  const byName = new Map(rows.map((one) => [one.name, one]));
  return [
    ['relay', ...figureNames.map((name) => `${FIGURES[name].title}, ${FIGURES[name].unit}`)],
    ...Object.entries(CONTENDERS).map(([name, { title }]) =>
      missing.has(name)
        ? [title, `n/a: ${missing.get(name) ?? ''}`, ...figureNames.slice(1).map(() => '')]
        : [title, ...figureNames.map((figure) => cell(byName.get(`${name}-${figure}`)))],
    ),
  ];
}

function short(value: number): string {
  if (!Number.isFinite(value)) return 'n/a';
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
