// How gateways learn who is in whose mesh: each signs who is in its own, repeats it before it runs out, and passes on what
// is new to it from others, so that it reaches every gateway once over each bridge.

import { bytesEqual, compareBytes } from '../../core/bytes.ts';
import type { BitcrapsError } from '../../core/errors.ts';
import type { Identity } from '../../crypto/signing.ts';
import type { Clock, Timer } from '../../env/clock.ts';
import type { Primitives } from '../../env/primitives.ts';
import { byteKey, type ByteKey } from '../../routing/byte-key.ts';
import { createTokenBucket, type TokenBucket } from '../../core/token-bucket.ts';
import { decodePresence, encodePresence } from './presence.ts';
import { GATEWAYS_MAX, type PresenceDirectory } from './presence-directory.ts';

/** How often the mesh is looked at for members that came or went. */
const CHECK_MS = 250;
/** A record is repeated this often, changed or not, so that it does not run out. */
const REFRESH_MS = 10_000;
/** Three refreshes may be lost. */
const VALID_MS = 35_000;
/** Records over one bridge: those of all gateways at once, then as many as honest ones send, which is at most four a second. */
const RECORDS_BURST: number = 2 * GATEWAYS_MAX;
const RECORDS_PER_SECOND = 64;
/** Buckets kept of neighbours that went, so that none gets a full one by coming again. */
const BUCKETS_MAX = 1024;

export interface PresenceExchangeConfig {
  readonly identity: Identity;
  readonly networkId: string;
  readonly meshName: string;
}

export interface PresenceExchangeDeps {
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly directory: PresenceDirectory;
  /** Durable, grows at each start: later presence is newer presence. */
  readonly bootEpoch: number;
  /** PeerIds of this mesh's members that can be reached, this gateway included. */
  members(): readonly Uint8Array[];
  /** PeerIds of the gateways that bridges lead to. */
  neighbours(): readonly Uint8Array[];
  send(neighbour: Uint8Array, payload: Uint8Array): void;
}

export class PresenceExchange {
  readonly #config: PresenceExchangeConfig;
  readonly #deps: PresenceExchangeDeps;
  readonly #buckets = new Map<ByteKey, TokenBucket>();
  #announced: readonly Uint8Array[] = [];
  #announcedAt: number;
  #announcements = 0;
  /** As others last got it. */
  #own: Uint8Array | null = null;
  #timer: Timer;

  constructor(config: PresenceExchangeConfig, deps: PresenceExchangeDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#announcedAt = deps.clock.now();
    this.#timer = deps.clock.after(CHECK_MS, () => this.#check());
  }

  stop(): void {
    this.#timer.cancel();
  }

  /** A bridge is there: its other end gets all that is known. */
  joined(neighbour: Uint8Array): void {
    this.#deps.send(neighbour, this.#own ?? this.#announce());
    for (const payload of this.#deps.directory.payloads()) this.#deps.send(neighbour, payload);
  }

  /** A record that a neighbour made or passes on: what is wrong with it, `null` if nothing. */
  received(from: Uint8Array, payload: Uint8Array): BitcrapsError | null {
    const { primitives, clock, directory } = this.#deps;
    if (!this.#bucketOf(from).take(clock.now())) return null;
    const decoded = decodePresence(primitives, this.#config.networkId, payload);
    if (!decoded.ok) return decoded.error;
    const record = decoded.value;
    if (bytesEqual(record.gateway, this.#config.identity.publicKey)) return null;
    const copy = payload.slice();
    if (directory.accept(record, copy)) this.#tell(copy, [from, record.gateway]);
    return null;
  }

  #bucketOf(neighbour: Uint8Array): TokenBucket {
    const key = byteKey(neighbour);
    const bucket = this.#buckets.get(key) ?? createTokenBucket(RECORDS_BURST, RECORDS_PER_SECOND);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const oldest = this.#buckets.size > BUCKETS_MAX ? this.#buckets.keys().next().value : undefined;
    if (oldest !== undefined) this.#buckets.delete(oldest);
    return bucket;
  }

  #check(): void {
    const { clock } = this.#deps;
    this.#timer = clock.after(CHECK_MS, () => this.#check());
    const isDue = clock.now() - this.#announcedAt >= REFRESH_MS;
    if (isDue || !isSame(this.#members(), this.#announced)) this.#tell(this.#announce(), []);
  }

  #tell(payload: Uint8Array, except: readonly Uint8Array[]): void {
    for (const neighbour of this.#deps.neighbours()) {
      if (!except.some((other) => bytesEqual(other, neighbour)))
        this.#deps.send(neighbour, payload);
    }
  }

  #members(): readonly Uint8Array[] {
    return this.#deps.members().toSorted(compareBytes);
  }

  /** Signs a new record. */
  #announce(): Uint8Array {
    const { primitives, clock, bootEpoch } = this.#deps;
    const { identity, networkId, meshName } = this.#config;
    this.#announcements += 1;
    this.#announced = this.#members();
    this.#announcedAt = clock.now();
    this.#own = encodePresence(primitives, identity, networkId, {
      meshName,
      sequence: (BigInt(bootEpoch) << 32n) | BigInt(this.#announcements),
      peers: this.#announced,
      validMs: VALID_MS,
    });
    return this.#own;
  }
}

function isSame(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return (
    a.length === b.length && a.every((peer, at) => bytesEqual(peer, b[at] ?? peer.subarray(1)))
  );
}
