// Network addresses as people write them: `host:port`, an IPv6 host in brackets. Pages parse them too, so nothing here
// is Node's.

import { fail, ok, type Result } from '../../core/errors.ts';

const PORT_MAX = 65_535;
const HOST_CHARACTERS_MAX = 253;
const BRACKETED = /^\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]:(\d{1,5})$/;
/** Names as RFC 1123 has them, and underscores, which containers use. */
const PLAIN = /^([A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?):(\d{1,5})$/;

export interface Address {
  readonly host: string;
  /** 0 to 65535; 0 asks for a free port when listening. */
  readonly port: number;
}

export function parseAddress(text: string): Result<Address, 'LINK_ADDRESS_INVALID'> {
  const bracketed = BRACKETED.exec(text);
  const match = bracketed ?? PLAIN.exec(text);
  const host = match?.[1] ?? '';
  const port = Number(match?.[2] ?? '-1');
  const isHost =
    bracketed === null ? host.length > 0 && host.length <= HOST_CHARACTERS_MAX : isIPv6(host);
  if (!isHost || port < 0 || port > PORT_MAX) {
    return fail('LINK_ADDRESS_INVALID', { address: text });
  }
  return ok({ host, port });
}

/** The URL standard's parser decides, which knows no zone (RFC 4007: `%eth0`). */
function isIPv6(host: string): boolean {
  return URL.canParse(`http://[${host.split('%', 1)[0] ?? ''}]`);
}

export function formatAddress(address: Address): string {
  const { host, port } = address;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
