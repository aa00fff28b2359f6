// The window on a path whose queue is its own, and on one whose answers are late whatever it does.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSendWindow, WINDOW_BYTES_MAX, type SendWindow } from './send-window.ts';

/** Acknowledges whole windows, one after the other, for `forMs`; bytes per second that were carried. */
function drive(
  window: SendWindow,
  forMs: number,
  roundTripMs: (bytes: number) => number,
  fromMs = 0,
): number {
  let nowMs = fromMs;
  let carried = 0;
  while (nowMs < fromMs + forMs) {
    const { bytes } = window;
    const ms = roundTripMs(bytes);
    nowMs += ms;
    carried += bytes;
    window.acknowledged(ms, bytes, true, null, nowMs);
  }
  return (carried * 1000) / (nowMs - fromMs);
}

/** Carries so much; what is under way beyond waits in it. */
function bottleneck(bytesPerMs: number, leastMs: number): (bytes: number) => number {
  return (bytes) => Math.max(leastMs, bytes / bytesPerMs);
}

describe('send window', () => {
  test('its own queue stays within some 150 ms at most, and the path is full', () => {
    const rates = fc.integer({ min: 400, max: 3_000 });
    fc.assert(
      fc.property(rates, fc.integer({ min: 2, max: 100 }), (bytesPerMs, leastMs) => {
        const window = createSendWindow();
        const path = bottleneck(bytesPerMs, leastMs);
        drive(window, 5_000, path);
        let longestMs = 0;
        const carried = drive(
          window,
          20_000,
          (bytes) => {
            const ms = path(bytes);
            longestMs = Math.max(longestMs, ms - leastMs);
            return ms;
          },
          5_000,
        );
        expect(longestMs).toBeLessThan(150);
        expect(carried).toBeGreaterThan(700 * bytesPerMs);
      }),
      { seed: 1, numRuns: 40 },
    );
  });

  test('answers that are late whatever it sends do not shut it', () => {
    const window = createSendWindow();
    // A processor that others use: 1 ms now and then, else up to 400.
    let turn = 0;
    const carried = drive(window, 120_000, () => {
      turn += 1;
      return turn % 10 === 0 ? 1 : 50 + ((turn * 7919) % 350);
    });
    // A shut window would carry 4 KiB each 200 ms: 20 kB/s.
    expect(carried).toBeGreaterThan(1_000_000);
    expect(window.bytes).toBeGreaterThan(WINDOW_BYTES_MAX / 16);
  });

  test('nor does a window that is too small to shrink stay so', () => {
    const window = createSendWindow();
    drive(window, 30_000, (bytes) => 1 + bytes / 20);
    expect(window.bytes).toBeLessThanOrEqual(16 * 1024);
    const carried = drive(window, 120_000, () => 200, 30_000);
    expect(carried).toBeGreaterThan(200_000);
  });

  test('a queue that comes after such answers is seen again, once they are trusted again', () => {
    const window = createSendWindow();
    drive(window, 20_000, () => 200);
    const path = bottleneck(500, 20);
    drive(window, 320_000, path, 20_000);
    let longestMs = 0;
    drive(
      window,
      10_000,
      (bytes) => {
        longestMs = Math.max(longestMs, path(bytes));
        return path(bytes);
      },
      400_000,
    );
    expect(longestMs).toBeLessThan(140);
  });
});
