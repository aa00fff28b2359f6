import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, fromHex, toHex, utf8 } from '../core/bytes.ts';
import { primitives } from '../platform/node/primitives.ts';
import { hashIn, type HashDomain } from './hash.ts';

const domain = fc.constantFrom<HashDomain>('hello', 'rules', 'dice', 'casino-block');
const parts = fc.array(fc.uint8Array({ maxLength: 6 }), { maxLength: 4 });

describe('hashIn', () => {
  test('two inputs hash alike only if domain and parts are the same list', () => {
    fc.assert(
      fc.property(domain, parts, domain, parts, (domainA, partsA, domainB, partsB) => {
        const same =
          domainA === domainB &&
          partsA.length === partsB.length &&
          partsA.every((part, i) => toHex(part) === toHex(partsB[i] ?? utf8('?')));
        const a = toHex(hashIn(primitives, domainA, ...partsA));
        const b = toHex(hashIn(primitives, domainB, ...partsB));
        expect(a === b).toBe(same);
      }),
      { numRuns: 500 },
    );
  });

  test('moving a byte between parts changes the digest', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.nat(), (bytes, at) => {
        const cut = at % bytes.length;
        const whole = hashIn(primitives, 'dice', bytes, new Uint8Array(0));
        const split = hashIn(primitives, 'dice', bytes.subarray(0, cut), bytes.subarray(cut));
        expect(whole).not.toEqual(split);
      }),
    );
  });

  test('the input is laid out as documented', () => {
    const input = concat(
      fromHex('0000000d') ?? new Uint8Array(0),
      utf8('bitcraps/dice'),
      fromHex('00000003') ?? new Uint8Array(0),
      utf8('abc'),
      new Uint8Array(4),
    );
    const digest = hashIn(primitives, 'dice', utf8('abc'), new Uint8Array(0));
    expect(digest).toEqual(primitives.blake2b(input, 32));
  });
});
