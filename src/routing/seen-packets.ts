// Which packets passed already, each once for each of its detours: two generations of keys, the older dropped whole when
// the younger is full. A key is kept for at least `generationEntriesMax` newer ones; the ttl bounds what an older copy can
// still do.

import { byteKey } from './byte-key.ts';

/** About 10 MB of keys at most in both generations. */
export const SEEN_GENERATION_ENTRIES_MAX = 32_768;

export interface SeenPackets {
  /** Whether this is the first time, and remembers it. */
  first(source: Uint8Array, packetId: bigint, detours: number): boolean;
}

export function createSeenPackets(
  generationEntriesMax: number = SEEN_GENERATION_ENTRIES_MAX,
): SeenPackets {
  let younger = new Set<string>();
  let older = new Set<string>();

  return {
    first(source, packetId, detours) {
      const key = byteKey(source) + String.fromCharCode(detours) + packetId.toString(36);
      if (younger.has(key) || older.has(key)) return false;
      if (younger.size >= generationEntriesMax) {
        older = younger;
        younger = new Set();
      }
      younger.add(key);
      return true;
    },
  };
}
