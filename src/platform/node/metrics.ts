// Prometheus instruments as `Metrics`, in a registry of their own.

import {
  Counter as PrometheusCounter,
  Gauge as PrometheusGauge,
  Histogram as PrometheusHistogram,
  Registry,
} from 'prom-client';
import type {
  Counter,
  Gauge,
  Histogram,
  Labels,
  MetricOptions,
  Metrics,
} from '../../env/metrics.ts';

/** Metrics that a scraper can read. */
export interface NodeMetrics extends Metrics {
  /** The exposition text, for `Content-Type` `contentType`. */
  render(): Promise<string>;
  readonly contentType: string;
}

export function createMetrics(): NodeMetrics {
  const registry = new Registry();
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  const collects: (() => void)[] = [];
  const configuration = (options: MetricOptions) => ({
    name: options.name,
    help: options.help,
    labelNames: [...(options.labelNames ?? [])],
    registers: [registry],
  });

  const collecting = ({ collect }: MetricOptions): void => {
    if (collect !== undefined) collects.push(collect);
  };

  return {
    counter(options) {
      collecting(options);
      return once(counters, options.name, () => {
        const counter = new PrometheusCounter(configuration(options));
        return { add: (by = 1, labels: Labels = {}) => counter.inc(labels, by) };
      });
    },
    gauge(options) {
      collecting(options);
      return once(gauges, options.name, () => {
        const gauge = new PrometheusGauge(configuration(options));
        return {
          set(value, labels: Labels = {}) {
            if (Number.isNaN(value)) gauge.remove(labels);
            else gauge.set(labels, value);
          },
        };
      });
    },
    histogram: (options) =>
      once(histograms, options.name, () => {
        const buckets = [...options.buckets];
        const histogram = new PrometheusHistogram({ ...configuration(options), buckets });
        return { observe: (value, labels: Labels = {}) => histogram.observe(labels, value) };
      }),
    render() {
      for (const collect of collects) collect();
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}

function once<T>(known: Map<string, T>, name: string, create: () => T): T {
  const existing = known.get(name);
  if (existing !== undefined) return existing;
  const created = create();
  known.set(name, created);
  return created;
}
