// Link-state flooding in the manner of OSPF (RFC 2328 section 13) and IS-IS over reliable links: nothing is repeated
// while nothing changes. Sans-IO: frames come in by `receive`, frames to send are taken by `next`, so that a slow link
// never queues more than each record's newest state.

import { bytesEqual, compareBytes } from '../core/bytes.ts';
import type { BitcrapsError } from '../core/errors.ts';
import { peerIdShort } from '../core/peer-id.ts';
import type { Identity } from '../crypto/signing.ts';
import type { Clock } from '../env/clock.ts';
import type { Logger } from '../env/logger.ts';
import type { Primitives } from '../env/primitives.ts';
import { byteKey, type ByteKey } from './byte-key.ts';
import {
  createLinkStateDatabase,
  type LinkStateDatabase,
  type Relation,
  type StoredRecord,
} from './link-state-database.ts';
import {
  decodeDigest,
  encodeDigest,
  RANGE_ENTRIES_MAX,
  summaryOf,
  type Digest,
  type DigestEntry,
} from './link-state-digest.ts';
import {
  decodeRecord,
  firstSequence,
  recordIsSigned,
  SEQUENCE_MAX,
  signRecord,
  type SignedRecord,
} from './link-state-record.ts';
import { createTokenBucket, type TokenBucket } from './token-bucket.ts';

/** Changes of links within this time become one record: links tend to come and go together. */
export const ORIGINATE_HOLD_MS = 20;
/** Own records: a burst while the links come up, then one a second. */
const ORIGINATE_BURST = 8;
const ORIGINATE_PER_SECOND = 1;
/** Records from one neighbour: a whole area at once, then as many as cost a few percent of a core to check. */
const NEIGHBOUR_BURST = 12_000;
const NEIGHBOUR_PER_SECOND = 1_000;
/** Digests from one neighbour: the ranges of two whole areas, then one a second. */
const DIGESTS_BURST = 48;
const DIGESTS_PER_SECOND = 1;
/** A neighbour is listed to at most this often. */
export const LIST_INTERVAL_MS_MIN = 5_000;

export interface LinkStateConfig {
  readonly identity: Identity;
  readonly networkId: string;
  readonly gateway: boolean;
  /** Durable; grows at each start of the node. 0…2^32 − 1. */
  readonly bootEpoch: number;
  /** Default `RECORDS_MAX`. */
  readonly recordsMax?: number;
}

export interface LinkStateDeps {
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What became of a frame. A fault is the neighbour's: it sent what no honest node sends. */
export type Received =
  | { readonly kind: 'taken' }
  | { readonly kind: 'ignored'; readonly why: Relation | 'limited' | 'full' }
  | { readonly kind: 'fault'; readonly error: BitcrapsError };

export type LinkStateFrameKind = 'record' | 'digest';

export interface LinkStateFrame {
  readonly kind: LinkStateFrameKind;
  readonly payload: Uint8Array;
}

/** Since the start. */
export interface LinkStateCounters {
  accepted: number;
  duplicate: number;
  older: number;
  conflicts: number;
  limited: number;
  full: number;
  originated: number;
  faults: number;
}

export interface LinkState {
  readonly database: Pick<LinkStateDatabase, 'version' | 'get' | 'sorted' | 'age'>;
  readonly counters: Readonly<LinkStateCounters>;
  /** When `wake` has something to do, on the clock's monotonic time; `null` if never. */
  readonly wakeAtMs: number | null;
  /** A link to `peer` is there. One link for each peer, at most `NEIGHBOURS_MAX`: the caller sees to both. */
  linkUp(port: number, peer: Uint8Array, weight: number): void;
  reweigh(port: number, weight: number): void;
  linkDown(port: number): void;
  /** `fromPort` is `null` for a link that has no port (yet): its records count, its digests cannot be answered. */
  receive(kind: LinkStateFrameKind, payload: Uint8Array, fromPort: number | null): Received;
  /** Takes the next frame for a link, `null` if there is none. Call it while the link takes frames. */
  next(port: number): LinkStateFrame | null;
  /** Does what is due. */
  wake(): void;
}

interface PortState {
  readonly peer: Uint8Array;
  weight: number;
  /** Originators whose record this neighbour is to get, each once. */
  readonly unsent: Set<ByteKey>;
  summaryUnsent: boolean;
  /** `undefined`: not listing; else the list goes on after this originator. */
  listAfter: Uint8Array | null | undefined;
  listedAtMs: number | null;
  /** Something was dropped by a rate bound: list again then. */
  relistAtMs: number | null;
  readonly records: TokenBucket;
  readonly digests: TokenBucket;
}

/** Starts with a record of this node without links. */
export function createLinkState(config: LinkStateConfig, deps: LinkStateDeps): LinkState {
  return new Flooding(config, deps);
}

class Flooding implements LinkState {
  readonly database: LinkStateDatabase;
  readonly counters: LinkStateCounters = {
    accepted: 0,
    duplicate: 0,
    older: 0,
    conflicts: 0,
    limited: 0,
    full: 0,
    originated: 0,
    faults: 0,
  };
  readonly #config: LinkStateConfig;
  readonly #deps: LinkStateDeps;
  readonly #selfKey: ByteKey;
  readonly #ports = new Map<number, PortState>();
  readonly #portless = createTokenBucket(NEIGHBOUR_BURST, NEIGHBOUR_PER_SECOND);
  readonly #ownRate = createTokenBucket(ORIGINATE_BURST, ORIGINATE_PER_SECOND);
  #sequence: bigint;
  #originateAtMs: number | null = null;

  constructor(config: LinkStateConfig, deps: LinkStateDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#selfKey = byteKey(config.identity.publicKey);
    this.database = createLinkStateDatabase(this.#selfKey, config.recordsMax);
    this.#sequence = firstSequence(config.bootEpoch) - 1n;
    this.#originate();
  }

  get wakeAtMs(): number | null {
    let atMs = this.#originateAtMs;
    for (const { relistAtMs } of this.#ports.values()) {
      if (relistAtMs !== null && (atMs === null || relistAtMs < atMs)) atMs = relistAtMs;
    }
    return atMs;
  }

  linkUp(port: number, peer: Uint8Array, weight: number): void {
    this.#ports.set(port, {
      peer,
      weight,
      unsent: new Set(),
      summaryUnsent: true,
      listAfter: undefined,
      listedAtMs: null,
      relistAtMs: null,
      records: createTokenBucket(NEIGHBOUR_BURST, NEIGHBOUR_PER_SECOND),
      digests: createTokenBucket(DIGESTS_BURST, DIGESTS_PER_SECOND),
    });
    this.#changed();
  }

  reweigh(port: number, weight: number): void {
    const state = this.#ports.get(port);
    if (state === undefined || state.weight === weight) return;
    state.weight = weight;
    this.#changed();
  }

  linkDown(port: number): void {
    if (!this.#ports.delete(port)) return;
    this.#changed();
    // Bad news does not wait for company, or this node would go on using the link.
    const nowMs = this.#deps.clock.now();
    this.#originateAtMs = nowMs + this.#ownRate.waitMs(nowMs);
  }

  receive(kind: LinkStateFrameKind, payload: Uint8Array, fromPort: number | null): Received {
    return kind === 'record'
      ? this.#receiveRecord(payload, fromPort)
      : this.#receiveDigest(payload, fromPort);
  }

  next(port: number): LinkStateFrame | null {
    const state = this.#ports.get(port);
    if (state === undefined) return null;
    if (state.summaryUnsent) {
      state.summaryUnsent = false;
      const hash = this.#summaryFor(state.peer);
      return { kind: 'digest', payload: encodeDigest({ kind: 'summary', hash }) };
    }
    if (state.listAfter !== undefined) return this.#nextRange(state, state.listAfter);
    for (const key of state.unsent) {
      state.unsent.delete(key);
      const stored = this.database.get(key);
      if (stored !== undefined) return { kind: 'record', payload: stored.signed.payload };
    }
    return null;
  }

  wake(): void {
    const nowMs = this.#deps.clock.now();
    if (this.#originateAtMs !== null && this.#originateAtMs <= nowMs) {
      if (this.#ownRate.take(nowMs)) this.#originate();
      else this.#originateAtMs = nowMs + this.#ownRate.waitMs(nowMs);
    }
    for (const state of this.#ports.values()) {
      if (state.relistAtMs !== null && state.relistAtMs <= nowMs) this.#list(state);
    }
  }

  #flood(stored: StoredRecord, exceptPort: number | null): void {
    for (const [port, state] of this.#ports) {
      if (port === exceptPort) state.unsent.delete(stored.key);
      else state.unsent.add(stored.key);
    }
  }

  #originate(): void {
    this.#originateAtMs = null;
    if (this.#sequence >= SEQUENCE_MAX) return;
    this.#sequence += 1n;
    const { identity, networkId, gateway } = this.#config;
    const neighbours = [...this.#ports]
      .map(([port, { peer, weight }]) => ({ peer, port, weight }))
      .sort((a, b) => compareBytes(a.peer, b.peer));
    const record = {
      originator: identity.publicKey,
      sequence: this.#sequence,
      gateway,
      neighbours,
    };
    const signed = signRecord(this.#deps.primitives, identity, networkId, record);
    const stored = this.database.store(signed, this.#deps.clock.now());
    this.counters.originated += 1;
    if (stored !== null) this.#flood(stored, null);
  }

  #changed(): void {
    const nowMs = this.#deps.clock.now();
    this.#originateAtMs ??= nowMs + Math.max(ORIGINATE_HOLD_MS, this.#ownRate.waitMs(nowMs));
  }

  #limited(state: PortState | undefined): Received {
    this.counters.limited += 1;
    if (state !== undefined) state.relistAtMs ??= this.#deps.clock.now() + LIST_INTERVAL_MS_MIN;
    return { kind: 'ignored', why: 'limited' };
  }

  #fault(error: BitcrapsError): Received {
    this.counters.faults += 1;
    return { kind: 'fault', error };
  }

  #receiveRecord(payload: Uint8Array, fromPort: number | null): Received {
    const { primitives, clock } = this.#deps;
    const state = fromPort === null ? undefined : this.#ports.get(fromPort);
    if (!(state?.records ?? this.#portless).take(clock.now())) return this.#limited(state);
    const decoded = decodeRecord(primitives, payload);
    if (!decoded.ok) return this.#fault(decoded.error);
    const signed = decoded.value;
    const key = byteKey(signed.record.originator);
    if (key === this.#selfKey) return this.#receiveOwn(signed, state);

    const relation = this.database.relate(signed);
    if (relation === 'same') {
      this.counters.duplicate += 1;
      state?.unsent.delete(key);
      return { kind: 'ignored', why: relation };
    }
    if (relation === 'older' || relation === 'buried') {
      this.counters.older += 1;
      if (relation === 'older') state?.unsent.add(key);
      return { kind: 'ignored', why: relation };
    }
    const genuine = recordIsSigned(primitives, this.#config.networkId, signed);
    if (!genuine.ok) return this.#fault(genuine.error);
    if (relation === 'conflict-wins' || relation === 'conflict-loses') this.#conflict(signed);
    if (relation === 'conflict-loses') {
      state?.unsent.add(key);
      return { kind: 'ignored', why: relation };
    }
    const held = this.database.get(key);
    if (held !== undefined && !held.rate.take(clock.now())) return this.#limited(state);
    const stored = this.database.store(signed, clock.now());
    if (stored === null) {
      this.counters.full += 1;
      return { kind: 'ignored', why: 'full' };
    }
    this.counters.accepted += 1;
    this.#flood(stored, fromPort);
    return { kind: 'taken' };
  }

  /** Someone holds a record of this node: one that this run did not make, or not like this, must be outbid. */
  #receiveOwn(signed: SignedRecord, state: PortState | undefined): Received {
    const heard = signed.record.sequence;
    const held = this.database.get(this.#selfKey);
    if (held !== undefined && bytesEqual(signed.hash, held.signed.hash)) {
      this.counters.duplicate += 1;
      return { kind: 'ignored', why: 'same' };
    }
    if (heard < this.#sequence) {
      this.counters.older += 1;
      state?.unsent.add(this.#selfKey);
      return { kind: 'ignored', why: 'older' };
    }
    const genuine = recordIsSigned(this.#deps.primitives, this.#config.networkId, signed);
    if (!genuine.ok) return this.#fault(genuine.error);
    this.#deps.logger.warn('link-state-own-sequence-heard', { heard, own: this.#sequence });
    this.#sequence = heard;
    this.#changed();
    return { kind: 'taken' };
  }

  #conflict(signed: SignedRecord): void {
    this.counters.conflicts += 1;
    const { originator, sequence } = signed.record;
    this.#deps.logger.warn('link-state-conflict', {
      originator: peerIdShort(originator),
      sequence,
    });
  }

  #receiveDigest(payload: Uint8Array, fromPort: number | null): Received {
    const state = fromPort === null ? undefined : this.#ports.get(fromPort);
    if (state === undefined) return { kind: 'ignored', why: 'limited' };
    if (!state.digests.take(this.#deps.clock.now())) return this.#limited(state);
    const digest = decodeDigest(payload);
    if (!digest.ok) return this.#fault(digest.error);
    if (digest.value.kind === 'range') this.#compareRange(digest.value, state);
    else if (!bytesEqual(digest.value.hash, this.#summaryFor(state.peer))) this.#list(state);
    return { kind: 'taken' };
  }

  /** Over everything but the records of both ends, which cross each new link anyway. */
  #summaryFor(peer: Uint8Array): Uint8Array {
    const peerKey = byteKey(peer);
    const entries = this.database
      .sorted()
      .filter(({ key }) => key !== this.#selfKey && key !== peerKey)
      .map(({ entry }) => entry);
    return summaryOf(this.#deps.primitives, entries);
  }

  /** Starts to tell the neighbour what this node has, so that it sends what this node lacks. */
  #list(state: PortState): void {
    const nowMs = this.#deps.clock.now();
    if (state.listedAtMs !== null && nowMs < state.listedAtMs + LIST_INTERVAL_MS_MIN) {
      state.relistAtMs = state.listedAtMs + LIST_INTERVAL_MS_MIN;
      return;
    }
    state.relistAtMs = null;
    state.listedAtMs = nowMs;
    state.listAfter = null;
  }

  #nextRange(state: PortState, after: Uint8Array | null): LinkStateFrame {
    const afterKey = after === null ? '' : byteKey(after);
    const rest = this.database.sorted().filter(({ key }) => key > afterKey);
    const entries = rest.slice(0, RANGE_ENTRIES_MAX).map(({ entry }) => entry);
    const upTo = rest.length > RANGE_ENTRIES_MAX ? (entries.at(-1)?.originator ?? null) : null;
    state.listAfter = upTo ?? undefined;
    return { kind: 'digest', payload: encodeDigest({ kind: 'range', after, upTo, entries }) };
  }

  /** Sends what the neighbour lacks; lists in turn, once for each link, if this node lacks something. */
  #compareRange(range: Digest & { readonly kind: 'range' }, state: PortState): void {
    const theirs = new Map(range.entries.map((entry) => [byteKey(entry.originator), entry]));
    const after = range.after === null ? '' : byteKey(range.after);
    const upTo = range.upTo === null ? null : byteKey(range.upTo);
    for (const { key, entry } of this.database.sorted()) {
      if (key <= after || (upTo !== null && key > upTo)) continue;
      const their = theirs.get(key);
      if (their === undefined || isAhead(entry, their)) state.unsent.add(key);
    }
    if (state.listedAtMs !== null) return;
    const lacks = range.entries.some((entry) => {
      const held = this.database.get(byteKey(entry.originator));
      return held === undefined || isAhead(entry, held.entry);
    });
    if (lacks) this.#list(state);
  }
}

/** Whether `a` would replace `b` of the same originator. */
function isAhead(a: DigestEntry, b: DigestEntry): boolean {
  if (a.sequence !== b.sequence) return a.sequence > b.sequence;
  return compareBytes(a.hash, b.hash) < 0;
}
