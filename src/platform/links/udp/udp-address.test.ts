import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatUdpAddress, parseUdpAddress, type UdpAddress } from './udp-address.ts';

const mode = fc.constantFrom('reliable' as const, 'datagram' as const);
const addresses: fc.Arbitrary<UdpAddress> = fc.oneof(
  fc.record({
    kind: fc.constant('direct' as const),
    mode,
    host: fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), fc.constant('localhost')),
    port: fc.integer({ min: 0, max: 65_535 }),
  }),
  fc.record({
    kind: fc.constant('dht' as const),
    mode,
    peer: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 })),
  }),
);

test('what is written is read back', () => {
  fc.assert(
    fc.property(addresses, (address) => {
      const text = formatUdpAddress(address);
      expect(parseUdpAddress(text)).toEqual({ ok: true, value: address });
    }),
  );
});

test.each([
  ['udp:127.0.0.1:80', { kind: 'direct', mode: 'reliable', host: '127.0.0.1', port: 80 }],
  ['udp-datagram:[::1]:80', { kind: 'direct', mode: 'datagram', host: '::1', port: 80 }],
  ['dht:', { kind: 'dht', mode: 'reliable', peer: null }],
])('%s', (text, value) => {
  expect(parseUdpAddress(text)).toEqual({ ok: true, value });
});

test.each([
  '',
  'udp',
  'udp:',
  'udp:host',
  'udp:::1:80',
  'udp-stream:host:80',
  'UDP:host:80',
  'tls:host:80',
  'host:80',
  'dht:abc',
  'dht:host:80',
  `dht:${'a'.repeat(53)}`,
  'udp:host:80\n',
])('%j is no address', (text) => {
  expect(parseUdpAddress(text)).toMatchObject({ error: { code: 'LINK_ADDRESS_INVALID' } });
});
