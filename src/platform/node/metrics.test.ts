import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('counts, sets and observes in a registry of its own; one name is one instrument', async () => {
  const metrics = createMetrics();
  const options = { name: 'bitcraps_test_frames_total', help: 'Frames.', labelNames: ['link'] };
  const counter = metrics.counter(options);
  expect(metrics.counter(options)).toBe(counter);
  counter.add(1, { link: 'a' });
  counter.add(2.5, { link: 'a' });
  metrics.gauge({ name: 'bitcraps_test_peers', help: 'Peers.' }).set(7);
  const histogram = metrics.histogram({
    name: 'bitcraps_test_delay_seconds',
    help: 'Delay.',
    buckets: [0.1, 1],
  });
  histogram.observe(0.5);

  const late = metrics.counter({
    name: 'bitcraps_test_late_total',
    help: 'Late.',
    collect: () => late.add(4),
  });

  const text = await metrics.render();
  expect(text).toContain('bitcraps_test_frames_total{link="a"} 3.5');
  expect(text).toContain('bitcraps_test_peers 7');
  expect(text).toContain('bitcraps_test_late_total 4');
  expect(await metrics.render()).toContain('bitcraps_test_late_total 8');
  expect(text).toContain('bitcraps_test_delay_seconds_bucket{le="0.1"} 0');
  expect(text).toContain('bitcraps_test_delay_seconds_bucket{le="1"} 1');
  expect(await createMetrics().render()).not.toContain('bitcraps_test');
});
