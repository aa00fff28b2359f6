import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bytesEqual,
  compareBytes,
  concat,
  fromBase32,
  fromHex,
  fromUtf8,
  toBase32,
  toHex,
  utf8,
} from './bytes.ts';
import { unwrap } from './errors.ts';

describe('base32', () => {
  test.each([
    ['', ''],
    ['f', 'my'],
    ['fo', 'mzxq'],
    ['foo', 'mzxw6'],
    ['foob', 'mzxw6yq'],
    ['fooba', 'mzxw6ytb'],
    ['foobar', 'mzxw6ytboi'],
  ])('RFC 4648 section 10: %s', (text, encoded) => {
    expect(toBase32(utf8(text))).toBe(encoded);
    expect(unwrap(fromBase32(encoded, text.length))).toEqual(utf8(text));
  });

  test('round trip', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        expect(unwrap(fromBase32(toBase32(bytes), bytes.length))).toEqual(bytes);
      }),
    );
  });

  test('one text for one value: any other text is refused', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 52, maxLength: 52 }), (text) => {
        const decoded = fromBase32(text, 32);
        if (decoded.ok) expect(toBase32(decoded.value)).toBe(text);
        else expect(decoded.error.code).toBe('BYTES_INVALID_BASE32');
      }),
    );
    expect(fromBase32('mz', 1).ok).toBe(false);
    expect(fromBase32('MY', 1).ok).toBe(false);
    expect(fromBase32('my=', 1).ok).toBe(false);
  });
});

test('hexadecimal round trip, and null for what is not', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(fromHex(toHex(bytes))).toEqual(bytes);
    }),
  );
  expect(fromHex('0')).toBeNull();
  expect(fromHex('0g')).toBeNull();
});

test('UTF-8 is decoded strictly', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(fromUtf8(utf8(text))).toBe(text);
    }),
  );
  expect(fromUtf8(Uint8Array.of(0xc0, 0x80))).toBeNull();
});

test('order is that of the bytes, a prefix first', () => {
  expect(compareBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0))).toBeLessThan(0);
  expect(compareBytes(Uint8Array.of(200), Uint8Array.of(3, 9))).toBeGreaterThan(0);
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
      expect(compareBytes(a, b) === 0).toBe(bytesEqual(a, b));
      expect(Math.sign(compareBytes(a, b))).toBe(-Math.sign(compareBytes(b, a)) + 0);
      expect(concat(a, b).length).toBe(a.length + b.length);
    }),
  );
});
