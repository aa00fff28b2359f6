// Running counts: of a flow in this epoch, of a peer, of another gateway. Each holds what the store is to hold, absolute
// and not as increments, so that writing it twice counts once.

import type { BitcrapsError } from '../../core/errors.ts';
import type { TrafficClass } from '../../wire/traffic-class.ts';
import { GatewayCredit, PeerCredit, type CreditLimits } from './credit.ts';
import type { Direction } from './record.ts';
import type { Keyed } from './peer-table.ts';

/** Whether the store has it as it is. */
interface Durable {
  /** It changed since it was last written. */
  isDirty: boolean;
  /** It is being written. */
  isWriting: boolean;
}

/** Packets of one payer to one destination in one class, over one bridge in one direction. */
export class Flow implements Keyed, Durable {
  slot = -1;
  packets = 0;
  bytes = 0;
  ackedPackets = 0;
  ackedBytes = 0;
  /** Neither acknowledged nor given up. */
  underWayPackets = 0;
  underWayBytes = 0;
  firstMs = 0;
  lastMs = 0;
  due = 0n;
  /** Of the acknowledged bytes, what `due` has the price of. */
  pricedBytes = 0;
  /** Whether the epoch's records have one of it. */
  isRecorded = false;
  isDirty = false;
  isWriting = false;
  readonly gateway: GatewayTally;
  readonly direction: Direction;
  readonly trafficClass: TrafficClass;
  readonly payer: PeerTally;
  /** PeerId; that of the payer may stand for several. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;

  constructor(
    gateway: GatewayTally,
    direction: Direction,
    trafficClass: TrafficClass,
    payer: PeerTally,
    source: Uint8Array,
    destination: Uint8Array,
  ) {
    this.gateway = gateway;
    this.direction = direction;
    this.trafficClass = trafficClass;
    this.payer = payer;
    this.source = source;
    this.destination = destination;
  }
}

/** What a peer had carried. */
export class PeerTally implements Keyed, Durable {
  slot = -1;
  /** Packets that left the gateway's mesh for the peer as their source. */
  packetsOut = 0;
  bytesOut = 0;
  /** Packets that entered it for the peer as their destination. */
  packetsIn = 0;
  bytesIn = 0;
  /** Over bridges, each counted, as their source. */
  carriedPackets = 0;
  carriedBytes = 0;
  ackedPackets = 0;
  ackedBytes = 0;
  /** Refused, or carried no further, as their source. */
  droppedPackets = 0;
  droppedBytes = 0;
  /** Flows that it pays for, as far as they are in memory. */
  flows = 0;
  /** The last refusal, as long as its credit is as it was. */
  refusal: BitcrapsError | null = null;
  isStored = false;
  /** It was let go: another one counts for the peer. */
  isGone = false;
  isDirty = false;
  isWriting = false;
  /** PeerId. */
  readonly peer: Uint8Array;
  readonly credit: PeerCredit;

  constructor(peer: Uint8Array, limits: CreditLimits) {
    this.peer = peer;
    this.credit = new PeerCredit(limits);
  }
}

/** What went over the bridges to another gateway, and came from it. */
export class GatewayTally implements Durable {
  packetsOut = 0;
  bytesOut = 0;
  ackedPackets = 0;
  ackedBytes = 0;
  underWayPackets = 0;
  packetsIn = 0;
  bytesIn = 0;
  isDirty = false;
  isWriting = false;
  readonly gateway: Uint8Array;
  /** Stands for the gateway in keys, in this run only. */
  readonly number: number;
  readonly credit: GatewayCredit;

  constructor(gateway: Uint8Array, number: number, limits: CreditLimits) {
    this.gateway = gateway;
    this.number = number;
    this.credit = new GatewayCredit(limits);
  }
}

/** Sums over everything since the first start that no tally has. */
export class Totals {
  /** What left this gateway's mesh, and what entered it. */
  packetsOut = 0;
  bytesOut = 0;
  packetsIn = 0;
  bytesIn = 0;
  /** What records held that were removed for their age, of both directions. */
  prunedPackets = 0;
  prunedBytes = 0;
  /** The epoch, its records, and peers in the store. */
  epoch = 0;
  records = 0;
  storedPeers = 0;
}
