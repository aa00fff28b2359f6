import { expect, test } from 'vitest';
import type { Labels, MetricOptions, Metrics } from '../../env/metrics.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { createWorld } from '../../sim/world.ts';
import { createShaper } from './shaper.ts';
import { shapingMetrics } from './shaping-metrics.ts';

function key(name: string, labels: Labels = {}): string {
  return [name, ...Object.values(labels)].join(' ');
}

test('counters hold what left since the start, however often they are read', () => {
  const values = new Map<string, number>();
  const collects: (() => void)[] = [];
  const noted = ({ name, collect }: MetricOptions): string => {
    if (collect !== undefined) collects.push(collect);
    return name;
  };
  const metrics: Metrics = {
    counter: (options) => {
      const name = noted(options);
      return {
        add: (by = 1, labels) =>
          values.set(key(name, labels), (values.get(key(name, labels)) ?? 0) + by),
      };
    },
    gauge: (options) => {
      const name = noted(options);
      return { set: (value, labels) => values.set(key(name, labels), value) };
    },
    histogram: () => ({ observe: () => {} }),
  };
  const world = createWorld({ seed: 1, primitives });
  const shaper = createShaper({ clock: world.clock, rng: world.rng('shaper') });
  shapingMetrics(metrics, () => shaper.usage());
  const queue = shaper.queue('internet', { remoteKey: new Uint8Array(32) });
  let bytes = 0;
  for (let round = 1; round <= 3; round += 1) {
    for (let i = 0; i < 10; i += 1) {
      const frame = new Uint8Array(100 * round);
      frame[2] = 1;
      queue.push(frame, world.clock.now());
      queue.first(world.clock.now());
      bytes += queue.shift(world.clock.now())?.length ?? 0;
    }
    for (const collect of collects) collect();
    expect(values.get('bitcraps_gateway_sent_bytes_total internet game')).toBe(bytes);
    expect(values.get('bitcraps_gateway_sent_packets_total internet game')).toBe(10 * round);
    expect(values.get('bitcraps_gateway_sent_packets_total local game')).toBe(0);
    world.runSync(world.clock.now() + 30_000);
  }
});
