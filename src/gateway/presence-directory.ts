// Which peer is reachable through which gateway, as the gateways last said.

import type { Clock } from '../env/clock.ts';
import { peerIdText, type PeerIdText } from '../core/peer-id.ts';
import type { PresenceRecord } from './presence.ts';

interface Entry {
  readonly record: PresenceRecord;
  readonly expiresAt: number;
  readonly peers: ReadonlySet<PeerIdText>;
}

export interface PresenceDirectory {
  /** Takes a record unless an equal or newer one of that gateway is known; whether it was taken. */
  accept(record: PresenceRecord): boolean;
  /** Forgets a gateway, when its link ends. */
  forget(gateway: Uint8Array): void;
  /** Gateways that reach `peer`, in ascending order of their PeerIds. */
  gatewaysFor(peer: Uint8Array): readonly Uint8Array[];
  /** Records still in force. */
  records(): readonly PresenceRecord[];
}

/**
 * Holds one record for each gateway; the caller bounds gateways by its connections.
 * A sequence survives `forget`, so that an old record cannot be replayed on a new link.
 */
export function createPresenceDirectory(clock: Clock): PresenceDirectory {
  const entries = new Map<PeerIdText, Entry>();
  const sequences = new Map<PeerIdText, bigint>();

  /** By PeerId; made anew when the entries have changed, since it is asked for with every packet that crosses. */
  let ordered: readonly Entry[] | null = null;

  const live = (): readonly Entry[] => {
    const now = clock.now();
    for (const [key, entry] of entries) {
      if (entry.expiresAt > now) continue;
      entries.delete(key);
      ordered = null;
    }
    ordered ??= [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
    return ordered;
  };

  return {
    accept(record) {
      const key = peerIdText(record.gateway);
      const known = sequences.get(key);
      if (known !== undefined && record.sequence <= known) return false;
      rememberSequence(sequences, key, record.sequence);
      ordered = null;
      entries.set(key, {
        record,
        expiresAt: clock.now() + record.validMs,
        peers: new Set(record.peers.map(peerIdText)),
      });
      return true;
    },
    forget(gateway) {
      entries.delete(peerIdText(gateway));
      ordered = null;
    },
    gatewaysFor(peer) {
      const key = peerIdText(peer);
      return live()
        .filter((entry) => entry.peers.has(key))
        .map((entry) => entry.record.gateway);
    },
    records: () => live().map((entry) => entry.record),
  };
}

/** Sequences of gateways ever met: the least recently heard goes first. */
const SEQUENCES_MAX = 1024;

function rememberSequence(
  sequences: Map<PeerIdText, bigint>,
  key: PeerIdText,
  sequence: bigint,
): void {
  sequences.delete(key);
  sequences.set(key, sequence);
  const oldest = sequences.keys().next();
  if (sequences.size > SEQUENCES_MAX && oldest.done !== true) sequences.delete(oldest.value);
}
