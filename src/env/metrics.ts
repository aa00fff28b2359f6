// Measurement as an argument. Names follow Prometheus: `bitcraps_<room>_<what>_<unit>`, counters end in `_total`.

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  /** Adds `by` (default 1, ≥ 0). */
  add(by?: number, labels?: Labels): void;
}

export interface Gauge {
  /** `NaN`: shows nothing under these labels until it is set again. */
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

export interface MetricOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  /** Called before the metrics are read: whoever counts by itself adds then what came since. */
  readonly collect?: () => void;
}

/** Creates instruments; asking twice for one name gives the same instrument. */
export interface Metrics {
  counter(options: MetricOptions): Counter;
  gauge(options: MetricOptions): Gauge;
  /** `buckets` are upper bounds, ascending, in the unit of the name. */
  histogram(options: MetricOptions & { readonly buckets: readonly number[] }): Histogram;
}
