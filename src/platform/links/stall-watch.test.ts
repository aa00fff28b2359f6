import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HandClock } from '../../../test/suites/hand-clock.ts';
import { StallWatch } from './stall-watch.ts';

const TIMEOUT_MS = 100;

interface Rig {
  readonly clock: HandClock;
  readonly watch: StallWatch;
  waiting: number;
  heard: number;
  stalledAtMs: number | null;
  idles: number;
}

function rig(hears = false): Rig {
  const clock = new HandClock();
  const state: Rig = {
    clock,
    waiting: 0,
    heard: 0,
    stalledAtMs: null,
    idles: 0,
    watch: new StallWatch({
      clock,
      timeoutMs: TIMEOUT_MS,
      isWaiting: () => state.waiting > 0,
      ...(hears ? { signs: () => state.heard } : {}),
      stalled: () => (state.stalledAtMs = clock.now()),
      idle: () => (state.idles += 1),
    }),
  };
  return state;
}

type Step =
  | { readonly kind: 'add' }
  | { readonly kind: 'take' }
  | { readonly kind: 'pass'; readonly ms: number };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.constant({ kind: 'add' } as const),
    fc.constant({ kind: 'take' } as const),
    fc.nat(2 * TIMEOUT_MS).map((ms) => ({ kind: 'pass', ms }) as const),
  ),
  { maxLength: 40 },
);

test('a link stalls exactly when something waited and nothing moved for the time allowed', () => {
  fc.assert(
    fc.property(steps, (steps) => {
      const one = rig();
      /** The rule itself: since when something has waited without movement. */
      let stillSinceMs: number | null = null;
      for (const step of steps) {
        if (one.stalledAtMs !== null) return;
        const now = one.clock.now();
        if (step.kind === 'add') {
          one.watch.adds();
          one.waiting += 1;
          stillSinceMs ??= now;
        } else if (step.kind === 'take' && one.waiting > 0) {
          one.waiting -= 1;
          one.watch.moved();
          stillSinceMs = one.waiting > 0 ? now : null;
        } else if (step.kind === 'pass') {
          one.clock.advance(step.ms);
          const due = stillSinceMs === null ? Infinity : stillSinceMs + TIMEOUT_MS;
          expect(one.stalledAtMs).toBe(due <= one.clock.now() ? due : null);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('what begins to wait as the timer runs out has not waited', () => {
  const one = rig();
  one.watch.adds();
  one.waiting = 1;
  one.waiting = 0;
  one.watch.moved();
  one.clock.advance(TIMEOUT_MS - 1);
  one.watch.adds();
  one.waiting = 1;
  one.clock.advance(TIMEOUT_MS - 1);
  expect(one.stalledAtMs).toBeNull();
  one.clock.advance(1);
  expect(one.stalledAtMs).toBe(2 * TIMEOUT_MS - 1);
});

test('what was heard counts as movement, also where the queue stands still', () => {
  const one = rig(true);
  one.watch.adds();
  one.waiting = 1;
  for (let i = 0; i < 5; i += 1) {
    one.heard += 1;
    one.clock.advance(TIMEOUT_MS);
    expect(one.stalledAtMs).toBeNull();
  }
  one.clock.advance(TIMEOUT_MS);
  expect(one.stalledAtMs).toBe(6 * TIMEOUT_MS);
});

test('tells once that nothing waits any more, and nothing after its end', () => {
  const one = rig();
  one.watch.adds();
  one.clock.advance(10 * TIMEOUT_MS);
  expect(one.idles).toBe(1);
  one.watch.adds();
  one.waiting = 1;
  one.watch.cancel();
  one.watch.adds();
  one.clock.advance(10 * TIMEOUT_MS);
  expect([one.idles, one.stalledAtMs]).toEqual([1, null]);
});
