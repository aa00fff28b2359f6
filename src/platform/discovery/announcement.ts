// What a node says of itself in the TXT record of its service (RFC 6763 section 6): strings of `key=value`.
//
//   v=1            the version of this list; others are ignored, so that it may change
//   n=<16 hex>     the mesh: the first 8 bytes of a hash of the network's id and the mesh's name
//   k=<base32>     the PeerId
//   a=<kind>:<port>,…   where it listens: transports and ports. Never hosts: whoever hears it takes the address that the
//                  announcement came from, so that nobody can send the others to dial somebody else.

import { fromHex, toHex, utf8 } from '../../core/bytes.ts';
import { parsePeerId, peerIdText } from '../../core/peer-id.ts';
import { hashIn } from '../../crypto/hash.ts';
import type { Primitives } from '../../env/primitives.ts';

const VERSION = '1';
const NETWORK_BYTES = 8;
/** RFC 6763 section 6.1: one string; section 6.2 advises the whole to stay below 400 bytes or so. */
const STRING_BYTES_MAX = 255;
const STRINGS_MAX = 16;
/** Listening places of one node. */
export const PLACES_MAX = 8;
const PLACE = /^([a-z][a-z0-9]{0,7}):([1-9]\d{0,4})$/;
const PORT_MAX = 65_535;

/** One transport on one port. */
export interface Place {
  /** `tls`, or the scheme of the transport's addresses: `quic`, `ws`, `udp`. */
  readonly transport: string;
  readonly port: number;
}

export interface Announcement {
  /** Of `networkMark`. */
  readonly network: string;
  readonly publicKey: Uint8Array;
  /** Best first; at most `PLACES_MAX`. */
  readonly places: readonly Place[];
}

/** How a mesh of a network is named towards strangers: 16 hexadecimal digits that tell nothing but equality. */
export function networkMark(primitives: Primitives, networkId: string, meshName: string): string {
  const hash = hashIn(primitives, 'network-mark', utf8(networkId), utf8(meshName));
  return toHex(hash.subarray(0, NETWORK_BYTES));
}

export function encodeAnnouncement(announcement: Announcement): readonly string[] {
  const { network, publicKey, places } = announcement;
  const listed = places.slice(0, PLACES_MAX).map(({ transport, port }) => `${transport}:${port}`);
  return [`v=${VERSION}`, `n=${network}`, `k=${peerIdText(publicKey)}`, `a=${listed.join(',')}`];
}

/** The announcement in `text`, the strings of a TXT record, or `null` for anything that is none. */
export function decodeAnnouncement(text: readonly Uint8Array[]): Announcement | null {
  if (text.length > STRINGS_MAX) return null;
  const values = new Map<string, string>();
  for (const bytes of text) {
    if (bytes.length > STRING_BYTES_MAX) return null;
    const [key = '', ...rest] = Buffer.from(bytes).toString('latin1').split('=');
    // RFC 6763 section 6.4: the first of several counts.
    if (!values.has(key)) values.set(key, rest.join('='));
  }
  if (values.get('v') !== VERSION) return null;
  const network = values.get('n') ?? '';
  if (fromHex(network)?.length !== NETWORK_BYTES) return null;
  const publicKey = parsePeerId(values.get('k') ?? '');
  const places = placesIn(values.get('a') ?? '');
  if (!publicKey.ok || places === null) return null;
  return { network, publicKey: publicKey.value, places };
}

function placesIn(list: string): readonly Place[] | null {
  const items = list.split(',', PLACES_MAX + 1);
  if (items.length > PLACES_MAX) return null;
  const places: Place[] = [];
  for (const item of items) {
    const [, transport, digits] = PLACE.exec(item) ?? [];
    const port = Number(digits);
    if (transport === undefined || port > PORT_MAX) return null;
    places.push({ transport, port });
  }
  return places;
}
