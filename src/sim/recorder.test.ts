import { expect, test } from 'vitest';
import { primitives } from '../platform/node/primitives.ts';
import { createRecordedMetrics, createRecordingLogger } from './recorder.ts';
import { createWorld } from './world.ts';

test('log lines go into the event log, with the fields of the child', () => {
  const [a, b] = [createWorld({ seed: 1, primitives }), createWorld({ seed: 1, primitives })];
  createRecordingLogger(a, 'n1').child({ link: 'x' }).warn('slow', { ms: 5, units: 7n });
  expect(a.logTail()).toEqual(['0.000 warn n1 slow link=x ms=5 units=7']);
  createRecordingLogger(b, 'n1').child({ link: 'x' }).warn('slow', { ms: 6, units: 7n });
  expect(a.logHash()).not.toEqual(b.logHash());
});

test('metrics can be read back; one name is one instrument', () => {
  const metrics = createRecordedMetrics();
  const frames = { name: 'frames_total', help: 'Frames.' };
  metrics.counter(frames).add();
  metrics.counter(frames).add(4);
  metrics.counter(frames).add(2, { peer: 'x', link: 'y' });
  metrics.gauge({ name: 'peers', help: 'Peers.' }).set(3);
  metrics.histogram({ name: 'delay_ms', help: 'Delay.', buckets: [1] }).observe(0.5);
  expect(metrics.value('frames_total')).toBe(5);
  expect(metrics.value('frames_total', { link: 'y', peer: 'x' })).toBe(2);
  expect(metrics.value('peers')).toBe(3);
  expect(metrics.value('unknown')).toBe(0);
  let fresh = 2;
  const late = metrics.counter({
    name: 'late_total',
    help: 'Late.',
    collect: () => late.add(fresh),
  });
  expect(metrics.value('late_total')).toBe(2);
  fresh = 1;
  expect(metrics.value('late_total')).toBe(3);
  expect(metrics.observations('delay_ms')).toEqual([0.5]);
});
