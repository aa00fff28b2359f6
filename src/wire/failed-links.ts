// The names of failed links that a detour carries behind the end of its route: a port 0, which no link has, and then for
// each the first bytes of its owner's PeerId and its port there. Relays never read past the last hop; the destination
// takes the packet wherever its cursor stands; who plans a further detour avoids them.

import { assert } from '../core/assert.ts';
import { encodePorts, readPort } from './ports.ts';

/** One for each detour. */
export const FAILED_LINKS_MAX = 2;
/** Enough to tell the members of a mesh apart; a false match costs a better way at worst. */
export const OWNER_PREFIX_BYTES = 4;
const END_OF_ROUTE = 0;

export interface FailedLink {
  /** The first `OWNER_PREFIX_BYTES` of a PeerId. */
  readonly owner: Uint8Array;
  readonly port: number;
}

/** What stands behind the hops of a route; nothing for no links. At most `FAILED_LINKS_MAX`. */
export function encodeFailedLinks(links: readonly FailedLink[]): Uint8Array {
  assert(links.length <= FAILED_LINKS_MAX, 'a packet takes at most two detours');
  if (links.length === 0) return new Uint8Array(0);
  const out = [END_OF_ROUTE];
  for (const { owner, port } of links) {
    assert(
      owner.length === OWNER_PREFIX_BYTES && port > 0,
      'a failed link has an owner and a port',
    );
    out.push(...owner, ...encodePorts([port]));
  }
  return Uint8Array.from(out);
}

/** The failed links that a route names, `null` if what stands behind its hops is malformed. */
export function decodeFailedLinks(route: Uint8Array): FailedLink[] | null {
  let cursor = hopBytes(route);
  if (cursor === null) return null;
  if (cursor === route.length) return [];
  cursor += 1;
  const links: FailedLink[] = [];
  while (cursor < route.length) {
    const owner = route.slice(cursor, cursor + OWNER_PREFIX_BYTES);
    const read = readPort(route, cursor + OWNER_PREFIX_BYTES);
    if (read === null || read.port === END_OF_ROUTE || links.length >= FAILED_LINKS_MAX)
      return null;
    links.push({ owner, port: read.port });
    cursor = read.next;
  }
  return links.length === 0 ? null : links;
}

/** Where the hops of a route end; `null` if a port is malformed. */
function hopBytes(route: Uint8Array): number | null {
  let cursor = 0;
  while (cursor < route.length) {
    const read = readPort(route, cursor);
    if (read === null) return null;
    if (read.port === END_OF_ROUTE) return cursor;
    cursor = read.next;
  }
  return cursor;
}
