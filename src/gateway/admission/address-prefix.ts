// Where a connection comes from, at the widths at which addresses are handed out: the address itself, the prefix of one
// household or rack (IPv4 /24, IPv6 /56), the site of one customer (IPv6 /48). Limits count at each.

export const ADDRESS_BYTES = 16;
/** IPv4 addresses as IPv6 has them: RFC 4291, section 2.5.5.2. */
const MAPPED_PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);
const IPV4_PREFIX_BYTES = 3;
const IPV6_PREFIX_BYTES = 7;
const IPV6_SITE_BYTES = 6;
const TEXT_CHARACTERS_MAX = 45;

export type Width = 'address' | 'prefix' | 'site';

/** Keys of maps, one for each width; `null` where the kind of address has no such width. */
export type Origin = {
  /** 16 bytes, what cookies are bound to; of a name that is no IP address its first 16 characters. */
  readonly bytes: Uint8Array;
} & Readonly<Record<Width, string | null>>;

/** The origin of a remote host as systems write it. What is no IP address has no prefix: it counts by itself. */
export function originOf(host: string): Origin {
  const bytes = parseIp(host);
  if (bytes === null) {
    const opaque = new Uint8Array(ADDRESS_BYTES);
    for (let i = 0; i < Math.min(host.length, ADDRESS_BYTES); i += 1) {
      opaque[i] = host.charCodeAt(i) & 0xff;
    }
    return { bytes: opaque, address: `name ${host}`, prefix: null, site: null };
  }
  if (isMapped(bytes)) {
    const [a, b, c, d] = bytes.subarray(MAPPED_PREFIX.length);
    return {
      bytes,
      address: `${a}.${b}.${c}.${d}`,
      prefix: `${a}.${b}.${c}.0/${8 * IPV4_PREFIX_BYTES}`,
      site: null,
    };
  }
  return {
    bytes,
    address: hex(bytes, ADDRESS_BYTES),
    prefix: `${hex(bytes, IPV6_PREFIX_BYTES)}/${8 * IPV6_PREFIX_BYTES}`,
    site: `${hex(bytes, IPV6_SITE_BYTES)}/${8 * IPV6_SITE_BYTES}`,
  };
}

function isMapped(bytes: Uint8Array): boolean {
  return MAPPED_PREFIX.every((byte, i) => bytes[i] === byte);
}

function hex(bytes: Uint8Array, count: number): string {
  let text = '';
  for (let i = 0; i < count; i += 1) text += (bytes[i] ?? 0).toString(16).padStart(2, '0');
  return text;
}

/** The 16 bytes of an IP address, IPv4 mapped (RFC 4291 section 2.2, RFC 4007 for the zone, which is dropped), or `null`. */
export function parseIp(text: string): Uint8Array | null {
  const [host = ''] = text.split('%', 1);
  if (host.length > TEXT_CHARACTERS_MAX) return null;
  if (!host.includes(':')) {
    const ipv4 = parseIpv4(host);
    return ipv4 === null ? null : Uint8Array.of(...MAPPED_PREFIX, ...ipv4);
  }
  return parseIpv6(host);
}

function parseIpv4(text: string): readonly number[] | null {
  // As inet_pton: a leading zero once meant octal.
  if (text.endsWith('.') || !/^(?:(?:0|[1-9]\d{0,2})(?:\.|$)){4}$/.test(text)) return null;
  const bytes = text.split('.').map(Number);
  return bytes.every((byte) => byte <= 0xff) ? bytes : null;
}

function parseIpv6(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = [groupsOf(halves[0] ?? ''), groupsOf(halves[1] ?? '')];
  if (head === null || tail === null) return null;
  const missing = ADDRESS_BYTES - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return null;
  const bytes = new Uint8Array(ADDRESS_BYTES);
  bytes.set(head);
  bytes.set(tail, ADDRESS_BYTES - tail.length);
  return bytes;
}

/** The bytes of groups between colons, the last of which may be an IPv4 address. */
function groupsOf(text: string): readonly number[] | null {
  if (text === '') return [];
  const groups = text.split(':');
  const bytes: number[] = [];
  for (const [i, group] of groups.entries()) {
    if (i === groups.length - 1 && group.includes('.')) {
      const ipv4 = parseIpv4(group);
      if (ipv4 === null) return null;
      bytes.push(...ipv4);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes.length <= ADDRESS_BYTES ? bytes : null;
}
