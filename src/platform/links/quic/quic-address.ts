// Addresses of QUIC links: `quic:host:port`.

import { BitcrapsError } from '../../../core/errors.ts';
import { formatAddress, parseAddress, type Address } from '../address.ts';

export const QUIC_SCHEME = 'quic:';

/** Throws `LINK_ADDRESS_INVALID`. */
export function parseQuicAddress(text: string): Address {
  const parsed = text.startsWith(QUIC_SCHEME) ? parseAddress(text.slice(QUIC_SCHEME.length)) : null;
  if (parsed === null || !parsed.ok)
    throw new BitcrapsError('LINK_ADDRESS_INVALID', { address: text });
  return parsed.value;
}

export function formatQuicAddress(address: Address): string {
  const { host } = address;
  // An IPv4 peer of a listener on `::` shows as `::ffff:192.0.2.7`.
  const plain = host.startsWith('::ffff:') && host.includes('.') ? host.slice(7) : host;
  return QUIC_SCHEME + formatAddress({ ...address, host: plain });
}
