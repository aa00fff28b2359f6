import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMetrics } from './graph/metric-code.ts';
import {
  CHANGE_LASTS_MS,
  createLinkMeter,
  MEASUREMENTS_MAX,
  METRICS_INTERVAL_MS_MIN,
  REWEIGH_INTERVAL_MS_MIN,
  WEIGHT_PER_HOP,
  type LinkMeter,
} from './link-metrics.ts';

function measuring(): LinkMeter {
  return createLinkMeter({ measures: true, energy: () => null });
}

/** Feeds a measurement each second from `fromMs`; when something was told. */
function feed(meter: LinkMeter, fromMs: number, roundTripsMs: readonly number[]): number[] {
  return roundTripsMs.flatMap((roundTripMs, i) => {
    const atMs = fromMs + i * 1_000;
    return meter.measured({ atMs, roundTripMs, queueMs: 0 }) ? [atMs] : [];
  });
}

function steady(roundTripMs: number, count: number): number[] {
  return Array.from({ length: count }, () => roundTripMs);
}

/** Round trips that scatter evenly within a fifth of 100 ms, as chance has it. */
const noisy = fc.nat().map((seed) => {
  let state = seed;
  return Array.from({ length: 300 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 80 + (40 * state) / 2 ** 32;
  });
});

describe('the weight of a link', () => {
  test('is that of a hop where nothing is measured', () => {
    const meter = createLinkMeter({ measures: false, energy: () => null });
    expect(feed(meter, 0, steady(5_000, 20))).toEqual([]);
    expect(meter.weight).toBe(WEIGHT_PER_HOP);
    expect(meter.metrics).toBe(0);
  });

  test('is 100 and the round trip in quanta of 5 ms, told after three measurements', () => {
    const meter = measuring();
    expect(feed(meter, 0, [41, 250, 41])).toEqual([2_000]);
    expect(meter.weight).toBe(140);
    expect(decodeMetrics(meter.metrics).latencyMs).toBeCloseTo(20.5, -0.5);
  });

  test('noise around a settled value changes nothing', () => {
    fc.assert(
      fc.property(noisy, (samples) => {
        const meter = measuring();
        feed(meter, 0, steady(110, 3));
        const { weight } = meter;
        const told = feed(meter, 3_000, samples);
        expect(meter.weight).toBe(weight);
        expect(told).toEqual([]);
      }),
    );
  });

  test('a single outlier changes nothing, however large', () => {
    const meter = measuring();
    feed(meter, 0, steady(20, 30));
    expect(feed(meter, 30_000, [4_000, ...steady(20, 5)])).toEqual([]);
  });

  test('a real change is told once, after it has lasted', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 200 }),
        fc.constantFrom(0.3, 3, 10),
        noisy,
        (beforeMs, factor, noise) => {
          const meter = measuring();
          feed(meter, 0, steady(beforeMs, 40));
          const before = meter.weight;
          const afterMs = beforeMs * factor;
          const jittering = noise.map((ms) => afterMs * (0.95 + (ms - 80) / 400));
          const told = feed(meter, 40_000, jittering);
          if (Math.abs(afterMs - beforeMs) < Math.max(10, 0.35 * beforeMs)) return;
          expect(told).toHaveLength(1);
          expect(told[0]).toBeGreaterThanOrEqual(40_000 + CHANGE_LASTS_MS);
          expect(told[0]).toBeLessThanOrEqual(40_000 + 25_000);
          expect(meter.weight).not.toBe(before);
          expect(Math.abs(meter.weight - WEIGHT_PER_HOP - afterMs)).toBeLessThan(
            0.25 * afterMs + 10,
          );
        },
      ),
    );
  });

  test('changes at most every ten seconds', () => {
    const meter = measuring();
    const levels = [10, 500, 20, 900, 30, 700];
    const told = levels.flatMap((ms, i) => feed(meter, i * 12_000, steady(ms, 12)));
    for (const [i, atMs] of told.entries()) {
      if (i > 0) expect(atMs - (told[i - 1] ?? 0)).toBeGreaterThanOrEqual(REWEIGH_INTERVAL_MS_MIN);
    }
  });

  test('counts loss, a slow rate, a queue and a battery that runs low', () => {
    const plain = measuring();
    feed(plain, 0, steady(10, 3));
    expect(plain.weight).toBe(110);
    const lossy = measuring();
    for (let i = 0; i < 400; i += 1) lossy.probed(i % 2 === 0);
    feed(lossy, 0, steady(10, 3));
    expect(lossy.weight).toBeGreaterThan(190);
    expect(lossy.weight).toBeLessThan(240);
    const slow = measuring();
    slow.delivered(20_000, 2_000, 0);
    feed(slow, 0, steady(10, 3));
    expect(slow.weight).toBe(210);
    const queued = measuring();
    for (const atMs of [0, 1_000, 2_000]) {
      queued.measured({ atMs, roundTripMs: 10, queueMs: 5_000 });
    }
    expect(queued.weight).toBe(210);
    const empty = createLinkMeter({ measures: true, energy: () => 0 });
    feed(empty, 0, steady(10, 3));
    expect(empty.weight).toBe(160);
  });

  test('is one that a record may carry, whatever was measured', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true })), (measured) => {
        const meter = measuring();
        measured.forEach((roundTripMs, i) =>
          meter.measured({ atMs: i * REWEIGH_INTERVAL_MS_MIN, roundTripMs, queueMs: roundTripMs }),
        );
        expect(Number.isInteger(meter.weight)).toBe(true);
        expect(meter.weight).toBeGreaterThanOrEqual(1);
        expect(meter.weight).toBeLessThanOrEqual(65_535);
        expect(meter.window.length).toBeLessThanOrEqual(MEASUREMENTS_MAX);
      }),
    );
  });
});

describe('metrics', () => {
  test('that double are told although the weight stays, once in five minutes', () => {
    const meter = measuring();
    feed(meter, 0, steady(1, 10));
    const told = Array.from({ length: 1_200 }, (_, i) => {
      const atMs = 10_000 + i * 1_000;
      // Each minute delivers ten times what the one before did.
      meter.delivered(1e6 * 10 ** Math.floor(i / 60), 1_000, atMs);
      return meter.measured({ atMs, roundTripMs: 1, queueMs: 0 }) ? [atMs] : [];
    }).flat();
    expect(told.length).toBeGreaterThan(1);
    expect(told.length).toBeLessThanOrEqual(1 + 1_200_000 / METRICS_INTERVAL_MS_MIN);
    expect(decodeMetrics(meter.metrics).bytesPerSecond).toBeGreaterThan(1e6);
  });

  test('are not known before they were measured', () => {
    const meter = measuring();
    expect(meter.current(0)).toEqual({
      latencyMs: null,
      jitterMs: null,
      loss: null,
      bytesPerSecond: null,
      queueMs: null,
    });
    feed(meter, 0, [8]);
    expect(meter.current(0)).toMatchObject({ latencyMs: 4, loss: null, bytesPerSecond: null });
  });
});
