import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, utf8 } from '../core/bytes.ts';
import { primitives } from '../platform/node/primitives.ts';
import { identityFromSeed, signIn, verifyIn, type SigningDomain } from './signing.ts';

const DOMAINS: readonly SigningDomain[] = [
  'link-hello',
  'tls-certificate',
  'link-state',
  'presence',
  'casino-genesis',
  'casino-operation',
  'casino-block',
  'transcript',
];
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
const message = fc.uint8Array({ maxLength: 100 });

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const out = bytes.slice();
  out[bit >> 3] = (out[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return out;
}

function verify(key: Uint8Array, text: Uint8Array, signature: Uint8Array): boolean {
  return verifyIn(primitives, key, 'presence', text, signature);
}

describe('signing', () => {
  test('a signature verifies in its own domain and in no other', () => {
    fc.assert(
      fc.property(seed, message, fc.constantFrom(...DOMAINS), (seed, message, domain) => {
        const identity = identityFromSeed(primitives, seed);
        const signature = signIn(primitives, identity, domain, message);
        for (const other of DOMAINS) {
          const valid = verifyIn(primitives, identity.publicKey, other, message, signature);
          expect(valid).toBe(other === domain);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('no bit of signature, message or key may change', () => {
    fc.assert(
      fc.property(
        seed,
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.nat(),
        (seed, message, at) => {
          const { publicKey, secretKey } = identityFromSeed(primitives, seed);
          const signature = signIn(primitives, { publicKey, secretKey }, 'presence', message);
          expect(verify(publicKey, message, flipped(signature, at % 512))).toBe(false);
          expect(verify(publicKey, flipped(message, at % (8 * message.length)), signature)).toBe(
            false,
          );
          expect(verify(flipped(publicKey, at % 256), message, signature)).toBe(false);
        },
      ),
    );
  });

  test('wrong lengths are false, not an exception', () => {
    const empty = new Uint8Array(0);
    expect(verifyIn(primitives, empty, 'presence', empty, new Uint8Array(64))).toBe(false);
    expect(verifyIn(primitives, new Uint8Array(32), 'presence', empty, new Uint8Array(63))).toBe(
      false,
    );
    expect(verifyIn(primitives, new Uint8Array(33), 'presence', empty, new Uint8Array(65))).toBe(
      false,
    );
  });

  test('the signed bytes are laid out as documented', () => {
    const identity = identityFromSeed(primitives, new Uint8Array(32).fill(7));
    const label = utf8('bitcraps/sign/transcript');
    const signed = concat(Uint8Array.of(0, 0, 0, label.length), label, utf8('message'));
    expect(signIn(primitives, identity, 'transcript', utf8('message'))).toEqual(
      primitives.sign(signed, identity.secretKey),
    );
  });
});
