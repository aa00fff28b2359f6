// The rate against a path of known capacity, whose queue grows by what is sent beyond it.

import { describe, expect, test } from 'vitest';
import { ADAPTIVE_BYTES_PER_MS_MIN, AdaptiveRate } from './adaptive-rate.ts';

const LEAST_MS = 40;
const ANSWER_MS = 50;
const QUEUE_MS_MAX = 100;

class PathModel {
  readonly rate = new AdaptiveRate();
  capacityPerMs: number;
  /** What others send over it. */
  othersPerMs = 0;
  queuedBytes = 0;
  nowMs = 0;
  sentBytes = 0;

  constructor(capacityPerMs: number) {
    this.capacityPerMs = capacityPerMs;
  }

  /** `wantedPerMs` is sent, as far as the rate allows; an answer comes every 50 ms. */
  run(ms: number, wantedPerMs: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end; this.nowMs += 1) {
      const queueMax = this.capacityPerMs * QUEUE_MS_MAX;
      // The send window lets no more be under way; others heed nobody.
      const room =
        this.othersPerMs > 0 ? Infinity : queueMax - this.queuedBytes + this.capacityPerMs;
      const bytes = Math.max(0, Math.min(wantedPerMs, this.rate.perMs, room));
      this.rate.sent(bytes);
      this.sentBytes += bytes;
      const more = bytes + this.othersPerMs - this.capacityPerMs;
      this.queuedBytes = Math.min(queueMax, Math.max(0, this.queuedBytes + more));
      if (this.nowMs % ANSWER_MS === 0) {
        this.rate.measured(this.roundTripMs, bytes < wantedPerMs, this.nowMs);
      }
    }
  }

  get roundTripMs(): number {
    return LEAST_MS + this.queuedBytes / this.capacityPerMs;
  }
}

describe('a path that fills up', () => {
  test.each([250, 2_500, 25_000])(
    'of %d bytes a millisecond: little stands in it, most is used',
    (capacity) => {
      const path = new PathModel(capacity);
      path.run(2_000, capacity / 2);
      path.run(20_000, 4 * capacity);
      const before = path.sentBytes;
      let queueMs = 0;
      for (let second = 0; second < 20; second += 1) {
        path.run(1_000, 4 * capacity);
        queueMs += (path.roundTripMs - LEAST_MS) / 20;
      }
      expect(queueMs).toBeLessThan(15);
      expect((path.sentBytes - before) / (20_000 * capacity)).toBeGreaterThan(0.85);
    },
  );

  test('that carries more later is used again, one that carries less is given less', () => {
    const path = new PathModel(2_000);
    path.run(2_000, 1_000);
    path.run(20_000, 10_000);
    for (const capacity of [6_000, 1_000]) {
      path.capacityPerMs = capacity;
      path.run(20_000, 10_000);
      expect(path.rate.perMs / capacity).toBeGreaterThan(0.7);
      expect(path.rate.perMs / capacity).toBeLessThan(1.3);
    }
  });

  test('lets go once it has been quiet and ample', () => {
    const path = new PathModel(2_000);
    path.run(2_000, 1_000);
    path.run(10_000, 8_000);
    expect(path.rate.perMs).toBeLessThan(2_500);
    path.run(30_000, 100);
    expect(path.rate.perMs).toBe(Infinity);
  });
});

describe('what is not for it to mend', () => {
  test('a path that others fill does not throttle who sends little', () => {
    const path = new PathModel(2_000);
    path.run(20_000, 1_500);
    path.run(5_000, 8_000);
    path.othersPerMs = 4_000;
    const before = path.rate.perMs;
    path.run(20_000, 50);
    // The step in which it stopped may still count.
    expect(path.rate.perMs).toBeGreaterThan(0.6 * before);
  });

  test('a queue that stays although less is sent: it is let go, ever more rarely tried', () => {
    const path = new PathModel(2_000);
    path.run(20_000, 1_500);
    path.othersPerMs = 4_000;
    const before = path.sentBytes;
    path.run(300_000, 2_000);
    expect(path.sentBytes - before).toBeGreaterThan(0.9 * 300_000 * 2_000);
  });

  test('answers that are late at random cost little', () => {
    const rate = new AdaptiveRate();
    let [word, sent] = [1, 0];
    for (let ms = 0; ms < 300_000; ms += 1) {
      const bytes = Math.min(2_000, rate.perMs);
      rate.sent(bytes);
      sent += bytes;
      word = (Math.imul(word, 1_103_515_245) + 12_345) >>> 0;
      if (ms % 50 === 0) rate.measured(3 + ((word >>> 16) % 150), true, ms);
    }
    expect(sent).toBeGreaterThan(0.85 * 300_000 * 2_000);
  });

  test('an end so near that only processors can be slow is never held', () => {
    const rate = new AdaptiveRate();
    for (let i = 0; i < 10_000; i += 1) {
      rate.sent(100_000);
      rate.measured(i < 100 ? 0.5 : 60, true, i * 50);
      if (i < 1_000) expect(rate.perMs).toBe(Infinity);
    }
  });

  test('it never goes below what a game needs', () => {
    const path = new PathModel(50);
    path.run(2_000, 25);
    path.run(60_000, 10_000);
    expect(path.rate.perMs).toBeGreaterThanOrEqual(ADAPTIVE_BYTES_PER_MS_MIN);
  });

  test('a late answer or two among others changes nothing', () => {
    const rate = new AdaptiveRate();
    for (let i = 0; i < 1_000; i += 1) {
      rate.sent(100_000);
      rate.measured(i % 5 < 2 ? 400 : 40, true, i * 50);
    }
    expect(rate.perMs).toBe(Infinity);
  });
});
