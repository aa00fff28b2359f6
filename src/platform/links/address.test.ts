import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAddress, parseAddress } from './address.ts';

const port = fc.integer({ min: 0, max: 65_535 });

test('what is written is read back', () => {
  const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), fc.constantFrom('localhost', 'node_1'));
  fc.assert(
    fc.property(host, port, (name, number) => {
      const text = formatAddress({ host: name, port: number });
      expect(parseAddress(text)).toEqual({ ok: true, value: { host: name, port: number } });
    }),
  );
});

test.each([
  '',
  ':',
  'host',
  'host:',
  ':80',
  'host:x',
  'host:-1',
  'host:65536',
  'host:123456',
  ' host:1',
  'ho st:1',
  'host:1 ',
  '::1:80',
  '[::1]',
  '[::1]80',
  '[host]:80',
  '[1.2.3.4]:80',
  '-host:1',
  'a\n:1',
  `${'x'.repeat(254)}:1`,
  'http://host:80',
])('%j is no address', (text) => {
  expect(parseAddress(text)).toMatchObject({ ok: false, error: { code: 'LINK_ADDRESS_INVALID' } });
});

test('any text is an address or not, never an exception', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(typeof parseAddress(text).ok).toBe('boolean');
    }),
  );
});
