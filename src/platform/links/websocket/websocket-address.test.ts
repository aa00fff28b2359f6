import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unwrap } from '../../../core/errors.ts';
import {
  formatWebSocketAddress,
  parseWebSocketAddress,
  webSocketUrl,
} from './websocket-address.ts';

test('what is written is read back, and its URL leads to the host, the port and the path', () => {
  const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('localhost', 'node.example'));
  const port = fc.integer({ min: 0, max: 65_535 });
  fc.assert(
    fc.property(fc.constantFrom('ws', 'wss'), host, port, (scheme, name, number) => {
      const address = { scheme, host: name, port: number } as const;
      expect(unwrap(parseWebSocketAddress(formatWebSocketAddress(address)))).toEqual(address);
      const url = new URL(webSocketUrl(address));
      expect([url.protocol, url.pathname]).toEqual([`${scheme}:`, '/mesh']);
      expect(url.port === '' ? { ws: 80, wss: 443 }[scheme] : Number(url.port)).toBe(number);
    }),
  );
});

test.each(['', 'ws:', 'host:1', 'ws://host:1', 'ws:host', 'http:host:1', 'ws:ws:h:1', 'WS:h:1'])(
  '%j is no address',
  (text) => {
    expect(parseWebSocketAddress(text)).toMatchObject({
      ok: false,
      error: { code: 'LINK_ADDRESS_INVALID' },
    });
  },
);
