import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unwrap } from './errors.ts';
import { formatDuration, formatSize, parseDuration, parseSize } from './units.ts';

test('durations and sizes are read back as written', () => {
  fc.assert(
    fc.property(fc.nat(), (n) => {
      expect(unwrap(parseDuration(formatDuration(n)))).toBe(n);
      expect(unwrap(parseSize(formatSize(n)))).toBe(n);
    }),
  );
});

test('units', () => {
  expect(unwrap(parseDuration('1.5s'))).toBe(1500);
  expect(unwrap(parseDuration('2h'))).toBe(7_200_000);
  expect(unwrap(parseSize('16KiB'))).toBe(16_384);
});

test.each(['30', 's', '-1s', '1 s', '5x', '1constructor'])('%j is no duration', (text) => {
  expect(parseDuration(text)).toMatchObject({
    ok: false,
    error: { code: 'UNIT_DURATION_INVALID' },
  });
});

test.each(['16', '16kb', '1.5KiB', '-1B', '1toString'])('%j is no size', (text) => {
  expect(parseSize(text)).toMatchObject({ ok: false, error: { code: 'UNIT_SIZE_INVALID' } });
});
