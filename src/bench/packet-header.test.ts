import { expect, test } from 'vitest';
import { benchPacketHeader } from './packet-header.ts';

test('the packet header benchmark measures both sides of its ratio', async () => {
  const result = await benchPacketHeader({ quick: true, seed: 1 });
  const { operationsPerSecond, bound, ratio, ratioInterval, headerBytes } = result;
  for (const { min, median, max, interval } of [operationsPerSecond, bound.operationsPerSecond]) {
    expect(min).toBeGreaterThan(0);
    expect(median).toBeGreaterThanOrEqual(min);
    expect(max).toBeGreaterThanOrEqual(median);
    expect(interval.low).toBeLessThanOrEqual(median);
    expect(interval.high).toBeGreaterThanOrEqual(median);
  }
  expect(ratio).toBeCloseTo(operationsPerSecond.median / bound.operationsPerSecond.median);
  expect(ratioInterval.low).toBeLessThanOrEqual(ratio);
  expect(ratioInterval.high).toBeGreaterThanOrEqual(ratio);
  expect(headerBytes).toBe(93);
});
