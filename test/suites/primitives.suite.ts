// What every implementation of `Primitives` must answer, whoever made it: answers from outside, and properties that only
// one rule satisfies. Two that pass it can be in one consensus.

import { argon2Sync } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import speccheck from '../vectors/ed25519/speccheck.json' with { type: 'json' };
import { concat, fromHex, toHex, utf8 } from '../../src/core/bytes.ts';
import type { Primitives } from '../../src/env/primitives.ts';

const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const IDENTITY = hex(`01${'00'.repeat(31)}`);
/** (0, −1), of order two. */
const ORDER_TWO = hex(`ec${'ff'.repeat(30)}7f`);
/** (√−1, 0), of order four. */
const ORDER_FOUR = hex('00'.repeat(32));
const BASE = hex(`58${'66'.repeat(31)}`);

function hex(text: string): Uint8Array {
  const bytes = fromHex(text.replaceAll(/\s/g, ''));
  if (bytes === null) throw new Error(`not hexadecimal: ${text}`);
  return bytes;
}

function toBig(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.toReversed())}`);
}

function fromBig(value: bigint, bytes = 32): Uint8Array {
  return hex(value.toString(16).padStart(2 * bytes, '0')).toReversed();
}

function modL(value: bigint): bigint {
  return ((value % L) + L) % L;
}

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const scalar = fc.oneof(
  bytes32,
  fc
    .constantFrom(0n, 1n, 2n, L - 2n, L - 1n, L, L + 1n, 2n ** 255n, 2n ** 256n - 1n)
    .map((value) => fromBig(value)),
);

/** Registers the suite for one implementation. */
export function describePrimitives(name: string, load: () => Promise<Primitives>): void {
  describe(name, () => {
    let primitives: Primitives;
    beforeAll(async () => {
      primitives = await load();
    });

    describe('scalars', () => {
      test('arithmetic agrees with integers modulo L for any 32 bytes', () => {
        fc.assert(
          fc.property(scalar, scalar, (a, b) => {
            const [x, y] = [toBig(a), toBig(b)];
            expect(toBig(primitives.scalarMul(a, b))).toBe(modL(x * y));
            expect(toBig(primitives.scalarAdd(a, b))).toBe(modL(x + y));
            expect(toBig(primitives.scalarSub(a, b))).toBe(modL(x - y));
            expect(toBig(primitives.scalarNegate(a))).toBe(modL(-x));
            expect(toBig(primitives.scalarReduce(concat(a, b)))).toBe(modL(x + (y << 256n)));
          }),
          { numRuns: 1000 },
        );
      });
    });

    describe('points', () => {
      test('multiplication is a homomorphism and ignores multiples of L', () => {
        fc.assert(
          fc.property(scalar, scalar, (a, b) => {
            const aB = primitives.pointMulBase(a) ?? IDENTITY;
            const bB = primitives.pointMulBase(b) ?? IDENTITY;
            const sum = primitives.pointMulBase(primitives.scalarAdd(a, b)) ?? IDENTITY;
            expect(primitives.pointAdd(aB, bB)).toEqual(sum);
            expect(primitives.pointSub(sum, bB)).toEqual(aB);
            const product = primitives.pointMulBase(primitives.scalarMul(a, b));
            expect(primitives.pointMul(a, bB)).toEqual(product);
            expect(primitives.pointMulBase(fromBig(modL(toBig(a))))).toEqual(
              primitives.pointMulBase(a),
            );
          }),
          { numRuns: 100 },
        );
      });

      test('the identity is null, never an encoding', () => {
        for (const zero of [fromBig(0n), fromBig(L), fromBig(2n * L)]) {
          expect(primitives.pointMulBase(zero)).toBeNull();
          expect(primitives.pointMul(zero, BASE)).toBeNull();
        }
        expect(primitives.pointMulBase(fromBig(1n))).toEqual(BASE);
      });

      test('small order, mixed order, non-canonical and off-curve points are refused', () => {
        // The sums with a point of order two slipped through libsodium before its fix for CVE-2025-69277.
        const mixedTwo = primitives.pointAdd(BASE, ORDER_TWO);
        const mixedFour = primitives.pointAdd(BASE, ORDER_FOUR);
        const refused = [
          IDENTITY,
          ORDER_TWO,
          ORDER_FOUR,
          hex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'), // order eight
          mixedTwo,
          mixedFour,
          hex(`ee${'ff'.repeat(30)}7f`), // y = p + 1: the identity, not canonical
          hex(`f0${'ff'.repeat(30)}7f`), // y = p + 3: a full-order y, not canonical
          hex(`01${'00'.repeat(30)}80`), // x = 0 with its sign bit set
          hex(`02${'00'.repeat(31)}`), // y = 2: not on the curve
        ];
        for (const point of refused) {
          expect(point).not.toBeNull();
          if (point === null) continue;
          expect(primitives.pointIsValid(point), toHex(point)).toBe(false);
          expect(primitives.pointMul(fromBig(3n), point), toHex(point)).toBeNull();
          expect(primitives.signPublicToX25519(point), toHex(point)).toBeNull();
        }
        expect(primitives.pointIsValid(BASE)).toBe(true);
      });
    });

    describe('key conversion', () => {
      test('the X25519 public key of a signing key is the base multiple of its X25519 secret', () => {
        fc.assert(
          fc.property(bytes32, (seed) => {
            const { publicKey, secretKey } = primitives.signKeypair(seed);
            const secret = primitives.signSecretToX25519(secretKey);
            expect(primitives.signPublicToX25519(publicKey)).toEqual(primitives.x25519Base(secret));
          }),
          { numRuns: 50 },
        );
      });
    });

    describe('authenticated encryption', () => {
      const cases: readonly [string, Primitives['chachaSeal'], Primitives['chachaOpen'], number][] =
        [
          [
            'chacha',
            (...seal) => primitives.chachaSeal(...seal),
            (...open) => primitives.chachaOpen(...open),
            12,
          ],
          [
            'xchacha',
            (...seal) => primitives.xchachaSeal(...seal),
            (...open) => primitives.xchachaOpen(...open),
            24,
          ],
        ];
      test.each(cases)('%s opens what it sealed and nothing else', (_, seal, open, nonceBytes) => {
        fc.assert(
          fc.property(
            fc.uint8Array({ maxLength: 200 }),
            fc.uint8Array({ maxLength: 40 }),
            fc.uint8Array({ minLength: nonceBytes, maxLength: nonceBytes }),
            bytes32,
            fc.nat(),
            (plaintext, ad, nonce, key, flip) => {
              const sealed = seal(plaintext, ad, nonce, key);
              expect(sealed.length).toBe(plaintext.length + 16);
              expect(open(sealed, ad, nonce, key)).toEqual(plaintext);
              const bit = flip % (sealed.length * 8);
              const changed = sealed.slice();
              changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
              expect(open(changed, ad, nonce, key)).toBeNull();
              expect(open(sealed, concat(ad, ad, new Uint8Array(1)), nonce, key)).toBeNull();
              expect(open(sealed.subarray(0, 15), ad, nonce, key)).toBeNull();
            },
          ),
        );
      });

      test('RFC 8439 section 2.8.2', () => {
        const key = hex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f');
        const nonce = hex('070000004041424344454647');
        const ad = hex('50515253c0c1c2c3c4c5c6c7');
        const plaintext = utf8(
          "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
        );
        expect(toHex(primitives.chachaSeal(plaintext, ad, nonce, key))).toBe(
          'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6' +
            '3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36' +
            '92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc' +
            '3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691',
        );
      });

      test('draft-irtf-cfrg-xchacha-03 appendix A.3.1', () => {
        const key = hex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f');
        const nonce = hex('404142434445464748494a4b4c4d4e4f5051525354555657');
        const ad = hex('50515253c0c1c2c3c4c5c6c7');
        const plaintext = utf8(
          "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
        );
        const sealed = primitives.xchachaSeal(plaintext, ad, nonce, key);
        expect(toHex(sealed.subarray(-16))).toBe('c0875924c1c7987947deafd8780acf49');
        expect(toHex(sealed.subarray(0, 16))).toBe('bd6d179d3e83d43b9576579493c0e939');
      });
    });

    describe('hashes', () => {
      test('FIPS 180-4 and RFC 7693 answers for "abc"', () => {
        const abc = utf8('abc');
        expect(toHex(primitives.sha256(abc))).toBe(
          'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        );
        expect(toHex(primitives.sha512(abc))).toBe(
          'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
            '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
        );
        expect(toHex(primitives.blake2b(abc, 64))).toBe(
          'ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1' +
            '7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923',
        );
      });

      test('keyed BLAKE2b: the first answer of the reference kat file', () => {
        const key = Uint8Array.from({ length: 64 }, (_, i) => i);
        expect(toHex(primitives.blake2b(new Uint8Array(0), 64, key))).toBe(
          '10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786' +
            'b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568',
        );
      });
    });

    describe('Argon2id', () => {
      test("agrees with OpenSSL's implementation", () => {
        // RFC 9106's own vector has four lanes, a secret and associated data, none of which libsodium offers.
        const cases = [
          { passes: 1, memory: 8, tagLength: 16 },
          { passes: 2, memory: 64, tagLength: 32 },
          { passes: 3, memory: 1024, tagLength: 64 },
        ];
        for (const { passes, memory, tagLength } of cases) {
          const message = utf8(`password ${memory}`);
          const nonce = primitives.blake2b(message, 16);
          const reference = argon2Sync('argon2id', {
            message,
            nonce,
            parallelism: 1,
            tagLength,
            memory,
            passes,
          });
          const key = primitives.argon2id(message, nonce, passes, memory * 1024, tagLength);
          expect(toHex(key)).toBe(reference.toString('hex'));
        }
      });
    });

    describe('Ed25519', () => {
      test('RFC 8032 section 7.1, tests 1 to 3', () => {
        const vectors = [
          [
            '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
            'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
            '',
            'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
          ],
          [
            '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
            '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
            '72',
            '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
          ],
          [
            'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
            'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
            'af82',
            '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
          ],
        ] as const;
        for (const [seed, publicKey, message, signature] of vectors) {
          const pair = primitives.signKeypair(hex(seed));
          expect(toHex(pair.publicKey)).toBe(publicKey);
          expect(toHex(primitives.sign(hex(message), pair.secretKey))).toBe(signature);
          expect(primitives.verify(hex(signature), hex(message), pair.publicKey)).toBe(true);
        }
      });

      test('the edge cases of "Taming the many EdDSAs" are decided as every implementation here decides them', () => {
        const { cases } = speccheck;
        for (const [index, edge] of cases.entries()) {
          const [signature, message, publicKey] = [
            hex(edge.signature),
            hex(edge.message),
            hex(edge.publicKey),
          ];
          const verdict = primitives.verify(signature, message, publicKey);
          expect(verdict, `case ${index}`).toBe(edge.accepted);
        }
      });
    });

    describe('X25519', () => {
      const alice = hex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a');
      const bob = hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');

      test('RFC 7748 section 6.1', () => {
        const alicePublic = hex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
        const bobPublic = hex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
        const shared = hex('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');
        expect(primitives.x25519Base(alice)).toEqual(alicePublic);
        expect(primitives.x25519Base(bob)).toEqual(bobPublic);
        expect(primitives.x25519(alice, bobPublic)).toEqual(shared);
        expect(primitives.x25519(bob, alicePublic)).toEqual(shared);
      });

      test('a point of small order gives no secret', () => {
        for (const u of [
          '00',
          '01',
          'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
        ]) {
          expect(primitives.x25519(alice, hex(u.padEnd(64, '0')))).toBeNull();
        }
      });
    });

    describe('wrong lengths', () => {
      test('throw TypeError', () => {
        const [short, right, long] = [new Uint8Array(31), new Uint8Array(32), new Uint8Array(64)];
        const none = new Uint8Array(0);
        const calls = [
          () => primitives.signKeypair(short),
          () => primitives.sign(none, right),
          () => primitives.verify(right, none, right),
          () => primitives.verify(new Uint8Array(65), none, right),
          () => primitives.verify(long, none, short),
          () => primitives.signPublicToX25519(short),
          () => primitives.signSecretToX25519(right),
          () => primitives.x25519Base(short),
          () => primitives.x25519(right, short),
          () => primitives.x25519(short, right),
          () => primitives.blake2b(none, 15),
          () => primitives.blake2b(none, 65),
          () => primitives.blake2b(none, 32, none),
          () => primitives.blake2b(none, 32, new Uint8Array(65)),
          () => primitives.chachaSeal(none, none, right, right),
          () => primitives.chachaOpen(right, none, new Uint8Array(12), short),
          () => primitives.xchachaSeal(none, none, new Uint8Array(12), right),
          () => primitives.xchachaOpen(right, none, new Uint8Array(24), long),
          () => primitives.argon2id(none, right, 1, 8192, 32),
          () => primitives.argon2id(none, new Uint8Array(16), 0, 8192, 32),
          () => primitives.argon2id(none, new Uint8Array(16), 1, 8191, 32),
          () => primitives.argon2id(none, new Uint8Array(16), 1, 8193, 32),
          () => primitives.argon2id(none, new Uint8Array(16), 1, 8192, 15),
          () => primitives.pointIsValid(short),
          () => primitives.pointAdd(right, short),
          () => primitives.pointSub(short, right),
          () => primitives.pointMul(long, right),
          () => primitives.pointMul(right, long),
          () => primitives.pointMulBase(short),
          () => primitives.scalarReduce(right),
          () => primitives.scalarAdd(right, short),
          () => primitives.scalarSub(short, right),
          () => primitives.scalarNegate(short),
          () => primitives.scalarMul(right, long),
        ];
        for (const call of calls) expect(call, call.toString()).toThrow(TypeError);
      });
    });

    describe('views', () => {
      test('a view into a larger buffer counts as its own bytes only', () => {
        const buffer = new Uint8Array(256).map((_, i) => i);
        const seed = buffer.subarray(7, 39);
        const { publicKey, secretKey } = primitives.signKeypair(seed);
        expect({ publicKey, secretKey }).toEqual(primitives.signKeypair(seed.slice()));
        const message = buffer.subarray(100, 150);
        const signature = primitives.sign(message, secretKey);
        const padded = concat(new Uint8Array(3), signature, publicKey).subarray(3);
        expect(
          primitives.verify(padded.subarray(0, 64), message.slice(), padded.subarray(64)),
        ).toBe(true);
        expect(primitives.blake2b(message, 32)).toEqual(primitives.blake2b(message.slice(), 32));
      });

      test('wipe zeroes the view and nothing beside it', () => {
        const buffer = new Uint8Array(8).fill(9);
        primitives.wipe(buffer.subarray(2, 5));
        expect([...buffer]).toEqual([9, 9, 0, 0, 0, 9, 9, 9]);
      });

      test('equal is equality', () => {
        fc.assert(
          fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (a, b) => {
            expect(primitives.equal(a, b)).toBe(toHex(a) === toHex(b));
            expect(primitives.equal(a, a.slice())).toBe(true);
          }),
        );
      });
    });
  });
}
