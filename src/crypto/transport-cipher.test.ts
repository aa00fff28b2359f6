import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat } from '../core/bytes.ts';
import { primitives } from '../platform/node/primitives.ts';
import { COUNTER_END, nextTransportKey, openTransport, sealTransport } from './transport-cipher.ts';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const bytes = fc.uint8Array({ maxLength: 64 });
const counter = fc.oneof(
  fc.bigInt({ min: 0n, max: COUNTER_END - 1n }),
  fc.constantFrom(0n, 1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n, COUNTER_END - 1n),
);

describe('transport cipher', () => {
  test('the next key is what OpenSSL makes of zeros under the reserved counter', () => {
    fc.assert(
      fc.property(key, (key) => {
        const nonce = Uint8Array.from([0, 0, 0, 0, ...Array<number>(8).fill(0xff)]);
        const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
        const expected = new Uint8Array(cipher.update(new Uint8Array(32)));
        expect(nextTransportKey(primitives, key)).toEqual(expected);
      }),
    );
  });

  test('opens under the same key, counter and associated data only', () => {
    fc.assert(
      fc.property(key, counter, counter, bytes, bytes, (key, counter, other, ad, plaintext) => {
        const sealed = sealTransport(primitives, key, counter, ad, plaintext);
        expect(openTransport(primitives, key, counter, ad, sealed)).toEqual(plaintext);
        const elsewhere = openTransport(primitives, key, other, ad, sealed);
        expect(elsewhere).toEqual(other === counter ? plaintext : null);
        expect(
          openTransport(primitives, key, counter, concat(ad, Uint8Array.of(0)), sealed),
        ).toBeNull();
      }),
    );
  });

  test('the nonce is four zero bytes and the counter little-endian', () => {
    const key = new Uint8Array(32).fill(1);
    const nonce = Uint8Array.of(0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1);
    const none = new Uint8Array(0);
    expect(sealTransport(primitives, key, 0x0102030405060708n, none, none)).toEqual(
      primitives.chachaSeal(none, none, nonce, key),
    );
  });

  test('counters outside 0 … 2^64 − 2 are refused', () => {
    const key = new Uint8Array(32);
    const none = new Uint8Array(0);
    for (const counter of [-1n, COUNTER_END, 2n ** 64n, 2n ** 65n]) {
      expect(() => sealTransport(primitives, key, counter, none, none)).toThrow(
        expect.objectContaining({ code: 'CRYPTO_COUNTER_EXHAUSTED' }),
      );
      expect(openTransport(primitives, key, counter, none, new Uint8Array(16))).toBeNull();
    }
  });
});
