import { expect, test } from 'vitest';
import { presets } from './presets.ts';

test('every preset waits for at least three heartbeats', () => {
  for (const [name, { heartbeatMs, failureTimeoutMs }] of Object.entries(presets)) {
    expect(failureTimeoutMs, name).toBeGreaterThanOrEqual(3 * heartbeatMs);
  }
});

test('the documented defaults', () => {
  expect(presets.default).toMatchObject({ heartbeatMs: 10_000, failureTimeoutMs: 30_000 });
});

test('two quick answers that fail to come are noticed within a second', () => {
  for (const [name, timings] of Object.entries(presets)) {
    expect(2 * timings.ackTimeoutMsMin, name).toBeLessThan(1_000);
    expect(timings.ackTimeoutMsMin, name).toBeLessThan(timings.ackTimeoutMsMax);
    expect(2 * timings.ackTimeoutMsMax, name).toBeLessThanOrEqual(timings.failureTimeoutMs);
  }
});
