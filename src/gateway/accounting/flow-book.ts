// The counts in memory: found by what stands in a packet, made or read from the store when a flow begins, and let go when
// room is needed and the store has them. Whatever there is no room for is counted under `OTHERS`, never left out.

import { concat, fromUtf8 } from '../../core/bytes.ts';
import { BitcrapsError, type ErrorCode } from '../../core/errors.ts';
import { PEER_ID_BYTES, peerIdText, type PeerIdText } from '../../core/peer-id.ts';
import type { Clock } from '../../env/clock.ts';
import type { Logger } from '../../env/logger.ts';
import type { Rng } from '../../env/rng.ts';
import type { Store } from '../../env/store.ts';
import { createTokenBucket, type TokenBucket } from '../../core/token-bucket.ts';
import { trafficClassOf, type TrafficClass } from '../../wire/traffic-class.ts';
import type { LedgerLimits } from './limits.ts';
import { flowCountsOf, flowKeyBytes, OTHERS, type Direction } from './record.ts';
import {
  dropCountOf,
  DROP_PREFIX,
  endOf,
  GATEWAY_PREFIX,
  keyOfFlow,
  PEER_PREFIX,
  restoreGateway,
  restorePeer,
  restoreTotals,
  TOTALS_KEY,
  type DropCount,
} from './tally-code.ts';
import { Flow, GatewayTally, PeerTally, Totals } from './tally.ts';
import { PeerTable } from './peer-table.ts';

/** Where a packet has its flags, source and destination (`wire/packet.ts`). */
const FLAGS_AT = 2;
const SOURCE_AT = 20;
const DESTINATION_AT = 52;
/** Entries that are looked at for one that can be let go. */
const VICTIM_LOOKS_MAX = 32;
/** Reasons of drops that are told apart: there are fewer error codes. */
const REASONS_MAX = 512;

export interface FlowBookDeps {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly store: Store | null;
  readonly limits: LedgerLimits;
  /** The first change after a while; more than `changesMax` flows changed. */
  changed(): void;
  hurry(): void;
}

export class FlowBook {
  readonly flows: PeerTable<Flow>;
  readonly peers: PeerTable<PeerTally>;
  readonly gateways: Map<PeerIdText, GatewayTally> = new Map<PeerIdText, GatewayTally>();
  readonly drops: Map<string, DropCount> = new Map<string, DropCount>();
  readonly totals: Totals = new Totals();
  dirtyFlows: Flow[] = [];
  dirtyPeers: PeerTally[] = [];
  dirtyGateways: GatewayTally[] = [];
  readonly dirtyDrops: Set<string> = new Set();
  /** The totals changed, besides. */
  isDirty = false;
  readonly #deps: FlowBookDeps;
  readonly #newFlows: TokenBucket;

  constructor(deps: FlowBookDeps) {
    this.#deps = deps;
    this.flows = new PeerTable(2 * PEER_ID_BYTES, deps.rng);
    this.peers = new PeerTable(PEER_ID_BYTES, deps.rng);
    this.#newFlows = createTokenBucket(deps.limits.newFlowsBurst, deps.limits.newFlowsPerSecond);
    this.#restore();
  }

  /** The flow of the packet at `at`, over a bridge of `gateway`. */
  flowOf(bytes: Uint8Array, at: number, gateway: GatewayTally, direction: Direction): Flow {
    return this.find(bytes, at, gateway, direction) ?? this.#begin(bytes, at, gateway, direction);
  }

  /** The same; `null` if it is not in memory. */
  find(bytes: Uint8Array, at: number, gateway: GatewayTally, direction: Direction): Flow | null {
    const trafficClass = trafficClassOf(bytes[at + FLAGS_AT] ?? 0);
    return this.flows.find(bytes, at + SOURCE_AT, tagOf(gateway, direction, trafficClass));
  }

  /** Where flows are summed up that there is no room for. */
  others(gateway: GatewayTally, direction: Direction, trafficClass: TrafficClass): Flow {
    const tag = tagOf(gateway, direction, trafficClass);
    const known = this.flows.find(NOBODY, 0, tag);
    if (known !== null) return known;
    const payer = this.#strangers();
    return this.#add(new Flow(gateway, direction, trafficClass, payer, OTHERS, OTHERS), tag);
  }

  /** The same for the packet at `at`, which goes out. */
  othersOf(bytes: Uint8Array, at: number, gateway: GatewayTally): Flow {
    return this.others(gateway, 'out', trafficClassOf(bytes[at + FLAGS_AT] ?? 0));
  }

  /** The tally of a peer that a packet names at `at`; that of `OTHERS` if too many are new. */
  peerAt(bytes: Uint8Array, at: number): PeerTally {
    const known = this.#knownPeer(bytes, at);
    if (known !== null) return known;
    if (!this.#newFlows.take(this.#deps.clock.now())) return this.#strangers();
    return this.peerOf(bytes.subarray(at, at + PEER_ID_BYTES));
  }

  /** The tally of a peer; that of `OTHERS` if there is no room. */
  peerOf(peer: Uint8Array): PeerTally {
    const { limits } = this.#deps;
    const known = this.#knownPeer(peer, 0);
    if (known !== null) return known;
    if (this.peers.size >= limits.peersMax) {
      const victim = this.peers.victim(VICTIM_LOOKS_MAX, mayLeave);
      if (victim === null) return this.#strangers();
      this.peers.remove(victim);
      victim.isGone = true;
    }
    const stored = this.#read(concat(PEER_PREFIX, peer));
    const isNew = stored === undefined;
    if (isNew && this.totals.storedPeers >= limits.storedPeersMax) return this.#strangers();
    const tally = new PeerTally(peer.slice(), limits.credit);
    if (!isNew) restorePeer(tally, stored, limits.credit.bytesMax);
    this.peers.insert(tally, peer, 0, 0);
    return tally;
  }

  gatewayOf(gateway: Uint8Array): GatewayTally {
    const key = peerIdText(gateway);
    const known = this.gateways.get(key);
    if (known !== undefined) return known;
    const { gatewaysMax, credit } = this.#deps.limits;
    if (this.gateways.size >= gatewaysMax && key !== OTHERS_TEXT) return this.gatewayOf(OTHERS);
    const tally = new GatewayTally(gateway.slice(), this.gateways.size, credit);
    this.gateways.set(key, tally);
    return tally;
  }

  dropped(source: Uint8Array | null, bytes: number, code: ErrorCode): void {
    const known = this.drops.get(code);
    const count = known ?? { packets: 0, bytes: 0 };
    if (known === undefined && this.drops.size < REASONS_MAX) this.drops.set(code, count);
    count.packets += 1;
    count.bytes += bytes;
    this.dirtyDrops.add(code);
    const peer = source === null ? this.#strangers() : this.peerAt(source, 0);
    peer.droppedPackets += 1;
    peer.droppedBytes += bytes;
    this.touchPeer(peer);
  }

  touch(flow: Flow): void {
    if (flow.isDirty) return;
    flow.isDirty = true;
    this.dirtyFlows.push(flow);
    if (this.dirtyFlows.length >= this.#deps.limits.changesMax) this.#deps.hurry();
    else if (this.dirtyFlows.length === 1) this.#deps.changed();
  }

  touchPeer(peer: PeerTally): void {
    if (peer.isDirty) return;
    peer.isDirty = true;
    this.dirtyPeers.push(peer);
    if (this.dirtyPeers.length === 1) this.#deps.changed();
  }

  touchGateway(gateway: GatewayTally): void {
    if (gateway.isDirty) return;
    gateway.isDirty = true;
    this.dirtyGateways.push(gateway);
    if (this.dirtyGateways.length === 1) this.#deps.changed();
  }

  touchTotals(): void {
    if (this.isDirty) return;
    this.isDirty = true;
    this.#deps.changed();
  }

  #begin(bytes: Uint8Array, at: number, gateway: GatewayTally, direction: Direction): Flow {
    const { limits, clock } = this.#deps;
    const trafficClass = trafficClassOf(bytes[at + FLAGS_AT] ?? 0);
    const isFull =
      this.totals.records >= limits.recordsMax ||
      !this.#newFlows.take(clock.now()) ||
      !this.#hasRoom();
    if (isFull) return this.others(gateway, direction, trafficClass);
    const source = bytes.slice(at + SOURCE_AT, at + DESTINATION_AT);
    const destination = bytes.slice(at + DESTINATION_AT, at + DESTINATION_AT + PEER_ID_BYTES);
    const payer = this.peerOf(source);
    const flow = new Flow(gateway, direction, trafficClass, payer, source, destination);
    return this.#add(flow, tagOf(gateway, direction, trafficClass));
  }

  /** Adds the flow with what the store has of it. */
  #add(flow: Flow, tag: number): Flow {
    const stored = this.#read(flowKeyBytes(keyOfFlow(flow, this.totals.epoch)));
    const counts = stored === undefined ? null : flowCountsOf(stored);
    if (counts !== null) {
      flow.packets = counts.packets;
      flow.bytes = counts.bytes;
      flow.ackedPackets = counts.ackedPackets;
      flow.ackedBytes = counts.ackedBytes;
      flow.firstMs = counts.firstMs;
      flow.lastMs = counts.lastMs;
      flow.due = counts.due;
      flow.pricedBytes = counts.ackedBytes;
      flow.isRecorded = true;
    }
    flow.payer.flows += 1;
    this.flows.insert(flow, concat(flow.source, flow.destination), 0, tag);
    return flow;
  }

  #knownPeer(bytes: Uint8Array, at: number): PeerTally | null {
    return this.peers.find(bytes, at, 0);
  }

  #hasRoom(): boolean {
    if (this.flows.size < this.#deps.limits.flowsMax) return true;
    const victim = this.flows.victim(VICTIM_LOOKS_MAX, isSettled);
    if (victim === null) return false;
    victim.payer.flows -= 1;
    this.flows.remove(victim);
    return true;
  }

  /** All peers that there is no room for. */
  #strangers(): PeerTally {
    const known = this.peers.find(OTHERS, 0, 0);
    if (known !== null) return known;
    const { credit } = this.#deps.limits;
    const tally = new PeerTally(OTHERS, credit);
    const stored = this.#read(concat(PEER_PREFIX, OTHERS));
    if (stored !== undefined) restorePeer(tally, stored, credit.bytesMax);
    // Never let go.
    tally.flows = 1;
    this.peers.insert(tally, OTHERS, 0, 0);
    return tally;
  }

  #read(key: Uint8Array): Uint8Array | undefined {
    try {
      return this.#deps.store?.get(key);
    } catch (error) {
      const code = error instanceof BitcrapsError ? error.code : String(error);
      this.#deps.logger.error('accounting-not-read', { code });
      return undefined;
    }
  }

  #restore(): void {
    const { store, limits } = this.#deps;
    if (store === null) return;
    const totals = store.get(TOTALS_KEY);
    if (totals !== undefined) restoreTotals(this.totals, totals);
    const bounded = (prefix: Uint8Array, max: number): ReturnType<Store['range']> =>
      store.range(prefix, endOf(prefix), max);
    for (const { key, value } of bounded(GATEWAY_PREFIX, limits.gatewaysMax + 1)) {
      restoreGateway(this.gatewayOf(key.subarray(GATEWAY_PREFIX.length)), value);
    }
    for (const { key, value } of bounded(DROP_PREFIX, REASONS_MAX)) {
      const code = fromUtf8(key.subarray(DROP_PREFIX.length));
      if (code !== null) this.drops.set(code, dropCountOf(value));
    }
  }
}

/** `OTHERS` twice: payer and destination. */
const NOBODY: Uint8Array = concat(OTHERS, OTHERS);
const OTHERS_TEXT: PeerIdText = peerIdText(OTHERS);

function tagOf({ number }: GatewayTally, direction: Direction, trafficClass: TrafficClass): number {
  return (number << 3) | (direction === 'out' ? 0 : 4) | trafficClass;
}

/** The store has it, and nothing of it is under way. */
function isSettled(flow: Flow): boolean {
  return !flow.isDirty && !flow.isWriting && flow.underWayPackets === 0 && flow.source !== OTHERS;
}

function mayLeave(peer: PeerTally): boolean {
  return !peer.isDirty && !peer.isWriting && peer.flows === 0 && peer.credit.underWayBytes === 0;
}
