import fc from 'fast-check';
import { createPublicKey, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { bytesEqual, fromHex } from '../core/bytes.ts';
import { primitives } from '../platform/node/primitives.ts';
import { blindedPublicKey, signBlinded } from './blinded-key.ts';
import { identityFromSeed } from './signing.ts';

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
const contexts = fc.uint8Array({ maxLength: 40 });
const messages = fc.uint8Array({ maxLength: 200 });

/** OpenSSL's verdict, another implementation than the one that signs. */
function opensslVerifies(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  return verify(null, message, publicKey, signature);
}

test('a blinded signature is an ordinary Ed25519 signature under the blinded key', () => {
  fc.assert(
    fc.property(seeds, contexts, messages, (seed, context, message) => {
      const identity = identityFromSeed(primitives, seed);
      const key = blindedPublicKey(primitives, identity.publicKey, context) ?? seed;
      const signature = signBlinded(primitives, identity, context, message);
      expect(primitives.pointIsValid(key)).toBe(true);
      expect(primitives.verify(signature, message, key)).toBe(true);
      expect(opensslVerifies(key, message, signature)).toBe(true);
      expect(primitives.verify(signature, message, identity.publicKey)).toBe(false);
    }),
  );
});

test('another context, another message, another signer: another key, and no signature', () => {
  fc.assert(
    fc.property(seeds, contexts, contexts, messages, (seed, one, two, message) => {
      fc.pre(!bytesEqual(one, two));
      const identity = identityFromSeed(primitives, seed);
      const other = identityFromSeed(primitives, primitives.sha256(seed));
      const key = blindedPublicKey(primitives, identity.publicKey, one) ?? seed;
      expect(blindedPublicKey(primitives, identity.publicKey, two)).not.toEqual(key);
      expect(blindedPublicKey(primitives, other.publicKey, one)).not.toEqual(key);
      const ours = signBlinded(primitives, identity, one, message);
      expect(primitives.verify(ours, Uint8Array.of(...message, 1), key)).toBe(false);
      for (const [signer, context] of [
        [identity, two],
        [other, one],
      ] as const) {
        expect(
          primitives.verify(signBlinded(primitives, signer, context, message), message, key),
        ).toBe(false);
      }
    }),
    { numRuns: 30 },
  );
});

test('two contexts never share a nonce', () => {
  const identity = identityFromSeed(primitives, new Uint8Array(32).fill(7));
  const nonceOf = (context: number): Uint8Array =>
    signBlinded(primitives, identity, Uint8Array.of(context), Uint8Array.of(1)).subarray(0, 32);
  expect(nonceOf(1)).toEqual(nonceOf(1));
  expect(nonceOf(1)).not.toEqual(nonceOf(2));
});

test('points of small order, points off the curve and non-canonical ones have no blinded key', () => {
  const bad = [
    '0100000000000000000000000000000000000000000000000000000000000000',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '0200000000000000000000000000000000000000000000000000000000000000',
  ];
  for (const hex of bad) {
    const point = fromHex(hex) ?? new Uint8Array(0);
    expect(blindedPublicKey(primitives, point, new Uint8Array(0))).toBeNull();
  }
});
