import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crap, formatAmount, parseAmount } from './amount.ts';
import { unwrap } from './errors.ts';

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 21_000_000_000_000n }), (units) => {
      expect(unwrap(parseAmount(formatAmount(units)))).toBe(units);
    }),
  );
});

test.each([
  [crap(5), '5'],
  [2_500_000n, '2.5'],
  [1n, '0.000001'],
  [-1_250_000n, '-1.25'],
])('%s units', (units, text) => expect(formatAmount(units)).toBe(text));

test.each(['', '.5', '1.', '1.0000001', '-1', '1e3', ' 1', '0x10'])('%j is refused', (text) => {
  expect(parseAmount(text)).toMatchObject({ ok: false, error: { code: 'AMOUNT_INVALID' } });
});
