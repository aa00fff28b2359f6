// Metrics whose values a test reads.

import type {
  Counter,
  Gauge,
  Histogram,
  Labels,
  MetricOptions,
  Metrics,
} from '../../src/env/metrics.ts';

function keyOf(name: string, labels: Labels = {}): string {
  return [name, ...Object.values(labels)].join(' ');
}

export class ReadMetrics implements Metrics {
  readonly #values = new Map<string, number>();
  readonly #collects: (() => void)[] = [];

  counter(options: MetricOptions): Counter {
    this.#note(options);
    return { add: (by = 1, labels) => this.#add(keyOf(options.name, labels), by) };
  }

  gauge(options: MetricOptions): Gauge {
    this.#note(options);
    return { set: (value, labels) => this.#values.set(keyOf(options.name, labels), value) };
  }

  histogram(options: MetricOptions): Histogram {
    this.#note(options);
    return { observe: () => {} };
  }

  /** The name and the values of its labels, separated by spaces; 0 for what was never set. */
  read(key: string): number {
    for (const collect of this.#collects) collect();
    return this.#values.get(key) ?? 0;
  }

  #note({ collect }: MetricOptions): void {
    if (collect !== undefined) this.#collects.push(collect);
  }

  #add(key: string, by: number): void {
    this.#values.set(key, (this.#values.get(key) ?? 0) + by);
  }
}
