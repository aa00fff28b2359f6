import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import rfc9381 from '../../test/vectors/rfc9381/edwards25519-sha512-tai.json' with { type: 'json' };
import { concat, fromHex, toHex } from '../core/bytes.ts';
import type { Primitives } from '../env/primitives.ts';
import { primitives } from '../platform/node/primitives.ts';
import { VRF_PROOF_BYTES, vrfKeypair, vrfProve, vrfVerify } from './ecvrf.ts';

const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
const alpha = fc.uint8Array({ maxLength: 50 });

function hex(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === null) throw new Error(`not hexadecimal: ${text}`);
  return bytes;
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const out = bytes.slice();
  out[bit >> 3] = (out[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return out;
}

/** Try-and-increment written once more, from the RFC's text, beginning at `counter`. */
function encodeFrom(counter: number, publicKey: Uint8Array, alpha: Uint8Array): Uint8Array {
  for (let i = counter; i < 256; i += 1) {
    const digest = primitives.sha512(concat(hex('0301'), publicKey, alpha, Uint8Array.of(i, 0)));
    let point: Uint8Array | null = digest.slice(0, 32);
    for (let doubling = 0; doubling < 3; doubling += 1) {
      point = point && primitives.pointAdd(point, point);
    }
    if (point !== null) return point;
  }
  throw new Error('no point');
}

function clampedSecret(seed: Uint8Array): Uint8Array {
  const secret = primitives.sha512(seed).slice(0, 32);
  secret[0] = (secret[0] ?? 0) & 0xf8;
  secret[31] = ((secret[31] ?? 0) & 0x7f) | 0x40;
  return secret;
}

describe('ECVRF', () => {
  test('a proof verifies, for its key and input only, and is always the same', () => {
    fc.assert(
      fc.property(seed, seed, alpha, alpha, (seed, otherSeed, alpha, otherAlpha) => {
        const keypair = vrfKeypair(primitives, seed);
        const other = vrfKeypair(primitives, otherSeed);
        const proof = vrfProve(primitives, keypair, alpha);
        expect(proof.length).toBe(VRF_PROOF_BYTES);
        expect(vrfProve(primitives, keypair, alpha)).toEqual(proof);
        expect(vrfVerify(primitives, keypair.publicKey, alpha, proof)?.length).toBe(64);
        if (toHex(seed) !== toHex(otherSeed)) {
          expect(vrfVerify(primitives, other.publicKey, alpha, proof)).toBeNull();
        }
        if (toHex(alpha) !== toHex(otherAlpha)) {
          expect(vrfVerify(primitives, keypair.publicKey, otherAlpha, proof)).toBeNull();
        }
      }),
      { numRuns: 40 },
    );
  });

  test('no bit of a proof or key may change', () => {
    const keypair = vrfKeypair(primitives, new Uint8Array(32).fill(5));
    const alpha = Uint8Array.of(1, 2, 3);
    const proof = vrfProve(primitives, keypair, alpha);
    for (let bit = 0; bit < 8 * VRF_PROOF_BYTES; bit += 1) {
      expect(
        vrfVerify(primitives, keypair.publicKey, alpha, flipped(proof, bit)),
        `${bit}`,
      ).toBeNull();
    }
    for (let bit = 0; bit < 256; bit += 1) {
      expect(
        vrfVerify(primitives, flipped(keypair.publicKey, bit), alpha, proof),
        `${bit}`,
      ).toBeNull();
    }
  });

  test('random proofs and lengths are refused without an exception', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.uint8Array({ maxLength: 40 }),
        (proof, key) => {
          expect(vrfVerify(primitives, key, proof, proof)).toBeNull();
        },
      ),
    );
  });

  test('s + L, which the group could not tell from s, is refused', () => {
    const keypair = vrfKeypair(primitives, new Uint8Array(32).fill(6));
    const proof = vrfProve(primitives, keypair, new Uint8Array(0));
    const order = hex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
    const shifted = proof.slice();
    let carry = 0;
    for (let i = 0; i < 32; i += 1) {
      carry += (proof[48 + i] ?? 0) + (order[i] ?? 0);
      shifted[48 + i] = carry & 0xff;
      carry >>= 8;
    }
    expect(carry).toBe(0);
    expect(vrfVerify(primitives, keypair.publicKey, new Uint8Array(0), shifted)).toBeNull();
    expect(vrfVerify(primitives, keypair.publicKey, new Uint8Array(0), proof)).not.toBeNull();
  });

  test('keys and Gammas of small or mixed order and in non-canonical form are refused', () => {
    const keypair = vrfKeypair(primitives, new Uint8Array(32).fill(7));
    const alpha = Uint8Array.of(9);
    const proof = vrfProve(primitives, keypair, alpha);
    const orderTwo = hex(`ec${'ff'.repeat(30)}7f`);
    const mixedKey = primitives.pointAdd(keypair.publicKey, orderTwo) ?? orderTwo;
    const mixedGamma = primitives.pointAdd(proof.slice(0, 32), orderTwo) ?? orderTwo;
    const bad = [
      orderTwo,
      hex(`01${'00'.repeat(31)}`),
      hex('00'.repeat(32)),
      hex(`ee${'ff'.repeat(30)}7f`),
    ];
    for (const key of [...bad, mixedKey]) {
      expect(vrfVerify(primitives, key, alpha, proof)).toBeNull();
    }
    for (const gamma of [...bad, mixedGamma]) {
      const forged = concat(gamma, proof.subarray(32));
      expect(vrfVerify(primitives, keypair.publicKey, alpha, forged)).toBeNull();
    }
  });

  test('a Gamma of mixed order is refused even where the equations of the RFC hold', () => {
    const [example] = rfc9381.examples;
    if (example === undefined) throw new Error('no example');
    const h = hex(example.h);
    const publicKey = hex(example.publicKey);
    const secret = clampedSecret(hex(example.secretKey));
    const gamma = primitives.pointMul(secret, h) ?? h;
    const proveWith = (gamma: Uint8Array, draw: number): Uint8Array => {
      const nonce = primitives.scalarReduce(primitives.sha512(Uint8Array.of(draw)));
      const [u, v] = [primitives.pointMulBase(nonce) ?? h, primitives.pointMul(nonce, h) ?? h];
      const input = concat(hex('0302'), publicKey, h, gamma, u, v, hex('00'));
      const challenge = concat(primitives.sha512(input).subarray(0, 16), new Uint8Array(16));
      const s = primitives.scalarAdd(nonce, primitives.scalarMul(challenge, secret));
      return concat(gamma, challenge.subarray(0, 16), s);
    };
    expect(vrfVerify(primitives, publicKey, new Uint8Array(0), proveWith(gamma, 0))).not.toBeNull();
    const mixed = primitives.pointAdd(gamma, hex(`ec${'ff'.repeat(30)}7f`)) ?? gamma;
    // An even challenge multiplies the component of order two away.
    const forged = Array.from({ length: 64 }, (_, draw) => proveWith(mixed, draw));
    const even = forged.filter((proof) => ((proof[32] ?? 1) & 1) === 0);
    expect(even.length).toBeGreaterThan(0);
    for (const proof of even) {
      expect(vrfVerify(primitives, publicKey, new Uint8Array(0), proof)).toBeNull();
    }
  });

  test('a key of small order cannot be used to prove what nobody computed', () => {
    const key = hex(`ec${'ff'.repeat(30)}7f`);
    const alpha = Uint8Array.of(1);
    const h = encodeFrom(0, key, alpha);
    // With c · Y and c · Gamma taken for nothing, any s would do.
    const s = Uint8Array.of(7, ...new Uint8Array(31));
    const [u, v] = [primitives.pointMulBase(s) ?? h, primitives.pointMul(s, h) ?? h];
    const digest = primitives.sha512(concat(hex('0302'), key, h, key, u, v, hex('00')));
    expect(vrfVerify(primitives, key, alpha, concat(key, digest.subarray(0, 16), s))).toBeNull();
  });

  test('try-and-increment passes over an encoding that is not canonical', () => {
    const seed = new Uint8Array(32).fill(8);
    const { publicKey } = vrfKeypair(primitives, seed);
    const small = Array.from({ length: 17 }, (_, i) => i + 2);
    const onCurve = small.find((y) => {
      const point = Uint8Array.of(y, ...new Uint8Array(31));
      return primitives.pointAdd(point, point) !== null;
    });
    const nonCanonical = hex(`ed${'ff'.repeat(30)}7f`.padEnd(128, '0'));
    nonCanonical[0] = (nonCanonical[0] ?? 0) + (onCurve ?? 0);
    expect(
      primitives.pointAdd(nonCanonical.slice(0, 32), nonCanonical.slice(0, 32)),
    ).not.toBeNull();
    const rigged: Primitives = {
      ...primitives,
      sha512: (message) =>
        message[1] === 1 && message.at(-2) === 0 && message.length === 36
          ? nonCanonical
          : primitives.sha512(message),
    };
    const proof = vrfProve(rigged, { publicKey, seed }, new Uint8Array(0));
    const expected = primitives.pointMul(
      clampedSecret(seed),
      encodeFrom(1, publicKey, new Uint8Array(0)),
    );
    expect(proof.slice(0, 32)).toEqual(expected);
  });

  test.each(rfc9381.examples.map((example) => [example.name, example] as const))(
    'RFC 9381, %s',
    (_, example) => {
      const keypair = vrfKeypair(primitives, hex(example.secretKey));
      expect(toHex(keypair.publicKey)).toBe(example.publicKey);
      const proof = vrfProve(primitives, keypair, hex(example.alpha));
      expect(toHex(proof)).toBe(example.pi);
      const beta = vrfVerify(primitives, keypair.publicKey, hex(example.alpha), hex(example.pi));
      expect(toHex(beta ?? new Uint8Array(0))).toBe(example.beta);
    },
  );
});
