import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createReplayWindow, REPLAY_WINDOW_PACKETS } from './replay-window.ts';
import { COUNTER_END } from './transport-cipher.ts';

/** What the window promises, with a set instead of a ring. */
function createModel(): { accept(counter: bigint): boolean } {
  const seen = new Set<bigint>();
  let highest = -1n;
  return {
    accept(counter) {
      if (counter < 0n || counter >= COUNTER_END) return false;
      if (highest - counter >= BigInt(REPLAY_WINDOW_PACKETS) || seen.has(counter)) return false;
      seen.add(counter);
      if (counter > highest) highest = counter;
      return true;
    },
  };
}

describe('replay window', () => {
  test('agrees with a set that never forgets, for any walk of counters', () => {
    const step = fc.oneof(
      fc.integer({ min: -40, max: 40 }),
      fc.integer({ min: -2100, max: 2100 }),
      fc.constantFrom(-2016, -2015, -2017, 31, 32, 33, 2047, 2048, 2049, 5000),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(0n, 100n, 2n ** 32n, 2n ** 53n - 3n, COUNTER_END - 5000n),
        fc.array(step, { maxLength: 200 }),
        (start, steps) => {
          const window = createReplayWindow();
          const model = createModel();
          let counter = start;
          for (const step of steps) {
            expect(window.accept(counter)).toBe(model.accept(counter));
            counter += BigInt(step);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('each counter of a whole window is accepted once, in any order', () => {
    const window = createReplayWindow();
    const counters = Array.from({ length: REPLAY_WINDOW_PACKETS }, (_, i) =>
      BigInt((i * 5) % REPLAY_WINDOW_PACKETS),
    );
    expect(window.accept(BigInt(REPLAY_WINDOW_PACKETS - 1))).toBe(true);
    for (const counter of counters) {
      expect(window.accept(counter)).toBe(counter !== BigInt(REPLAY_WINDOW_PACKETS - 1));
    }
    for (const counter of counters) expect(window.accept(counter)).toBe(false);
  });

  test('a stream in order is never refused, at any stride', () => {
    for (const stride of [1, 3, 31, 32, 33, 64, 1000]) {
      const window = createReplayWindow();
      let refused = 0;
      for (let i = 0; i < 10_000; i += 1) if (!window.accept(BigInt(i * stride))) refused += 1;
      expect(refused).toBe(0);
    }
  });

  test('a counter that no sealer may use is refused', () => {
    const window = createReplayWindow();
    expect(window.accept(-1n)).toBe(false);
    expect(window.accept(COUNTER_END)).toBe(false);
    expect(window.accept(COUNTER_END - 1n)).toBe(true);
    expect(window.accept(0n)).toBe(false);
  });
});
