import { expect, test } from 'vitest';
import { BitcrapsError, errorText, fail, ok, unwrap } from './errors.ts';

test('a message carries its data', () => {
  const error = new BitcrapsError('UNIT_SIZE_INVALID', { text: '5x' });
  expect(error.message).toBe('not a size: 5x');
  expect(error.code).toBe('UNIT_SIZE_INVALID');
  expect(error.data).toEqual({ text: '5x' });
});

test('unwrap gives the value or throws the error', () => {
  expect(unwrap(ok(7))).toBe(7);
  expect(() => unwrap(fail('UNIT_SIZE_INVALID', { text: 'x' }))).toThrow('not a size: x');
});

test('unknown codes have no text', () => {
  expect(errorText('toString')).toBeUndefined();
});
