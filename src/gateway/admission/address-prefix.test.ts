import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { originOf, parseIp } from './address-prefix.ts';

test('reads exactly what the system takes for an address', () => {
  const texts = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.tuple(fc.ipV6(), fc.nat(40), fc.constantFrom(':', '.', '0', '::', 'g', '')).map(cut),
    fc.string({ unit: fc.constantFrom('0', '1', 'f', ':', '.', '2'), maxLength: 24 }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(parseIp(text) !== null).toBe(isIP(text) !== 0);
    }),
    { numRuns: 2000 },
  );
});

function cut([text, at, put]: readonly [string, number, string]): string {
  return text.slice(0, at) + put + text.slice(at + 1);
}

test('two texts of one address have one origin', () => {
  expect(originOf('::ffff:192.0.2.7')).toEqual(originOf('192.0.2.7'));
  expect(originOf('2001:DB8:0:0::1')).toEqual(originOf('2001:db8::1'));
  expect(originOf('fe80::1%eth0')).toEqual(originOf('fe80::1'));
});

test('prefixes are those by which addresses are handed out', () => {
  expect(originOf('192.0.2.7')).toMatchObject({ prefix: '192.0.2.0/24', site: null });
  expect(originOf('2001:db8:1:2300::7')).toMatchObject({
    prefix: '20010db8000123/56',
    site: '20010db80001/48',
  });
  const [a, b] = ['2001:db8:1:23ff::1', '2001:db8:1:2400::1'].map(originOf);
  expect(a?.prefix).not.toBe(b?.prefix);
  expect(a?.site).toBe(b?.site);
});

test('a name that is no address counts by itself', () => {
  expect(originOf('AA-BB-CC')).toMatchObject({
    address: 'name AA-BB-CC',
    prefix: null,
    site: null,
  });
});
