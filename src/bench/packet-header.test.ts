import { expect, test } from 'vitest';
import { benchPacketHeader } from './packet-header.ts';

test('the packet header benchmark measures both sides of its ratio', () => {
  const { operationsPerSecond, bound, ratio, headerBytes } = benchPacketHeader();
  for (const { min, median, max } of [operationsPerSecond, bound.operationsPerSecond]) {
    expect(min).toBeGreaterThan(0);
    expect(median).toBeGreaterThanOrEqual(min);
    expect(max).toBeGreaterThanOrEqual(median);
  }
  expect(ratio).toBeCloseTo(operationsPerSecond.median / bound.operationsPerSecond.median);
  expect(headerBytes).toBe(93);
});
