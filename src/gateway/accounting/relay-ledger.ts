// What a gateway carried for whom, over which bridge, acknowledged or not, and what it refused: counted as packets pass,
// written behind in batches, bounded everywhere. Nothing is lost silently: what leaves memory is in the store, what leaves
// the store is in the totals, and a crash costs at most what changed since the last batch was begun.

import { assert } from '../../core/assert.ts';
import { concat } from '../../core/bytes.ts';
import { BitcrapsError, type ErrorCode } from '../../core/errors.ts';
import { peerIdText } from '../../core/peer-id.ts';
import type { Clock, Timer } from '../../env/clock.ts';
import type { Logger } from '../../env/logger.ts';
import type { Metrics } from '../../env/metrics.ts';
import type { Rng } from '../../env/rng.ts';
import type { Store, StoreEntry, StoreWrite } from '../../env/store.ts';
import type { LinkAccounts, LinkArrivals } from '../../mesh/link-account.ts';
import { TrafficClass } from '../../wire/traffic-class.ts';
import { BridgeAccount } from './bridge-account.ts';
import { FlowBook } from './flow-book.ts';
import { ledgerMetrics } from './ledger-metrics.ts';
import { checkLimits, LEDGER, type LedgerLimits } from './limits.ts';
import type { OwnPrice } from './own-price.ts';
import type { PriceTable } from './price.ts';
import {
  epochPrefix,
  FLOW_PREFIX,
  flowKeyBytes,
  flowRecordOf,
  flowValueBytes,
  type FlowRecord,
} from './record.ts';
import {
  dropWrite,
  endOf,
  PEER_PREFIX,
  restorePeer,
  flowWrite,
  gatewayWrite,
  keyOfFlow,
  peerWrite,
  totalsWrite,
} from './tally-code.ts';
import { PeerTally, type Flow, type GatewayTally, type Totals } from './tally.ts';
import { WriteBehind } from './write-behind.ts';

/** Records of old epochs that one batch removes. */
const PRUNED_MAX = 512;
/** Closed records that wait for a store that fails; further ones are given up, and counted. */
const CLOSED_MAX = 65_536;

export interface RelayLedgerDeps {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  /** `null`: what leaves memory is gone, and so is all at the end. */
  readonly store: Store | null;
  /** What this gateway asks. Default: nothing. */
  readonly ownPrice?: OwnPrice;
  /** Default: nobody reads them. */
  readonly metrics?: Metrics;
}

interface Batch {
  readonly closed: number;
  readonly flows: readonly Flow[];
  readonly peers: readonly PeerTally[];
  readonly gateways: readonly GatewayTally[];
  readonly drops: readonly string[];
  readonly pruned: Pruned;
}

/** Records that are removed, and what they held. */
interface Pruned {
  readonly writes: readonly StoreWrite[];
  readonly packets: number;
  readonly bytes: number;
  /** See `#prunedBefore`. */
  readonly before: number;
}

const NOTHING_PRUNED: Pruned = { writes: [], packets: 0, bytes: 0, before: 0 };

export class RelayLedger implements LinkAccounts {
  readonly limits: LedgerLimits;
  readonly price: OwnPrice | null;
  readonly book: FlowBook;
  readonly writing: WriteBehind;
  /** Records that could not be written before there were too many. */
  lostRecords = 0;
  readonly #deps: RelayLedgerDeps;
  readonly #accounts = new Map<GatewayTally, BridgeAccount>();
  /** Records of epochs that ended, to be written. */
  #closed: StoreWrite[] = [];
  #batch: Batch | null = null;
  /** Records of epochs before it are removed. */
  #prunedBefore: number;
  #epochTimer: Timer | null = null;

  constructor(deps: RelayLedgerDeps, limits: Partial<LedgerLimits> = {}) {
    this.#deps = deps;
    this.limits = { ...LEDGER, ...limits };
    checkLimits(this.limits);
    this.price = deps.ownPrice ?? null;
    this.writing = new WriteBehind({
      ...deps,
      flushMs: this.limits.flushMs,
      collect: () => this.#collect(),
      settled: (isDurable) => this.#settled(isDurable),
    });
    this.book = new FlowBook({
      ...deps,
      limits: this.limits,
      changed: () => this.writing.changed(),
      hurry: () => this.writing.hurry(),
    });
    this.#prunedBefore = 0;
    this.#turnEpoch();
    if (deps.metrics !== undefined) ledgerMetrics(deps.metrics, this.book);
  }

  get epoch(): number {
    return this.book.totals.epoch;
  }

  get totals(): Readonly<Totals> {
    return this.book.totals;
  }

  arrivals(gateway: Uint8Array): LinkArrivals {
    return new BridgeAccount(this.book, this.book.gatewayOf(gateway));
  }

  /** Opens the account of a bridge; an older one to the same gateway ends. */
  open(gateway: Uint8Array): BridgeAccount {
    const tally = this.book.gatewayOf(gateway);
    this.#accounts.get(tally)?.close();
    const account = new BridgeAccount(this.book, tally);
    this.#accounts.set(tally, account);
    return account;
  }

  /** The tally of a member of this gateway's mesh, whose PeerId stands at `at`, for `left` and `entered`. */
  member(bytes: Uint8Array, at: number): PeerTally {
    return this.book.peerAt(bytes, at);
  }

  /** A packet of a member went over a bridge. */
  left(member: PeerTally, bytes: number): void {
    const peer = member.isGone ? this.book.peerOf(member.peer) : member;
    const { totals } = this.book;
    peer.packetsOut += 1;
    peer.bytesOut += bytes;
    totals.packetsOut += 1;
    totals.bytesOut += bytes;
    this.book.touchPeer(peer);
  }

  /** A packet for a member came from a bridge. */
  entered(member: PeerTally, bytes: number): void {
    const peer = member.isGone ? this.book.peerOf(member.peer) : member;
    const { totals } = this.book;
    peer.packetsIn += 1;
    peer.bytesIn += bytes;
    totals.packetsIn += 1;
    totals.bytesIn += bytes;
    this.book.touchPeer(peer);
  }

  /** A packet of `source` was not carried; `null` if it is malformed. */
  dropped(source: Uint8Array | null, bytes: number, code: ErrorCode): void {
    this.book.dropped(source, bytes, code);
  }

  /** The peer paid for so many acknowledged bytes: its credit returns. Returns how many it owed. */
  settle(peer: Uint8Array, bytes: number): number {
    assert(bytes >= 0, 'nobody pays less than nothing');
    const tally = this.book.peerOf(peer);
    const settled = tally.credit.settle(bytes);
    tally.refusal = null;
    this.book.touchPeer(tally);
    return settled;
  }

  /** The other gateway paid for so many bytes that came from it. Returns how many it owed. */
  settleGateway(gateway: Uint8Array, bytes: number): number {
    assert(bytes >= 0, 'nobody pays less than nothing');
    const tally = this.book.gatewayOf(gateway);
    this.book.touchGateway(tally);
    return tally.credit.settle(bytes);
  }

  /** This gateway paid the other one for so many bytes that it acknowledged. Returns how many were owed. */
  paidGateway(gateway: Uint8Array, bytes: number): number {
    assert(bytes >= 0, 'nobody pays less than nothing');
    const tally = this.book.gatewayOf(gateway);
    this.book.touchGateway(tally);
    return tally.credit.paid(bytes);
  }

  /**
   * Durable records of an epoch in the order of their keys, after `after`, at most `recordsMax`; those of a closed epoch
   * no longer change once a batch was written after its end.
   */
  records(epoch: number, after: FlowRecord | null, recordsMax: number): readonly FlowRecord[] {
    const from =
      after === null ? epochPrefix(epoch) : concat(flowKeyBytes(after), Uint8Array.of(0));
    const entries = this.#deps.store?.range(from, epochPrefix(epoch + 1), recordsMax) ?? [];
    return entries.map(flowRecordOf).filter((record) => record !== null);
  }

  /** The peers in memory, and of those in the store at most `storedMax`, in no order. */
  peers(storedMax: number): readonly PeerTally[] {
    const inMemory = [...this.book.peers.entries()];
    const known = new Set(inMemory.map(({ peer }) => peerIdText(peer)));
    const stored = this.#deps.store?.range(PEER_PREFIX, endOf(PEER_PREFIX), storedMax) ?? [];
    const { credit } = this.limits;
    const others = stored.flatMap(({ key, value }) => {
      const peer = key.slice(PEER_PREFIX.length);
      if (known.has(peerIdText(peer))) return [];
      const tally = new PeerTally(peer, credit);
      restorePeer(tally, value, credit.bytesMax);
      return [tally];
    });
    return [...inMemory, ...others];
  }

  /** Writes what changed so far. */
  flush(): Promise<void> {
    return this.writing.flush();
  }

  /** Writes what changed, once more. Bridges have ended. */
  stop(): Promise<void> {
    this.#epochTimer?.cancel();
    for (const account of this.#accounts.values()) account.close();
    const flushed = this.writing.flush();
    this.writing.stop();
    return flushed;
  }

  #collect(): readonly StoreWrite[] {
    const { book } = this;
    const { totals } = book;
    const flows = book.dirtyFlows.filter(({ packets, isRecorded }) => packets > 0 || isRecorded);
    for (const flow of book.dirtyFlows) flow.isDirty = false;
    book.dirtyFlows = [];
    const wallMs = this.#deps.clock.wallMs();
    for (const flow of flows) this.#stamp(flow, wallMs);
    const peers = book.dirtyPeers;
    const gateways = book.dirtyGateways;
    const drops = [...book.dirtyDrops];
    book.dirtyPeers = [];
    book.dirtyGateways = [];
    book.dirtyDrops.clear();
    const pruned = this.#prune();
    const isChanged = flows.length + peers.length + gateways.length + drops.length > 0;
    const isMore = book.isDirty || this.#closed.length + pruned.writes.length > 0;
    if (!isChanged && !isMore) return [];
    book.isDirty = false;
    totals.prunedPackets += pruned.packets;
    totals.prunedBytes += pruned.bytes;
    for (const tally of [...flows, ...peers, ...gateways]) {
      tally.isDirty = false;
      tally.isWriting = true;
    }
    for (const peer of peers) {
      if (!peer.isStored) totals.storedPeers += 1;
      peer.isStored = true;
    }
    this.#batch = { closed: this.#closed.length, flows, peers, gateways, drops, pruned };
    return [
      ...this.#closed,
      ...pruned.writes,
      ...flows.map((flow) => flowWrite(flow, totals.epoch)),
      ...peers.map(peerWrite),
      ...gateways.map(gatewayWrite),
      ...drops.map((code) => dropWrite(code, book.drops.get(code) ?? { packets: 0, bytes: 0 })),
      totalsWrite(totals),
    ];
  }

  #settled(isDurable: boolean): void {
    const batch = this.#batch;
    this.#batch = null;
    if (batch === null) return;
    const { book } = this;
    for (const tally of [...batch.flows, ...batch.peers, ...batch.gateways])
      tally.isWriting = false;
    if (isDurable) {
      this.#closed.splice(0, batch.closed);
      return;
    }
    for (const flow of batch.flows) book.touch(flow);
    for (const peer of batch.peers) book.touchPeer(peer);
    for (const gateway of batch.gateways) book.touchGateway(gateway);
    for (const code of batch.drops) book.dirtyDrops.add(code);
    book.totals.prunedPackets -= batch.pruned.packets;
    book.totals.prunedBytes -= batch.pruned.bytes;
    this.#prunedBefore = Math.max(this.#prunedBefore, batch.pruned.before);
    book.touchTotals();
  }

  /** Times and prices are set when a change is written, not when it happens: nobody needs them finer. */
  #stamp(flow: Flow, wallMs: number): void {
    const { book } = this;
    if (flow.firstMs === 0) flow.firstMs = wallMs;
    flow.lastMs = wallMs;
    this.#priceUp(flow, wallMs);
    if (!flow.isRecorded) book.totals.records += 1;
    flow.isRecorded = true;
    if (flow.direction === 'out') book.touchPeer(flow.payer);
    book.touchGateway(flow.gateway);
  }

  #priceUp(flow: Flow, wallMs: number): void {
    if (this.price === null || flow.direction === 'in') return;
    const bytes = flow.ackedBytes - flow.pricedBytes;
    flow.due += BigInt(bytes) * priceOf(this.price.current(wallMs), flow.trafficClass);
    flow.pricedBytes = flow.ackedBytes;
  }

  #turnEpoch(): void {
    const { clock } = this.#deps;
    const { epochMs, epochsKept } = this.limits;
    const { totals } = this.book;
    const wallMs = clock.wallMs();
    const epoch = Math.floor(wallMs / epochMs);
    // The wall clock may go back; epochs do not.
    if (epoch > totals.epoch) {
      if (totals.epoch > 0) this.#close(totals.epoch, wallMs);
      totals.epoch = epoch;
      totals.records = 0;
      this.#prunedBefore = epoch - epochsKept;
      this.book.touchTotals();
    }
    const untilMs = (Math.floor(wallMs / epochMs) + 1) * epochMs - wallMs;
    this.#epochTimer = clock.after(Math.max(1, untilMs), () => this.#turnEpoch());
  }

  /** What is under way belongs to the epoch in which it is acknowledged or given up, so that closed records stand. */
  #close(epoch: number, wallMs: number): void {
    const { flows, dirtyFlows } = this.book;
    const stillUnderWay: Flow[] = [];
    for (const flow of dirtyFlows) flow.isDirty = false;
    this.book.dirtyFlows = [];
    const changed = new Set(dirtyFlows);
    for (const flow of flows.entries()) {
      if (changed.has(flow) || flow.isWriting || flow.underWayPackets > 0) {
        this.#closeRecord(flow, epoch, wallMs);
      }
      flow.packets = flow.underWayPackets;
      flow.bytes = flow.underWayBytes;
      flow.ackedPackets = 0;
      flow.ackedBytes = 0;
      flow.firstMs = 0;
      flow.lastMs = 0;
      flow.due = 0n;
      flow.pricedBytes = 0;
      flow.isRecorded = false;
      if (flow.underWayPackets > 0) stillUnderWay.push(flow);
    }
    for (const flow of stillUnderWay) this.book.touch(flow);
  }

  #closeRecord(flow: Flow, epoch: number, wallMs: number): void {
    this.#priceUp(flow, wallMs);
    const packets = flow.packets - flow.underWayPackets;
    if (packets === 0 && !flow.isRecorded) return;
    if (this.#closed.length >= CLOSED_MAX) {
      this.lostRecords += 1;
      return;
    }
    const { direction } = flow;
    const record = {
      packets,
      bytes: flow.bytes - flow.underWayBytes,
      ackedPackets: flow.ackedPackets,
      ackedBytes: flow.ackedBytes,
      firstMs: flow.firstMs === 0 ? wallMs : flow.firstMs,
      lastMs: wallMs,
      due: flow.due,
    };
    const value = flowValueBytes(record);
    this.#closed.push({ kind: 'put', key: flowKeyBytes(keyOfFlow(flow, epoch)), value });
    if (direction === 'out') this.book.touchPeer(flow.payer);
    this.book.touchGateway(flow.gateway);
  }

  #oldest(store: Store, before: number): readonly StoreEntry[] | null {
    try {
      return store.range(FLOW_PREFIX, epochPrefix(before), PRUNED_MAX);
    } catch (error) {
      const code = error instanceof BitcrapsError ? error.code : String(error);
      this.#deps.logger.error('accounting-not-read', { code });
      return null;
    }
  }

  /** Removes records of old epochs, some with each batch; what they held is kept in the totals. */
  #prune(): Pruned {
    const { store } = this.#deps;
    const before = this.#prunedBefore;
    if (store === null || before <= 0) return NOTHING_PRUNED;
    const entries = this.#oldest(store, before);
    if (entries === null) return NOTHING_PRUNED;
    if (entries.length < PRUNED_MAX) this.#prunedBefore = 0;
    const records = entries.map(flowRecordOf);
    return {
      writes: entries.map(({ key }) => ({ kind: 'delete', key })),
      packets: records.reduce((sum, record) => sum + (record?.packets ?? 0), 0),
      bytes: records.reduce((sum, record) => sum + (record?.bytes ?? 0), 0),
      before,
    };
  }
}

/** Units per MiB. What asks for no class is carried as bulk. */
function priceOf(prices: PriceTable, trafficClass: TrafficClass): bigint {
  switch (trafficClass) {
    case TrafficClass.control:
      return prices.control;
    case TrafficClass.game:
      return prices.game;
    case TrafficClass.bulk:
    case TrafficClass.unspecified:
      return prices.bulk;
  }
}
