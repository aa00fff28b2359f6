import fc from 'fast-check';
import { expect, test } from 'vitest';
import { USAGE_WINDOW_MS, UsageWindow } from './bandwidth-usage.ts';
import { BULK, CONTROL, GAME, type ClassRank } from './class-caps.ts';
import { countSent, resetState, sentRate, STATE_NUMBERS } from './source-state.ts';

const NOTHING = [0, 0, 0];

test('rates are what left in the window over the window, whenever one looks', () => {
  const events = fc.array(
    fc.record({
      afterMs: fc.integer({ min: 0, max: 3_000 }),
      rank: fc.constantFrom<ClassRank>(CONTROL, GAME, BULK),
      bytes: fc.integer({ min: 1, max: 60_000 }),
    }),
    { minLength: 1, maxLength: 100 },
  );
  fc.assert(
    fc.property(events, fc.integer({ min: 0, max: 15_000 }), (list, laterMs) => {
      const usage = new UsageWindow(0);
      let nowMs = 0;
      const sent = list.map(({ afterMs, rank, bytes }) => {
        nowMs += afterMs;
        usage.left(rank, bytes, 1, nowMs);
        return { atMs: nowMs, rank, bytes };
      });
      nowMs += laterMs;
      const report = usage.report(NOTHING, nowMs);
      const windowMs = usage.windowMs(nowMs);
      expect(windowMs).toBeLessThanOrEqual(USAGE_WINDOW_MS);
      for (const [rank, name] of [
        [CONTROL, 'control'],
        [GAME, 'game'],
        [BULK, 'bulk'],
      ] as const) {
        const recent = sent.filter((s) => s.rank === rank && s.atMs > nowMs - windowMs - 1e-9);
        const edge = sent.filter((s) => s.rank === rank && s.atMs >= nowMs - windowMs);
        const per = (one: typeof sent): number =>
          (one.reduce((sum, { bytes }) => sum + bytes, 0) * 1_000) / windowMs;
        const shown = report.classes[name].bytesPerSecond;
        expect([per(recent), per(edge)].some((one) => Math.abs(one - shown) < 1e-6)).toBe(true);
      }
    }),
  );
});

test('a source that sends steadily is shown at its rate, one that stopped at none', () => {
  const state = new Float64Array(2 * STATE_NUMBERS);
  resetState(state, 1);
  for (let ms = 0; ms < 35_000; ms += 10) countSent(state, 1, 1_000, ms, USAGE_WINDOW_MS);
  expect(sentRate(state, 1, 35_000, USAGE_WINDOW_MS).bytesPerSecond).toBeCloseTo(100_000, -3);
  expect(sentRate(state, 1, 35_000, USAGE_WINDOW_MS).packetsPerSecond).toBeCloseTo(100, 0);
  expect(sentRate(state, 1, 80_000, USAGE_WINDOW_MS).bytesPerSecond).toBe(0);
});
