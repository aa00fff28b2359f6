import { expect, test } from 'vitest';
import { benchDetector } from './detector.ts';

test('the detector benchmark measures beats and traffic beside the same memory, and bytes', async () => {
  const { rows } = await benchDetector({ quick: true, seed: 1 });
  expect(rows.map(({ name }) => name)).toEqual([
    'beat-1024',
    'traffic-1024',
    'beat-131072',
    'traffic-131072',
    'bytes',
  ]);
  for (const { value, interval } of rows) {
    expect(value).toBeGreaterThan(0);
    expect(interval.low).toBeLessThanOrEqual(value);
    expect(interval.high).toBeGreaterThanOrEqual(value);
  }
  // Counted, not timed: it does not depend on what else the machine does.
  expect(rows.at(-1)?.met).toBe(true);
});
