// What a benchmark tells: rows of figures, each with its interval and, where it has them, the bound beside which it was
// measured and the threshold it has to meet. One document for programs, one table for people.

import { cpus } from 'node:os';
import type { Interval } from './bootstrap.ts';
import type { Summary } from './statistics.ts';
import { judge, type Threshold } from './verdict.ts';

/** One line of a result. */
export interface Row {
  /** Stable, for programs: `spf-full`. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** `ns/arc`, `B/node`, `×`. */
  readonly unit: string;
  readonly value: number;
  readonly interval: Interval;
  /** `null` for what was counted, or computed from other rows. */
  readonly summary: Summary | null;
  /** What limits the figure, in the same unit, measured in the same run; `ratio` is value over it. */
  readonly bound: { readonly name: string; readonly value: number; readonly ratio: number } | null;
  readonly threshold: Threshold | null;
  /** `null` where there is no threshold or where the interval spans it. */
  readonly met: boolean | null;
  /** `met`, `missed`, `undecided: …`, or empty where there is no threshold. */
  readonly verdict: string;
}

export interface BenchDocument {
  readonly name: string;
  readonly seed: number;
  readonly environment: {
    readonly node: string;
    readonly processor: string;
    readonly cores: number;
    readonly platform: string;
  };
  readonly rows: readonly Row[];
  /** What could not be measured and why. */
  readonly notes: readonly string[];
  /** `false` if a threshold was clearly missed, else `null` if one is undecided. */
  readonly met: boolean | null;
}

/** A row, judged. */
export function row(figure: {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly value: number;
  readonly interval: Interval;
  readonly summary?: Summary;
  readonly bound?: { readonly name: string; readonly value: number };
  readonly threshold?: Threshold;
}): Row {
  const { name, title, unit, value, interval, summary, bound, threshold } = figure;
  const verdict = threshold === undefined ? null : judge(interval, threshold);
  return {
    name,
    title,
    unit,
    value,
    interval,
    summary: summary ?? null,
    bound: bound === undefined ? null : { ...bound, ratio: value / bound.value },
    threshold: threshold ?? null,
    met: verdict?.met ?? null,
    verdict: verdict?.text ?? '',
  };
}

/** The whole result with the machine it was measured on. */
export function benchDocument(
  name: string,
  seed: number,
  rows: readonly Row[],
  notes: readonly string[],
): BenchDocument {
  const judged = rows.filter(({ threshold }) => threshold !== null);
  const missed = judged.some(({ met }) => met === false);
  const undecided = judged.some(({ met }) => met === null);
  const processors = cpus();
  return {
    name,
    seed,
    environment: {
      node: process.version,
      processor: processors[0]?.model.trim() ?? 'unknown',
      cores: processors.length,
      platform: `${process.platform}-${process.arch}`,
    },
    rows,
    notes,
    met: missed ? false : undecided ? null : true,
  };
}

/** Cells of a table with a heading. */
export function tableRows(rows: readonly Row[]): readonly (readonly string[])[] {
  return [
    ['what', 'measured', '95 % interval', 'bound', '× bound', 'wanted', 'verdict'],
    ...rows.map(({ title, unit, value, interval, bound, threshold, verdict }) => [
      title,
      `${short(value)} ${unit}`,
      interval.low === interval.high ? 'exact' : `${short(interval.low)} – ${short(interval.high)}`,
      bound === null ? '' : `${short(bound.value)} ${bound.name}`,
      bound === null ? '' : short(bound.ratio),
      threshold === null
        ? ''
        : `${threshold.kind === 'at-most' ? '≤' : '≥'} ${short(threshold.value)}`,
      verdict,
    ]),
  ];
}

/** Three significant digits, whole from 100 on. */
function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
