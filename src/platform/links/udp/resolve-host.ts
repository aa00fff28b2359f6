// Names to addresses, for sockets that take only addresses.

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** The first address of `host`, itself if it is one; `null` if there is none. */
export async function resolveHost(host: string): Promise<string | null> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host)).address;
  } catch {
    return null;
  }
}
