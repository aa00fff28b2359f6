import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, fromHex, toHex, utf8 } from '../core/bytes.ts';
import type { Rng } from '../env/rng.ts';
import { primitives } from '../platform/node/primitives.ts';
import {
  KEYSTORE_BYTES_MAX,
  KEYSTORE_COST,
  openKeystore,
  readKeystoreHeader,
  sealKeystore,
  type KeystoreContent,
} from './keystore.ts';

const CHEAP = { passes: 1, memoryKiB: 8 };
const CONTENT: KeystoreContent = {
  seed: Uint8Array.from({ length: 32 }, (_, i) => i),
  networkId: 'bitcraps-test',
  proof: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  proofBits: 6,
};

/** The same bytes for the same number of calls. */
function countingRng(): Rng {
  let calls = 0;
  return {
    fill(out) {
      calls += 1;
      out.set(primitives.sha512(Uint8Array.of(calls)).subarray(0, out.length));
    },
    uint32: () => 0,
  };
}

const sealed = sealKeystore(primitives, countingRng(), CONTENT, 'correct horse', CHEAP);

function codeOf(bytes: Uint8Array, passphrase = 'correct horse'): string {
  const before = bytes.slice();
  const opened = openKeystore(primitives, bytes, passphrase);
  expect(bytes).toEqual(before);
  return opened.ok ? 'ok' : opened.error.code;
}

function withBytes(at: number, ...values: readonly number[]): Uint8Array {
  const out = sealed.slice();
  out.set(values, at);
  return out;
}

const content = fc.record({
  seed: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  networkId: fc.string({ unit: 'grapheme', maxLength: 30 }),
  proof: fc.uint8Array({ minLength: 8, maxLength: 8 }),
  proofBits: fc.integer({ min: 0, max: 255 }),
});

describe('keystore', () => {
  test('opens with its passphrase to what was sealed, and with no other', () => {
    fc.assert(
      fc.property(
        content,
        fc.string({ unit: 'grapheme' }),
        fc.string(),
        (content, passphrase, other) => {
          const bytes = sealKeystore(primitives, countingRng(), content, passphrase, CHEAP);
          expect(bytes.length).toBeLessThanOrEqual(KEYSTORE_BYTES_MAX);
          expect(openKeystore(primitives, bytes, passphrase)).toEqual({ ok: true, value: content });
          expect(codeOf(bytes, `${passphrase}${other}x`)).toBe('CRYPTO_KEYSTORE_PASSPHRASE');
          expect(readKeystoreHeader(bytes)).toEqual({
            ok: true,
            value: {
              publicKey: primitives.signKeypair(content.seed).publicKey,
              networkId: content.networkId,
              proof: content.proof,
              proofBits: content.proofBits,
            },
          });
        },
      ),
      { numRuns: 50 },
    );
  });

  test('no bit of the file may change', () => {
    for (let bit = 0; bit < 8 * sealed.length; bit += 1) {
      const at = bit >> 3;
      // A cost that is within bounds and large would only make this test slow.
      if (at >= 9 && at < 17) continue;
      expect(codeOf(withBytes(at, (sealed[at] ?? 0) ^ (1 << (bit & 7)))), `bit ${bit}`).not.toBe(
        'ok',
      );
    }
    expect(codeOf(withBytes(9, 0, 0, 0, 2))).toBe('CRYPTO_KEYSTORE_PASSPHRASE');
    expect(codeOf(withBytes(13, 0, 0, 0, 9))).toBe('CRYPTO_KEYSTORE_PASSPHRASE');
  });

  test('each way of being damaged has its own code', () => {
    for (let length = 0; length < sealed.length; length += 1) {
      expect(codeOf(sealed.subarray(0, length)), `${length} bytes`).toBe(
        'CRYPTO_KEYSTORE_TRUNCATED',
      );
    }
    expect(codeOf(utf8('-----BEGIN PRIVATE KEY-----'))).toBe('CRYPTO_KEYSTORE_NOT_A_KEYSTORE');
    expect(codeOf(utf8('Bitc'))).toBe('CRYPTO_KEYSTORE_NOT_A_KEYSTORE');
    expect(codeOf(withBytes(8, 2))).toBe('CRYPTO_KEYSTORE_VERSION');
    expect(codeOf(withBytes(9, 0xff, 0xff, 0xff, 0xff))).toBe('CRYPTO_KEYSTORE_COST');
    expect(codeOf(withBytes(9, 0, 0, 0, 0))).toBe('CRYPTO_KEYSTORE_COST');
    expect(codeOf(withBytes(13, 0x40, 0, 0, 0))).toBe('CRYPTO_KEYSTORE_COST');
    expect(codeOf(withBytes(13, 0, 0, 0, 7))).toBe('CRYPTO_KEYSTORE_COST');
    expect(codeOf(concat(sealed, Uint8Array.of(0)))).toBe('CRYPTO_KEYSTORE_PASSPHRASE');
    expect(codeOf(withBytes(99, 0xff))).toBe('CRYPTO_KEYSTORE_PASSPHRASE');
    expect(codeOf(sealed, 'Correct horse')).toBe('CRYPTO_KEYSTORE_PASSPHRASE');
    expect(codeOf(sealed)).toBe('ok');
  });

  test('a passphrase counts however its letters are composed', () => {
    const bytes = sealKeystore(primitives, countingRng(), CONTENT, 'caf\u00e9', CHEAP);
    expect(codeOf(bytes, 'cafe\u0301')).toBe('ok');
    expect(codeOf(bytes, 'cafe')).toBe('CRYPTO_KEYSTORE_PASSPHRASE');
  });

  test('salt and nonce are fresh each time', () => {
    const rng = countingRng();
    const first = sealKeystore(primitives, rng, CONTENT, 'same', CHEAP);
    const second = sealKeystore(primitives, rng, CONTENT, 'same', CHEAP);
    expect(first.subarray(17, 33)).not.toEqual(second.subarray(17, 33));
    expect(first.subarray(33, 57)).not.toEqual(second.subarray(33, 57));
  });

  test('content outside its bounds is refused before anything is derived', () => {
    const wrong = [
      { ...CONTENT, seed: new Uint8Array(31) },
      { ...CONTENT, proof: new Uint8Array(9) },
      { ...CONTENT, proofBits: 256 },
      { ...CONTENT, proofBits: 0.5 },
      { ...CONTENT, networkId: 'é'.repeat(128) },
      { ...CONTENT, networkId: '\ud800' },
    ];
    for (const content of wrong) {
      expect(() => sealKeystore(primitives, countingRng(), content, '', CHEAP)).toThrow(
        expect.objectContaining({ code: 'CRYPTO_KEYSTORE_CONTENT' }),
      );
    }
    expect(() =>
      sealKeystore(primitives, countingRng(), CONTENT, '', { passes: 17, memoryKiB: 8 }),
    ).toThrow(expect.objectContaining({ code: 'CRYPTO_KEYSTORE_COST' }));
  });

  test('the format is frozen: these bytes open, and are what sealing writes', () => {
    const frozen =
      '42697443726170730100000003000100007b54b66836c1fbdd13d2441d9e1434dcfab848c9b657a8' +
      '53ee37c09cbfdd149d0b3807b191dde9b603a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d' +
      '5f1ddc8664125531b80102030405060708060d62697463726170732d746573747fce1e258fd026c2' +
      'b006d6e7b2c8fad81c27cd0c473396287ac1b0c33d23c9076073feab7eaea3598e54f0ececb6aaad';
    const bytes = sealKeystore(primitives, countingRng(), CONTENT, 'correct horse');
    expect(toHex(bytes)).toBe(frozen);
    expect(bytes.subarray(9, 17)).toEqual(Uint8Array.of(0, 0, 0, KEYSTORE_COST.passes, 0, 1, 0, 0));
    expect(openKeystore(primitives, fromHex(frozen) ?? bytes, 'correct horse')).toEqual({
      ok: true,
      value: CONTENT,
    });
  });
});
