import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWindowedMax } from './windowed-max.ts';

test('is at least the largest of one period and at most that of two', () => {
  const samples = fc.array(fc.record({ pauseMs: fc.nat(150), value: fc.nat(1_000) }), {
    maxLength: 100,
  });
  fc.assert(
    fc.property(samples, (list) => {
      const max = createWindowedMax(100);
      const past: { readonly atMs: number; readonly value: number }[] = [];
      let nowMs = 0;
      for (const { pauseMs, value } of list) {
        nowMs += pauseMs;
        max.add(value, nowMs);
        past.push({ atMs: nowMs, value });
        const within = (ms: number): number[] =>
          past.filter(({ atMs }) => nowMs - atMs < ms).map((one) => one.value);
        expect(max.value(nowMs)).toBeLessThanOrEqual(Math.max(...within(200)));
        expect(max.value(nowMs)).toBeGreaterThanOrEqual(value);
      }
      expect(max.value(nowMs + 1_000)).toBeNull();
    }),
  );
});
