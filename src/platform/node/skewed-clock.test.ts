import { expect, test } from 'vitest';
import { createWorld } from '../../sim/world.ts';
import { primitives } from './primitives.ts';
import { createSkewedClock } from './skewed-clock.ts';

test('wall time is wrong by what was said last; monotonic time and timers are not', () => {
  const world = createWorld({ seed: 1, primitives });
  const clock = createSkewedClock(world.clock);
  const trueMs = world.clock.wallMs();
  for (const byMs of [2_000, -60_000, 0]) {
    clock.skew(byMs);
    expect([clock.wallMs() - trueMs, clock.now()]).toEqual([byMs, 0]);
  }
  clock.skew(3_600_000);
  let firedAtMs: number | null = null;
  clock.after(50, () => {
    firedAtMs = clock.now();
  });
  world.runSync(100);
  expect(firedAtMs).toBe(50);
});
