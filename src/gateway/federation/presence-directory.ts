// Which peer is reachable through which gateways, as these last said.

import type { Clock } from '../../env/clock.ts';
import { compareBytes } from '../../core/bytes.ts';
import { byteKey, type ByteKey } from '../../routing/byte-key.ts';
import type { PresenceRecord } from './presence.ts';

/** Gateways with a record. When there are more, one that no way leads to goes. */
export const GATEWAYS_MAX = 256;
/** Sequences of gateways ever met: the one heard longest ago goes first. */
const SEQUENCES_MAX = 1024;

interface Entry {
  readonly record: PresenceRecord;
  /** As it came. */
  readonly payload: Uint8Array;
  readonly expiresAt: number;
}

export interface PresenceDirectoryDeps {
  readonly clock: Clock;
  /** Whether a way leads to the gateway. */
  isReachable(gateway: Uint8Array): boolean;
}

/** A sequence outlives its record, so that an old one cannot be replayed. */
export class PresenceDirectory {
  /** Grows with each change. */
  version = 0;
  readonly #deps: PresenceDirectoryDeps;
  readonly #entries = new Map<ByteKey, Entry>();
  readonly #sequences = new Map<ByteKey, bigint>();
  /** By peer: the gateways that named it, ascending by PeerId. */
  readonly #gateways = new Map<ByteKey, readonly Uint8Array[]>();
  /** Not before: nothing runs out. */
  #expiresAt = Infinity;

  constructor(deps: PresenceDirectoryDeps) {
    this.#deps = deps;
  }

  /** Takes a record unless an equal or newer one of that gateway is known, or there is no room; whether it was taken. */
  accept(record: PresenceRecord, payload: Uint8Array): boolean {
    const key = byteKey(record.gateway);
    const known = this.#sequences.get(key);
    if (known !== undefined && record.sequence <= known) return false;
    if (!this.#entries.has(key) && this.#entries.size >= GATEWAYS_MAX && !this.#makeRoom()) {
      return false;
    }
    this.#remember(key, record.sequence);
    this.#remove(key);
    const expiresAt = this.#deps.clock.now() + record.validMs;
    this.#entries.set(key, { record, payload, expiresAt });
    this.#expiresAt = Math.min(this.#expiresAt, expiresAt);
    for (const peer of record.peers) this.#add(byteKey(peer), record.gateway);
    this.version += 1;
    return true;
  }

  /** Gateways that reach `peer`, ascending by PeerId. */
  gatewaysFor(peer: Uint8Array): readonly Uint8Array[] {
    this.#expire();
    return this.#gateways.get(byteKey(peer)) ?? [];
  }

  /** Of one gateway, while it is in force. */
  record(gateway: Uint8Array): PresenceRecord | null {
    this.#expire();
    return this.#entries.get(byteKey(gateway))?.record ?? null;
  }

  /** Records in force, as they came. */
  *payloads(): Iterable<Uint8Array> {
    this.#expire();
    for (const { payload } of this.#entries.values()) yield payload;
  }

  #expire(): void {
    const nowMs = this.#deps.clock.now();
    if (nowMs < this.#expiresAt) return;
    this.#expiresAt = Infinity;
    for (const [key, { expiresAt }] of this.#entries) {
      if (expiresAt <= nowMs) this.#remove(key);
      else this.#expiresAt = Math.min(this.#expiresAt, expiresAt);
    }
    this.version += 1;
  }

  #makeRoom(): boolean {
    for (const [key, { record }] of this.#entries) {
      if (this.#deps.isReachable(record.gateway)) continue;
      this.#remove(key);
      return true;
    }
    return false;
  }

  #add(peer: ByteKey, gateway: Uint8Array): void {
    const others = this.#gateways.get(peer) ?? [];
    this.#gateways.set(peer, [...others, gateway].sort(compareBytes));
  }

  #remove(key: ByteKey): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    const { gateway, peers } = entry.record;
    for (const peer of peers) {
      const peerKey = byteKey(peer);
      const others = this.#gateways.get(peerKey)?.filter((one) => compareBytes(one, gateway) !== 0);
      if (others === undefined || others.length === 0) this.#gateways.delete(peerKey);
      else this.#gateways.set(peerKey, others);
    }
  }

  #remember(key: ByteKey, sequence: bigint): void {
    this.#sequences.delete(key);
    this.#sequences.set(key, sequence);
    const oldest = this.#sequences.keys().next();
    if (this.#sequences.size > SEQUENCES_MAX && oldest.done !== true) {
      this.#sequences.delete(oldest.value);
    }
  }
}
