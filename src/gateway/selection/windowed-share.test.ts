import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWindowedShare } from './windowed-share.ts';

test('the share lies between the shares of the last period and of the last two', () => {
  const samples = fc.array(
    fc.record({ good: fc.boolean(), pauseMs: fc.integer({ min: 0, max: 400 }) }),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(samples, (list) => {
      const window = createWindowedShare(1_000);
      let nowMs = 0;
      const heard: { readonly good: boolean; readonly atMs: number }[] = [];
      for (const { good, pauseMs } of list) {
        nowMs += pauseMs;
        window.add(good ? 1 : 0, 1, nowMs);
        heard.push({ good, atMs: nowMs });
        const within = (ms: number): number =>
          heard.filter(({ atMs }) => nowMs - atMs <= ms).length;
        expect(window.whole(nowMs)).toBeGreaterThanOrEqual(
          heard.filter(({ atMs }) => nowMs - atMs < 1_000).length,
        );
        expect(window.whole(nowMs)).toBeLessThanOrEqual(within(2_000));
        const share = window.share(nowMs);
        expect(share).not.toBeNull();
        if (heard.every((one) => one.good)) expect(share).toBe(1);
      }
    }),
  );
});

test('what is older than two periods is forgotten', () => {
  const window = createWindowedShare(1_000);
  window.add(0, 5, 0);
  expect(window.share(500)).toBe(0);
  expect(window.share(1_999)).toBe(0);
  expect(window.share(2_000)).toBeNull();
  expect(window.whole(2_000)).toBe(0);
  const unasked = createWindowedShare(1_000);
  unasked.add(0, 5, 0);
  expect(unasked.share(2_500)).toBeNull();
});
