import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createHysteresis, type Hysteresis, type Scored } from './hysteresis.ts';

const OPTIONS = { margin: 0.1, holdMs: 5_000 };
const best = (ordered: readonly Scored[]): string => ordered[0]?.key ?? '';

function settle(hysteresis: Hysteresis, scores: Record<string, number>, nowMs: number): void {
  const eligible = Object.entries(scores).map(([key, score]) => ({ key, score }));
  hysteresis.settle(eligible, nowMs, best);
}

describe('hysteresis', () => {
  test('noise below the margin never changes the choice, however long it lasts', () => {
    const scores = fc.record({
      a: fc.double({ min: 0.5, max: 0.599, noNaN: true }),
      b: fc.double({ min: 0.5, max: 0.599, noNaN: true }),
      c: fc.double({ min: 0.5, max: 0.599, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(scores, fc.nat(20_000)), { minLength: 2 }), (steps) => {
        const hysteresis = createHysteresis(OPTIONS);
        let nowMs = 0;
        for (const [noisy, pauseMs] of steps) {
          settle(hysteresis, noisy, nowMs);
          nowMs += pauseMs;
        }
        expect(hysteresis.switches).toBe(0);
      }),
    );
  });

  test('between two changes lies at least the time that is held', () => {
    const scores = fc.record({
      a: fc.double({ min: 0, max: 1, noNaN: true }),
      b: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(scores, fc.nat(3_000)), { minLength: 2 }), (steps) => {
        const hysteresis = createHysteresis(OPTIONS);
        let [nowMs, before, changedAtMs] = [0, null as string | null, -Infinity];
        for (const [noisy, pauseMs] of steps) {
          settle(hysteresis, noisy, nowMs);
          if (hysteresis.current !== before) {
            if (before !== null) expect(nowMs - changedAtMs).toBeGreaterThanOrEqual(OPTIONS.holdMs);
            [before, changedAtMs] = [hysteresis.current, nowMs];
          }
          nowMs += pauseMs;
        }
      }),
    );
  });

  test('what is better by the margin for the time is taken, and a break begins the time anew', () => {
    const hysteresis = createHysteresis(OPTIONS);
    settle(hysteresis, { a: 0.5, b: 0.4 }, 0);
    settle(hysteresis, { a: 0.5, b: 0.7 }, 1_000);
    settle(hysteresis, { a: 0.5, b: 0.55 }, 4_000);
    settle(hysteresis, { a: 0.5, b: 0.7 }, 5_000);
    settle(hysteresis, { a: 0.5, b: 0.7 }, 9_999);
    expect(hysteresis.current).toBe('a');
    settle(hysteresis, { a: 0.5, b: 0.7 }, 10_000);
    expect(hysteresis.current).toBe('b');
    expect(hysteresis.switches).toBe(1);
  });

  test('a choice that is gone is left at once', () => {
    const hysteresis = createHysteresis(OPTIONS);
    settle(hysteresis, { a: 0.9, b: 0.1 }, 0);
    settle(hysteresis, { b: 0.1 }, 1);
    expect(hysteresis.current).toBe('b');
    settle(hysteresis, {}, 2);
    expect(hysteresis.current).toBeNull();
  });
});
