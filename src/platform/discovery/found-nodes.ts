// Who was heard nearby: a bounded table, kept by machine and key, so that nobody can take somebody else's place in it by
// naming its key.

import { peerIdText } from '../../core/peer-id.ts';
import { createTokenBucket } from '../../core/token-bucket.ts';
import type { DiscoveryHandlers, FoundNode } from '../../env/discovery.ts';
import type { Announcement } from './announcement.ts';
import { addressAt } from './places.ts';

const NODES_MAX = 256;
/** Nodes that one machine may claim to run. */
const NODES_PER_MACHINE_MAX = 16;
/** What others say holds as long as they say, in seconds, up to this. */
const TTL_S_MAX = 120;
/** New nodes and new addresses, each of which leads to a dial. */
const NEWS_BURST = 32;
const NEWS_PER_SECOND = 4;

export interface FoundNodes {
  readonly nodes: readonly FoundNode[];
  /** `host` said `announcement`, good for `ttlS` seconds; 0 is a goodbye. */
  heard(host: string, announcement: Announcement, ttlS: number, nowMs: number): void;
  /** Forgets what has expired. */
  sweep(nowMs: number): void;
}

interface Entry {
  readonly node: FoundNode;
  readonly host: string;
  readonly expiresMs: number;
}

export function createFoundNodes(handlers: DiscoveryHandlers): FoundNodes {
  const entries = new Map<string, Entry>();
  const news = createTokenBucket(NEWS_BURST, NEWS_PER_SECOND);

  function hasRoom(host: string): boolean {
    if (entries.size >= NODES_MAX) return false;
    let here = 0;
    for (const entry of entries.values()) if (entry.host === host) here += 1;
    return here < NODES_PER_MACHINE_MAX;
  }

  function forget(id: string, entry: Entry): void {
    entries.delete(id);
    handlers.lost(entry.node);
  }

  return {
    get nodes() {
      return [...entries.values()].map(({ node }) => node);
    },
    heard(host, { publicKey, places }, ttlS, nowMs) {
      const id = `${host} ${peerIdText(publicKey)}`;
      const known = entries.get(id);
      if (ttlS === 0) {
        if (known !== undefined) forget(id, known);
        return;
      }
      if (known === undefined && !hasRoom(host)) return;
      const addresses = places.map((place) => addressAt(host, place));
      const expiresMs = nowMs + 1000 * Math.min(ttlS, TTL_S_MAX);
      if (known !== undefined && sameList(known.node.addresses, addresses)) {
        entries.set(id, { ...known, expiresMs });
        return;
      }
      // Too much news: the next time that it is said is early enough.
      if (!news.take(nowMs)) return;
      const node = { publicKey, addresses };
      entries.set(id, { node, host, expiresMs });
      handlers.found(node);
    },
    sweep(nowMs) {
      for (const [id, entry] of entries) if (entry.expiresMs <= nowMs) forget(id, entry);
    },
  };
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
