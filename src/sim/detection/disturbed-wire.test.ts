import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { primitives } from '../../platform/node/primitives.ts';
import { disturbances, type Disturbance } from '../../resilience/disturbances.ts';
import { createSeededRng } from '../seeded-rng.ts';
import { DisturbedWire, Incidents } from './disturbed-wire.ts';

const DAY_MS = 86_400_000;
const QUIET: Disturbance = { ...disturbances.lan, loss: 0, outagesPerDay: 0 };

function rng(seed: number): ReturnType<typeof createSeededRng> {
  return createSeededRng(primitives, seed, 'wire');
}

describe('a disturbed wire', () => {
  test('keeps the order of each direction, and is never faster than light', () => {
    const gaps = fc.array(fc.double({ min: 0, max: 5_000, noNaN: true }), { maxLength: 200 });
    fc.assert(
      fc.property(gaps, fc.integer(), (between, seed) => {
        const disturbance = { ...disturbances.default, loss: 0.2, outagesPerDay: 5_000 };
        const wire = new DisturbedWire(disturbance, Infinity, rng(seed));
        let nowMs = 0;
        const last = [0, 0];
        for (const [i, gapMs] of between.entries()) {
          nowMs += gapMs;
          const direction = i % 3 === 0 ? 1 : 0;
          const { leftMs, arrivesMs } = wire.send(direction, nowMs);
          expect(leftMs).toBeGreaterThanOrEqual(nowMs);
          expect(arrivesMs).toBeGreaterThanOrEqual(leftMs + disturbance.latencyMs);
          expect(arrivesMs).toBeGreaterThanOrEqual(last[direction] ?? 0);
          last[direction] = arrivesMs;
        }
      }),
    );
  });

  test('loses the share it is told to, and sends again after the timeout, then after twice that', () => {
    const wire = new DisturbedWire({ ...QUIET, loss: 0.1, jitterMs: 0 }, Infinity, rng(1));
    const late = new Map<number, number>();
    for (let i = 0; i < 20_000; i += 1) {
      const nowMs = i * 10_000;
      const lateMs = wire.send(0, nowMs).leftMs - nowMs;
      late.set(lateMs, (late.get(lateMs) ?? 0) + 1);
    }
    expect((late.get(0) ?? 0) / 20_000).toBeCloseTo(0.9, 2);
    expect((late.get(200) ?? 0) / 20_000).toBeCloseTo(0.09, 2);
    expect((late.get(600) ?? 0) / 20_000).toBeCloseTo(0.009, 2);
    expect(late.has(1_400)).toBe(true);
  });

  test('knows of a loss sooner where other segments follow', () => {
    const wire = new DisturbedWire({ ...QUIET, loss: 0.5, jitterMs: 0 }, 50, rng(2));
    for (let i = 0; i < 100; i += 1) {
      const lateMs = wire.send(0, i * 100_000).leftMs - i * 100_000;
      // What follows comes after 50 ms, and is acknowledged in a round trip.
      expect(lateMs % 54).toBe(0);
    }
  });
});

test('incidents come as often as told, one after the other, and last up to what is told', () => {
  const incidents = new Incidents(24, 3_600, rng(3));
  let count = 0;
  let lastMs = 0;
  for (let next = incidents.next(); next.fromMs < 500 * DAY_MS; next = incidents.next()) {
    expect(next.fromMs).toBeGreaterThanOrEqual(lastMs);
    expect(next.untilMs - next.fromMs).toBeLessThanOrEqual(3_600);
    lastMs = next.untilMs;
    count += 1;
  }
  expect(count / 500).toBeGreaterThan(23);
  expect(count / 500).toBeLessThan(25);
  expect(new Incidents(0, 1, rng(4)).next().fromMs).toBe(Infinity);
});
