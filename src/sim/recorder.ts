// Logs and metrics of simulated nodes: kept in memory, and every line of the log part of the event log's hash.

import type { Counter, Gauge, Histogram, Labels, MetricOptions, Metrics } from '../env/metrics.ts';
import type { LogFields, Logger } from '../env/logger.ts';
import type { World } from './world.ts';

/** A logger of the node `name` whose lines go into the event log. */
export function createRecordingLogger(world: World, name: string, fixed: LogFields = {}): Logger {
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}): void =>
      world.log(`${level} ${name} ${event}${textOf({ ...fixed, ...fields })}`);
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => createRecordingLogger(world, name, { ...fixed, ...fields }),
  };
}

function textOf(fields: LogFields): string {
  return Object.entries(fields)
    .map(([key, value]) => ` ${key}=${String(value)}`)
    .join('');
}

/** Metrics that a scenario can read back. */
export interface RecordedMetrics extends Metrics {
  /** A counter's total or a gauge's last value; 0 where nothing was recorded. */
  value(name: string, labels?: Labels): number;
  /** What a histogram observed, in order, the last `OBSERVATIONS_MAX`. */
  observations(name: string, labels?: Labels): readonly number[];
}

/** Kept for each histogram and set of labels; the oldest go first. */
export const OBSERVATIONS_MAX = 10_000;

export function createRecordedMetrics(): RecordedMetrics {
  const values = new Map<string, number>();
  const observed = new Map<string, number[]>();
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();

  const collects: (() => void)[] = [];

  const counterOf = ({ name }: MetricOptions): Counter => ({
    add(by = 1, labels = {}) {
      const id = seriesOf(name, labels);
      values.set(id, (values.get(id) ?? 0) + by);
    },
  });
  const gaugeOf = ({ name }: MetricOptions): Gauge => ({
    set: (value, labels = {}) => void values.set(seriesOf(name, labels), value),
  });
  const histogramOf = ({ name }: MetricOptions): Histogram => ({
    observe(value, labels = {}) {
      const id = seriesOf(name, labels);
      const list = observed.get(id) ?? [];
      if (list.length >= OBSERVATIONS_MAX) list.shift();
      list.push(value);
      observed.set(id, list);
    },
  });

  const collecting = (options: MetricOptions): MetricOptions => {
    if (options.collect !== undefined) collects.push(options.collect);
    return options;
  };

  return {
    counter: (options) => once(counters, collecting(options), counterOf),
    gauge: (options) => once(gauges, collecting(options), gaugeOf),
    histogram: (options) => once(histograms, options, histogramOf),
    value(name, labels = {}) {
      for (const collect of collects) collect();
      return values.get(seriesOf(name, labels)) ?? 0;
    },
    observations: (name, labels = {}) => [...(observed.get(seriesOf(name, labels)) ?? [])],
  };
}

function seriesOf(name: string, labels: Labels): string {
  const sorted = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${name}${JSON.stringify(sorted)}`;
}

function once<T>(
  known: Map<string, T>,
  options: MetricOptions,
  create: (options: MetricOptions) => T,
): T {
  const existing = known.get(options.name);
  if (existing !== undefined) return existing;
  const created = create(options);
  known.set(options.name, created);
  return created;
}
