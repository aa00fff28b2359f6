import { expect, test } from 'vitest';
import { presets } from './presets.ts';

test('every preset waits for at least three heartbeats', () => {
  for (const [name, { heartbeatMs, failureTimeoutMs }] of Object.entries(presets)) {
    expect(failureTimeoutMs, name).toBeGreaterThanOrEqual(3 * heartbeatMs);
  }
});

test('the documented defaults', () => {
  expect(presets.default).toEqual({ heartbeatMs: 10_000, failureTimeoutMs: 30_000 });
});
