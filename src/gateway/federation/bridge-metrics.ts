// The bridges are a mesh of their own: its metrics have names of their own.

import type { MetricOptions, Metrics } from '../../env/metrics.ts';

const MESH = /^bitcraps_mesh_/;

/** The same instruments, `bitcraps_bridge_…` for `bitcraps_mesh_…`. */
export function bridgeMetrics(metrics: Metrics): Metrics {
  return {
    counter: (options) => metrics.counter(named(options)),
    gauge: (options) => metrics.gauge(named(options)),
    histogram: (options) => metrics.histogram(named(options)),
  };
}

function named<T extends MetricOptions>(options: T): T {
  return {
    ...options,
    name: options.name.replace(MESH, 'bitcraps_bridge_'),
    help: options.help.replace('of the mesh', 'between gateways'),
  };
}
