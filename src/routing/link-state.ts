// Link state between neighbours: signed records flood once along an epidemic broadcast tree (Plumtree, Leitão, Pereira,
// Rodrigues 2007), other links carry ids of what their ends have, and a new link compares by hash. Nothing is repeated
// while nothing changes. Sans-IO: frames come in by `receive`, frames to send are taken by `next`, so that a slow link
// never queues more than each record's newest state.
//
// The tree is pruned by the red rule of minimum spanning trees (Tarjan 1983, chapter 6): a broadcast carries the largest
// label of the links on its way, so that who gets it twice knows whether its own link is the largest of a circle. Pruned
// like that, no order of events cuts the tree.

import type { BitcrapsError } from '../core/errors.ts';
import { peerIdShort } from '../core/peer-id.ts';
import type { Identity } from '../crypto/signing.ts';
import type { Clock } from '../env/clock.ts';
import type { Logger } from '../env/logger.ts';
import type { Primitives } from '../env/primitives.ts';
import type { Rng } from '../env/rng.ts';
import { FRESH_BUFFERS, type FrameBuffers } from '../wire/frame.ts';
import { BroadcastTree } from './broadcast-tree.ts';
import { Announcements } from './link-state-announcements.ts';
import { LinkStateDatabase, type Relation } from './link-state-database.ts';
import {
  createSentCounters,
  hasFrame,
  NEWS_HOLD_MS,
  nextRecord,
  nextUpdate,
  type SentCounters,
} from './link-state-frames.ts';
import { LegacyLinks, LIST_INTERVAL_MS_MIN } from './link-state-legacy.ts';
import { OwnRecord } from './link-state-own.ts';
import { createPort, freeSlot, type PortState } from './link-state-port.ts';
import { Proofs } from './link-state-proofs.ts';
import { Reconciliation } from './link-state-reconciliation.ts';
import type { SignedRecord } from './link-state-record.ts';
import { UpdateReceiver, type UpdateSink } from './link-state-receiver.ts';
import type { NodeAttributes } from './node-attributes.ts';
import { RecordPool, type PooledRecord } from './record-pool.ts';

/** How long ids wait: the tree is faster. The end with the lower PeerId speaks first, so that one of both is enough. */
export const IDS_HOLD_MS = 150;
export const IDS_HOLD_OTHER_MS = 400;
/** The same just after a link of the tree went. */
const IDS_HURRY_MS = 30;
const HURRY_MS = 1_000;
/** So many known broadcasts over a link that has been in the tree for so long prune it in any case. */
const DUPLICATES_MAX = 4;
const SETTLED_MS = 2_000;
/** What was on its way when a link changed its place in the tree says nothing about it. */
const TREE_CHANGE_MS = 100;

export interface LinkStateConfig {
  readonly identity: Identity;
  readonly networkId: string;
  readonly attributes: NodeAttributes;
  /** Durable; grows at each start of the node. 0…2^32 − 1. */
  readonly bootEpoch: number;
  /** Default `RECORDS_MAX`. */
  readonly recordsMax?: number;
}

export interface LinkStateDeps {
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rng: Rng;
  /** Of the same network. Default: one for this node alone. */
  readonly pool?: RecordPool;
  /** Where updates are written. Default: `FRESH_BUFFERS`. */
  readonly buffers?: FrameBuffers;
}

/** What became of a frame. A fault is the neighbour's: it sent what no honest node sends. */
export type Received =
  | { readonly kind: 'taken' }
  | { readonly kind: 'ignored'; readonly why: Relation | 'limited' | 'full' }
  | { readonly kind: 'fault'; readonly error: BitcrapsError };

export type LinkStateFrameKind = 'record' | 'digest' | 'update';

export interface LinkStateFrame {
  readonly kind: LinkStateFrameKind;
  readonly payload: Uint8Array;
}

/** Since the start. */
export interface LinkStateCounters extends SentCounters {
  accepted: number;
  duplicate: number;
  older: number;
  conflicts: number;
  limited: number;
  full: number;
  originated: number;
  faults: number;
  /** Changes that came without their base. */
  baseless: number;
  grafts: number;
  prunes: number;
}

export interface LinkOptions {
  /** Of EnhancedRouting on this link: from 2 on it takes updates. Default 1. */
  readonly revision?: number;
  /** Packed as by `metric-code.ts`. Default 0: not measured. */
  readonly metrics?: number;
}

export interface LinkState {
  readonly database: LinkStateDatabase;
  readonly counters: Readonly<LinkStateCounters>;
  /** Bytes of tables and records held; of a shared pool, what this node refers to. */
  readonly stateBytes: number;
  /** When `wake` has something to do, on the clock's monotonic time; `null` if never. */
  readonly wakeAtMs: number | null;
  /** A link to `peer` is there. One link for each peer, at most `NEIGHBOURS_MAX`: the caller sees to both. */
  linkUp(port: number, peer: Uint8Array, weight: number, options?: LinkOptions): void;
  reweigh(port: number, weight: number, metrics?: number): void;
  linkDown(port: number): void;
  setAttributes(attributes: NodeAttributes): void;
  /** `fromPort` is `null` for a link that has no port (yet): its records count, the rest cannot be answered. */
  receive(kind: LinkStateFrameKind, payload: Uint8Array, fromPort: number | null): Received;
  /** Whether `next` has a frame for any link. */
  readonly hasFrames: boolean;
  /** Takes the next frame for a link, `null` if there is none. Call it while the link takes frames. */
  next(port: number): LinkStateFrame | null;
  /** Does what is due. */
  wake(): void;
  /** This node is about to go: its last record, without links, is the next frame of the links that spread news. */
  leave(): void;
}

/** Starts with a record of this node without links, which nobody is told before the first link is up. */
export function createLinkState(config: LinkStateConfig, deps: LinkStateDeps): LinkState {
  return new Exchange(config, deps);
}

class Exchange implements LinkState, UpdateSink {
  readonly database: LinkStateDatabase;
  readonly counters: LinkStateCounters = {
    ...createSentCounters(),
    accepted: 0,
    duplicate: 0,
    older: 0,
    conflicts: 0,
    limited: 0,
    full: 0,
    originated: 0,
    faults: 0,
    baseless: 0,
    grafts: 0,
    prunes: 0,
  };
  readonly #self: Uint8Array;
  readonly #deps: LinkStateDeps;
  readonly #buffers: FrameBuffers;
  readonly #ports = new Map<number, PortState>();
  readonly #own: OwnRecord;
  readonly #legacy: LegacyLinks;
  readonly #announcements = new Announcements();
  readonly #reconciliation: Reconciliation;
  readonly #proofs: Proofs;
  readonly #receiver: UpdateReceiver;
  readonly #tree: BroadcastTree;
  #hurryUntilMs = -Infinity;
  #graftFromMs = -Infinity;

  constructor(config: LinkStateConfig, deps: LinkStateDeps) {
    const { identity, networkId, attributes, bootEpoch, recordsMax } = config;
    const { primitives, rng, clock, logger } = deps;
    const pool = deps.pool ?? new RecordPool(primitives, networkId, deps.rng.uint32());
    this.#self = identity.publicKey;
    this.#deps = deps;
    this.#buffers = deps.buffers ?? FRESH_BUFFERS;
    this.database = new LinkStateDatabase(pool, recordsMax);
    const { database } = this;
    this.#tree = new BroadcastTree(database);
    this.#own = new OwnRecord(
      { identity, networkId, bootEpoch, attributes, offset: rng.uint32() >>> 1 },
      { primitives, database, neighbours: () => [...this.#ports.values()] },
    );
    this.#legacy = new LegacyLinks({ self: this.#self, primitives, database });
    this.#reconciliation = new Reconciliation({ self: this.#self, database, rng });
    this.#proofs = new Proofs({ self: this.#self, database, logger, ports: this.#ports });
    this.#receiver = new UpdateReceiver(this);
    this.#own.sign(clock.now());
  }

  get stateBytes(): number {
    return this.database.stateBytes;
  }

  get wakeAtMs(): number | null {
    let atMs = this.#own.dueAtMs ?? Infinity;
    atMs = Math.min(atMs, this.#announcements.dueAtMs ?? Infinity);
    for (const { newsAtMs, compareAtMs, relistAtMs } of this.#ports.values()) {
      if (newsAtMs !== null && newsAtMs < atMs) atMs = newsAtMs;
      if (compareAtMs !== null && compareAtMs < atMs) atMs = compareAtMs;
      if (relistAtMs !== null && relistAtMs < atMs) atMs = relistAtMs;
    }
    return atMs === Infinity ? null : atMs;
  }

  linkUp(port: number, peer: Uint8Array, weight: number, options: LinkOptions = {}): void {
    const nowMs = this.#deps.clock.now();
    const { revision = 1, metrics = 0 } = options;
    if (this.#ports.has(port)) {
      this.reweigh(port, weight, metrics);
      return;
    }
    const { database } = this;
    const slot = freeSlot(this.#ports.values());
    database.log.forgetSlot(slot);
    const fresh = !database.isAttached(database.pool.peerIndex(peer));
    const self = this.#self;
    const modern = revision >= 2;
    const eager = fresh || !modern;
    const init = {
      port,
      self,
      peer,
      slot,
      modern,
      weight,
      metrics,
      eager,
      fresh,
      holdMs: NEWS_HOLD_MS,
      nowMs,
    };
    const state = createPort(init, database.log);
    this.#ports.set(port, state);
    this.#hurryUntilMs = nowMs + HURRY_MS;
    if (!eager && this.#isLowest(state)) this.#graft(state, nowMs);
    if (modern) this.#reconciliation.start(state, nowMs);
    if (fresh) this.#own.change(nowMs);
    else this.#own.addRedundant(nowMs);
  }

  reweigh(port: number, weight: number, metrics = 0): void {
    const state = this.#ports.get(port);
    if (state === undefined || (state.weight === weight && state.metrics === metrics)) return;
    state.weight = weight;
    state.metrics = metrics;
    this.#own.change(this.#deps.clock.now());
  }

  linkDown(port: number): void {
    const state = this.#ports.get(port);
    if (state === undefined) return;
    const nowMs = this.#deps.clock.now();
    this.#ports.delete(port);
    this.database.log.closeCursor(state.cursor);
    this.#announcements.forget(port);
    this.#own.remove(state.peer, nowMs);
    if (!state.eager) return;
    this.#hurryUntilMs = nowMs + HURRY_MS;
    this.#replace(state.label, nowMs);
  }

  setAttributes(attributes: NodeAttributes): void {
    this.#own.setAttributes(attributes, this.#deps.clock.now());
  }

  receive(kind: LinkStateFrameKind, payload: Uint8Array, fromPort: number | null): Received {
    const state = (fromPort === null ? undefined : this.#ports.get(fromPort)) ?? null;
    let received: Received;
    if (kind === 'record') received = this.#receiver.record(payload, state, this.#deps.clock.now());
    else if (kind === 'digest') received = this.#receiveDigest(payload, state);
    else received = this.#receiver.update(payload, state, this.#deps.clock.now());
    if (received.kind === 'fault') this.counters.faults += 1;
    this.#noteNews();
    return received;
  }

  get hasFrames(): boolean {
    for (const state of this.#ports.values()) if (hasFrame(state)) return true;
    return false;
  }

  next(port: number): LinkStateFrame | null {
    const state = this.#ports.get(port);
    if (state === undefined) return null;
    if (state.modern) {
      const update = nextUpdate(state, this.database, this.counters, this.#buffers);
      return update === null ? null : { kind: 'update', payload: update };
    }
    const digest = this.#legacy.nextDigest(state);
    if (digest !== null) return { kind: 'digest', payload: digest };
    const record = nextRecord(state, this.database, this.counters);
    return record === null ? null : { kind: 'record', payload: record };
  }

  wake(): void {
    const nowMs = this.#deps.clock.now();
    if (this.#own.wake(nowMs)) this.counters.originated = this.#own.told;
    this.#askOverdue(nowMs);
    for (const state of this.#ports.values()) {
      if (state.relistAtMs !== null && state.relistAtMs <= nowMs) this.#legacy.list(state, nowMs);
      if (state.newsAtMs !== null && state.newsAtMs <= nowMs) {
        state.newsAtMs = null;
        state.ready = true;
      }
      if (state.compareAtMs !== null && state.compareAtMs <= nowMs) {
        this.#reconciliation.ask(state);
      }
    }
    this.#noteNews();
  }

  leave(): void {
    this.#own.leave(this.#deps.clock.now());
    for (const state of this.#ports.values()) {
      if (state.modern && !state.eager) continue;
      state.newsAtMs = null;
      state.ready = true;
    }
  }

  get pool(): RecordPool {
    return this.database.pool;
  }

  get announcements(): Announcements {
    return this.#announcements;
  }

  get reconciliation(): Reconciliation {
    return this.#reconciliation;
  }

  get proofs(): Proofs {
    return this.#proofs;
  }

  get self(): number {
    return this.#own.peer;
  }

  limited(state: PortState | null): Received {
    this.counters.limited += 1;
    if (state !== null) {
      const againAtMs = this.#deps.clock.now() + LIST_INTERVAL_MS_MIN;
      if (state.modern) state.compareAtMs ??= againAtMs;
      else state.relistAtMs ??= againAtMs;
    }
    return { kind: 'ignored', why: 'limited' };
  }

  /** Someone holds a record of this node: one that this run did not make, or not like this, must be outbid. */
  heardOwn(signed: SignedRecord, verify: () => Received | null, state: PortState | null): Received {
    const { sequence: heard } = signed.record;
    const held = this.database.record(this.#own.peer);
    if (held !== undefined && heard === held.signed.record.sequence) {
      if (signed.hash.every((byte, i) => byte === held.signed.hash[i])) {
        this.counters.duplicate += 1;
        return { kind: 'ignored', why: 'same' };
      }
    }
    if (heard < this.#own.sequence) {
      this.counters.older += 1;
      state?.answers.set(this.#own.peer, 'delta');
      return { kind: 'ignored', why: 'older' };
    }
    const fault = verify();
    if (fault !== null) return fault;
    this.#deps.logger.warn('link-state-own-sequence-heard', { heard, own: this.#own.sequence });
    this.#own.sequence = heard;
    this.#own.change(this.#deps.clock.now());
    return { kind: 'taken' };
  }

  /** A known record came again by a broadcast: the tree has a circle. */
  duplicated(state: PortState, record: PooledRecord, path: number, nowMs: number): void {
    const settledMs = nowMs - state.eagerSinceMs;
    if (!state.eager) {
      if (settledMs >= TREE_CHANGE_MS) this.#prune(state, nowMs);
      return;
    }
    const ownPath = this.database.path(record.originator);
    const isLargest = state.label >= path && state.label > ownPath;
    if (!isLargest) {
      state.duplicates += 1;
      if (state.duplicates < DUPLICATES_MAX || settledMs < SETTLED_MS) return;
      state.duplicates = 0;
      if (this.#isNeeded(state, nowMs) === true) return;
      const isLast = [...this.#ports.values()].every((other) => other === state || !other.eager);
      if (isLast) return;
    }
    this.#prune(state, nowMs);
  }

  /** News came by a broadcast over a link that is not in the tree: the other end has it there. */
  broadcast(state: PortState, nowMs: number): void {
    if (!state.eager && nowMs - state.eagerSinceMs >= TREE_CHANGE_MS) setEager(state, true, nowMs);
  }

  moved(state: PortState, eager: boolean, nowMs: number): void {
    setEager(state, eager, nowMs);
    if (!eager || !this.database.log.hasNews(state.cursor)) return;
    state.newsAtMs = null;
    state.ready = true;
  }

  changed(record: PooledRecord, before: PooledRecord, nowMs: number): void {
    const label = this.#tree.lowestLost(record, before);
    if (label !== null) this.#replace(label, nowMs);
  }

  /** A link with this label went: links of this node that the tree needs in its place join it, the likeliest first. */
  #replace(label: number, nowMs: number): void {
    const candidates = [...this.#ports.values()]
      .filter((state) => state.modern && !state.eager && state.label >= label)
      .sort((a, b) => a.label - b.label);
    for (const state of candidates) {
      if (this.#isNeeded(state, nowMs) === true) this.#graft(state, nowMs);
    }
  }

  /**
   * Whether no other link of this node has a lower label: then the tree needs it for certain, also while a mesh starts and
   * most records have not come yet.
   */
  #isLowest({ label }: PortState): boolean {
    for (const other of this.#ports.values()) if (other.modern && other.label < label) return false;
    return true;
  }

  #isNeeded({ peer, label }: PortState, nowMs: number): boolean | null {
    return this.#tree.needs(this.#own.peer, this.pool.peerIndex(peer), label, nowMs);
  }

  #graft(state: PortState, nowMs: number): void {
    this.moved(state, true, nowMs);
    state.tell = 'graft';
    this.counters.grafts += 1;
  }

  #prune(state: PortState, nowMs: number): void {
    setEager(state, false, nowMs);
    state.tell = 'prune';
    this.counters.prunes += 1;
  }

  #receiveDigest(payload: Uint8Array, state: PortState | null): Received {
    if (state === null) return { kind: 'ignored', why: 'limited' };
    const nowMs = this.#deps.clock.now();
    if (!state.digests.take(nowMs)) return this.limited(state);
    const error = this.#legacy.receive(payload, state, nowMs);
    return error === null ? { kind: 'taken' } : { kind: 'fault', error };
  }

  /** Asks for what was announced and did not come, and takes a link that announced it into the tree. */
  #askOverdue(nowMs: number): void {
    if ((this.#announcements.dueAtMs ?? Infinity) > nowMs) return;
    const asked = new Set<PortState>();
    for (const { id, port } of this.#announcements.takeDue(nowMs)) {
      const state = this.#ports.get(port);
      if (state === undefined || this.reconciliation.knowsPrefix(id)) continue;
      state.want.push(id);
      asked.add(state);
    }
    // One link at a time: with two at once the tree would have a circle.
    const [state] = asked;
    if (state === undefined || nowMs < this.#graftFromMs) return;
    this.#graftFromMs = nowMs + this.#announcements.patienceMs;
    this.#graft(state, nowMs);
    const { peer } = state;
    this.#deps.logger.debug('link-state-graft', { neighbour: peerIdShort(peer) });
  }

  /** Sets when the news are to be told, where there are any. */
  #noteNews(): void {
    for (const state of this.#ports.values()) {
      if (state.ready || state.newsAtMs !== null) continue;
      if (!this.database.log.hasNews(state.cursor)) continue;
      if (!state.modern) state.ready = true;
      else state.newsAtMs = this.#deps.clock.now() + this.#holdMs(state);
    }
  }

  #holdMs({ eager, peer, holdMs }: PortState): number {
    if (eager) return holdMs;
    const first = this.reconciliation.speaksFirst(peer);
    if (this.#deps.clock.now() < this.#hurryUntilMs) return IDS_HURRY_MS * (first ? 1 : 2);
    return first ? IDS_HOLD_MS : IDS_HOLD_OTHER_MS;
  }
}

function setEager(state: PortState, eager: boolean, nowMs: number): void {
  state.eager = eager;
  state.eagerSinceMs = nowMs;
  state.duplicates = 0;
  if (state.newsAtMs !== null && !eager) state.newsAtMs = null;
}
