// Addresses of QUIC links: `quic:host:port`.

import { fail, type Result } from '../../../core/errors.ts';
import { formatAddress, parseAddress, type Address } from '../address.ts';

export const QUIC_SCHEME = 'quic:';

export function parseQuicAddress(text: string): Result<Address, 'LINK_ADDRESS_INVALID'> {
  if (!text.startsWith(QUIC_SCHEME)) return fail('LINK_ADDRESS_INVALID', { address: text });
  const parsed = parseAddress(text.slice(QUIC_SCHEME.length));
  return parsed.ok ? parsed : fail('LINK_ADDRESS_INVALID', { address: text });
}

export function formatQuicAddress(address: Address): string {
  const { host } = address;
  // An IPv4 peer of a listener on `::` shows as `::ffff:192.0.2.7`.
  const plain = host.startsWith('::ffff:') && host.includes('.') ? host.slice(7) : host;
  return QUIC_SCHEME + formatAddress({ ...address, host: plain });
}
