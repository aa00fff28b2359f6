import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { primitives } from '../node/primitives.ts';
import { decodeAnnouncement, encodeAnnouncement, networkMark } from './announcement.ts';
import { addressAt, placeOf } from './places.ts';

const place = fc.record({
  transport: fc.constantFrom('tls', 'quic', 'ws', 'udp'),
  port: fc.integer({ min: 1, max: 65_535 }),
});
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const announcement = fc.record({
  network: fc.string().map((id) => networkMark(primitives, id, 'home')),
  publicKey: key,
  places: fc.array(place, { minLength: 1, maxLength: 8 }),
});

test('what is announced is understood', () => {
  fc.assert(
    fc.property(announcement, (said) => {
      expect(decodeAnnouncement(encodeAnnouncement(said).map(utf8))).toEqual(said);
    }),
  );
});

test('strings stay as short as DNS wants them, and tell the network to nobody', () => {
  fc.assert(
    fc.property(announcement, (said) => {
      const strings = encodeAnnouncement(said);
      for (const text of strings) expect(text.length).toBeLessThanOrEqual(255);
      expect(strings.join('').length).toBeLessThan(400);
    }),
  );
  expect(networkMark(primitives, 'friends', 'home')).not.toContain('friends');
  expect(networkMark(primitives, 'a', 'home')).not.toBe(networkMark(primitives, 'b', 'home'));
  expect(networkMark(primitives, 'a', 'home')).not.toBe(networkMark(primitives, 'a', 'far'));
});

test.each([
  ['another version', ['v=2']],
  ['no version', []],
  ['a host instead of a port', ['a=tls:192.0.2.1']],
  ['a place with a host', ['a=tls:192.0.2.1:80']],
  ['port 0', ['a=tls:0']],
  ['a port too high', ['a=tls:65536']],
  ['nowhere', ['a=']],
  ['nine places', [`a=${Array.from({ length: 9 }, (_, i) => `tls:${i + 1}`).join(',')}`]],
  ['a transport that is none', ['a=TLS:1']],
  ['another key', ['k=abc']],
])('%s is no announcement', (_, changed) => {
  const said = encodeAnnouncement({
    network: networkMark(primitives, 'n', 'home'),
    publicKey: new Uint8Array(32),
    places: [{ transport: 'tls', port: 1 }],
  });
  const keys = new Set(changed.map((text) => text.slice(0, 2)));
  const rest = said.filter((text) => !keys.has(text.slice(0, 2)));
  const strings = changed.length === 0 ? said.slice(1) : [...changed, ...rest];
  expect(decodeAnnouncement(strings.map(utf8))).toBeNull();
});

test('a place is where an address listens, and the address again at another host', () => {
  expect(placeOf('192.0.2.7:4700')).toEqual({ transport: 'tls', port: 4700 });
  expect(placeOf('quic:[::]:4701')).toEqual({ transport: 'quic', port: 4701 });
  expect(placeOf('ws:0.0.0.0:80')).toEqual({ transport: 'ws', port: 80 });
  expect(addressAt('192.0.2.8', { transport: 'quic', port: 1 })).toBe('quic:192.0.2.8:1');
  expect(addressAt('192.0.2.8', { transport: 'tls', port: 1 })).toBe('192.0.2.8:1');
  for (const hidden of ['127.0.0.1:1', 'quic:[::1]:1', 'localhost:1', 'ws:127.1.2.3:1', 'x', 'a:0'])
    expect(placeOf(hidden)).toBeNull();
});
