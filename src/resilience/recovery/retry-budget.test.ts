import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { primitives } from '../../platform/node/primitives.ts';
import { createSeededRng } from '../../sim/seeded-rng.ts';
import { createWorld } from '../../sim/world.ts';
import { ceilingMs, fullJitterMs } from './full-jitter.ts';
import { RETRY_BUDGET_LIMITS, RetryBudget } from './retry-budget.ts';

describe('full jitter', () => {
  test('lies between nothing and a ceiling that doubles up to a bound', () => {
    const rng = createSeededRng(primitives, 1, 'jitter');
    fc.assert(
      fc.property(
        fc.nat({ max: 2_000 }),
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 100_000 }),
        (failures, firstMs, maxMs) => {
          const ms = fullJitterMs(rng, failures, firstMs, maxMs);
          expect(ms).toBeGreaterThanOrEqual(0);
          expect(ms).toBeLessThan(ceilingMs(failures, firstMs, maxMs));
          expect(ceilingMs(failures, firstMs, maxMs)).toBeLessThanOrEqual(maxMs);
        },
      ),
    );
    expect([0, 1, 2, 3, 9].map((failures) => ceilingMs(failures, 200, 5_000))).toEqual([
      200, 400, 800, 1_600, 5_000,
    ]);
  });

  test('is uniform: its mean is half of the ceiling, its variance a twelfth of its square', () => {
    const rng = createSeededRng(primitives, 2, 'jitter');
    const draws = Array.from({ length: 20_000 }, () => fullJitterMs(rng, 3, 125, 1_000) / 1_000);
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
    expect(mean).toBeCloseTo(1 / 2, 2);
    expect(variance).toBeCloseTo(1 / 12, 2);
  });
});

function count(of: Map<string, number>, subject: string): void {
  of.set(subject, (of.get(subject) ?? 0) + 1);
}

function sum(of: ReadonlyMap<string, number>): number {
  return [...of.values()].reduce((total, one) => total + one, 0);
}

const limits = {
  successShare: 0.25,
  subjectBurst: 4,
  subjectPerSecond: 0.5,
  wholeBurst: 10,
  wholePerSecond: 2,
  subjectsMax: 8,
};

describe('the retry budget', () => {
  test('grants no more than the floor and the share of successes, for each and for all', () => {
    const events = fc.array(
      fc.record({
        pauseMs: fc.nat({ max: 800 }),
        subject: fc.constantFrom('a', 'b', 'c', 'd'),
        succeeds: fc.boolean(),
      }),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(events, (list) => {
        const world = createWorld({ seed: 1, primitives });
        const budget = new RetryBudget(world.clock, limits);
        const granted = new Map<string, number>();
        const successes = new Map<string, number>();
        for (const { pauseMs, subject, succeeds } of list) {
          world.runSync(world.clock.now() + pauseMs);
          if (!budget.take(subject)) continue;
          count(granted, subject);
          if (succeeds) {
            budget.succeeded(subject);
            count(successes, subject);
          }
          const seconds = world.clock.now() / 1_000;
          for (const [one, attempts] of granted) {
            const earned = limits.successShare * (successes.get(one) ?? 0);
            const most = limits.subjectBurst + limits.subjectPerSecond * seconds + earned;
            expect(attempts).toBeLessThanOrEqual(most + 1e-6);
          }
          const earned = limits.successShare * sum(successes);
          const most = limits.wholeBurst + limits.wholePerSecond * seconds + earned;
          expect(sum(granted)).toBeLessThanOrEqual(most + 1e-6);
        }
      }),
    );
  });

  test('refuses out of neither bucket what one of them cannot pay', () => {
    const world = createWorld({ seed: 1, primitives });
    const budget = new RetryBudget(world.clock, limits);
    for (let i = 0; i < 4; i += 1) expect(budget.take('a')).toBe(true);
    expect(budget.left).toBe(6);
    expect(budget.take('a')).toBe(false);
    expect(budget.left).toBe(6);
    expect(budget.refused).toBe(1);
    for (const subject of ['b', 'c', 'd']) for (let i = 0; i < 2; i += 1) budget.take(subject);
    // The whole has none left, `b` has two.
    expect(budget.take('b')).toBe(false);
    world.runSync(1_000);
    expect([budget.take('b'), budget.take('c')]).toEqual([true, true]);
    expect(budget.take('d')).toBe(false);
  });

  test('says how long to wait, and grants then', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 700 }), { maxLength: 60 }), (pauses) => {
        const world = createWorld({ seed: 1, primitives });
        const budget = new RetryBudget(world.clock, limits);
        for (const pauseMs of pauses) {
          world.runSync(world.clock.now() + pauseMs);
          budget.take('a');
        }
        // A millisecond for what sums of fractions round away.
        world.runSync(world.clock.now() + budget.waitMs('a') + 1);
        expect(budget.take('a')).toBe(true);
      }),
    );
  });

  test('keeps a bounded number of subjects, and the whole over all of them', () => {
    const world = createWorld({ seed: 1, primitives });
    const budget = new RetryBudget(world.clock);
    let granted = 0;
    for (let i = 0; i < 10_000; i += 1) if (budget.take(`subject ${i}`)) granted += 1;
    expect(granted).toBe(RETRY_BUDGET_LIMITS.wholeBurst);
  });
});
