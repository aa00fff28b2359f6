// Addresses of WebSocket links: `ws:host:port`, and `wss:host:port` for a node behind a proxy that ends TLS.

import { fail, ok, type Result } from '../../../core/errors.ts';
import { formatAddress, parseAddress, type Address } from '../address.ts';

/** Where a node answers, on every port that it listens on. */
export const WEBSOCKET_PATH = '/mesh';
const FORM = /^(wss?):(?!\/\/)(.+)$/;

export interface WebSocketAddress extends Address {
  readonly scheme: 'ws' | 'wss';
}

export function parseWebSocketAddress(
  text: string,
): Result<WebSocketAddress, 'LINK_ADDRESS_INVALID'> {
  const [, scheme, rest = ''] = FORM.exec(text) ?? [];
  const address = parseAddress(rest);
  if (!address.ok || (scheme !== 'ws' && scheme !== 'wss')) {
    return fail('LINK_ADDRESS_INVALID', { address: text });
  }
  return ok({ scheme, ...address.value });
}

export function formatWebSocketAddress(address: WebSocketAddress): string {
  return `${address.scheme}:${formatAddress(address)}`;
}

/** The URL to dial. */
export function webSocketUrl(address: WebSocketAddress): string {
  return `${address.scheme}://${formatAddress(address)}${WEBSOCKET_PATH}`;
}
