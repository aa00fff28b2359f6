// Between addresses as transports write them and the places of an announcement.

import { formatAddress, parseAddress } from '../links/address.ts';
import type { Place } from './announcement.ts';

/** TLS addresses have no scheme. */
const PLAIN = 'tls';
const SCHEMED = /^([a-z][a-z0-9]{0,7}):([^/].*)$/;

/** The place where an address listens, or `null` for one that others cannot reach: loopback, or no address at all. */
export function placeOf(address: string): Place | null {
  const plain = parseAddress(address);
  const [, scheme = '', rest = ''] = plain.ok ? [] : (SCHEMED.exec(address) ?? []);
  const parsed = plain.ok ? plain : parseAddress(rest);
  if (!parsed.ok || parsed.value.port === 0 || isLoopback(parsed.value.host)) return null;
  return { transport: plain.ok ? PLAIN : scheme, port: parsed.value.port };
}

/** Where a node at `host` is dialled. */
export function addressAt(host: string, place: Place): string {
  const plain = formatAddress({ host, port: place.port });
  return place.transport === PLAIN ? plain : `${place.transport}:${plain}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
