// A gateway's accounts for people and programs: plain data, JSON as it stands. PeerIds are texts, prices decimal texts in
// CRAP per MiB.

import { formatAmount } from '../../core/amount.ts';
import { bytesEqual } from '../../core/bytes.ts';
import { peerIdText, type PeerIdText } from '../../core/peer-id.ts';
import type { Clock } from '../../env/clock.ts';
import type { PriceTerms } from './price.ts';
import { OTHERS } from './record.ts';
import type { RelayLedger } from './relay-ledger.ts';
import type { DropCount } from './tally-code.ts';
import type { GatewayTally, PeerTally } from './tally.ts';

/** Of the peers that only the store has, so many are looked at: reading them holds up all else. */
const STORED_PEERS_MAX = 1_000;

export interface AccountingReport {
  readonly epoch: number;
  /** Since the first start of this gateway, over all bridges. */
  readonly carried: DropCount;
  readonly acknowledged: DropCount;
  /** Carried, and not acknowledged yet. */
  readonly underWay: DropCount;
  /** Carried, and never acknowledged: the bridge ended, or the packet took another way. */
  readonly unacknowledged: DropCount;
  /** What came over bridges. */
  readonly came: DropCount;
  /** Not carried, by error code. */
  readonly dropped: Readonly<Record<string, DropCount>>;
  /** By bytes carried and come, the most first. */
  readonly gateways: readonly GatewayAccountReport[];
  readonly peers: readonly PeerAccountReport[];
  /** What the gateway asks per MiB; `null` if it asks nothing ever. */
  readonly price: { readonly now: PriceReport; readonly next: PriceReport | null } | null;
  readonly memory: { readonly flows: number; readonly peers: number };
  readonly store: {
    /** How long ago changes became durable last; `null`: not yet. */
    readonly durableMsAgo: number | null;
    readonly pendingChanges: number;
    readonly failures: number;
    readonly lostRecords: number;
    readonly recordsOfEpoch: number;
  };
}

export interface GatewayAccountReport {
  readonly gateway: PeerIdText;
  readonly carried: DropCount;
  readonly acknowledged: DropCount;
  readonly underWay: DropCount;
  readonly came: DropCount;
  /** What the other one owes, less what is owed to it, where traffic is paid for. */
  readonly balanceBytes: number;
  readonly creditBytesFree: number;
}

export interface PeerAccountReport {
  /** `null`: those that there was no room for, together. */
  readonly peer: PeerIdText | null;
  readonly packetsOut: number;
  readonly bytesOut: number;
  readonly packetsIn: number;
  readonly bytesIn: number;
  readonly acknowledged: DropCount;
  readonly dropped: DropCount;
  readonly creditBytesUsed: number;
  readonly creditBytes: number;
}

export interface PriceReport {
  readonly control: string;
  readonly game: string;
  readonly bulk: string;
  /** Wall clock. */
  readonly fromMs: number;
}

/** `peersMax`: how many of the peers with the most traffic. */
export function accountingReport(
  ledger: RelayLedger,
  clock: Clock,
  peersMax = 10,
): AccountingReport {
  const { book, price, writing } = ledger;
  const gateways = [...book.gateways.values()];
  const carried = sum(gateways, 'packetsOut', 'bytesOut');
  const acknowledged = sum(gateways, 'ackedPackets', 'ackedBytes');
  const underWay = {
    packets: gateways.reduce((total, { underWayPackets }) => total + underWayPackets, 0),
    bytes: gateways.reduce((total, { credit }) => total + credit.underWayBytes, 0),
  };
  const wallMs = clock.wallMs();
  const next = price?.next(wallMs) ?? null;
  return {
    epoch: ledger.epoch,
    carried,
    acknowledged,
    underWay,
    unacknowledged: {
      packets: carried.packets - acknowledged.packets - underWay.packets,
      bytes: carried.bytes - acknowledged.bytes - underWay.bytes,
    },
    came: sum(gateways, 'packetsIn', 'bytesIn'),
    dropped: Object.fromEntries([...book.drops].map(([code, count]) => [code, { ...count }])),
    gateways: gateways.map(gatewayAccount).toSorted((a, b) => trafficOf(b) - trafficOf(a)),
    peers: ledger
      .peers(STORED_PEERS_MAX)
      .filter((tally) => tally.carriedPackets + tally.packetsIn + tally.droppedPackets > 0)
      .toSorted((a, b) => b.bytesOut + b.bytesIn - a.bytesOut - a.bytesIn)
      .slice(0, peersMax)
      .map(peerAccount),
    price:
      price === null
        ? null
        : {
            now: priceReport(price.current(wallMs)),
            next: next === null ? null : priceReport(next),
          },
    memory: { flows: book.flows.size, peers: book.peers.size },
    store: {
      durableMsAgo: writing.durableAtMs === null ? null : clock.now() - writing.durableAtMs,
      pendingChanges: book.dirtyFlows.length + book.dirtyPeers.length,
      failures: writing.failures,
      lostRecords: ledger.lostRecords,
      recordsOfEpoch: book.totals.records,
    },
  };
}

type Field = Exclude<
  { [K in keyof GatewayTally]: GatewayTally[K] extends number ? K : never }[keyof GatewayTally],
  undefined
>;

function sum(tallies: readonly GatewayTally[], packets: Field, bytes: Field): DropCount {
  return tallies.reduce(
    (total, tally) => ({
      packets: total.packets + tally[packets],
      bytes: total.bytes + tally[bytes],
    }),
    { packets: 0, bytes: 0 },
  );
}

function gatewayAccount(tally: GatewayTally): GatewayAccountReport {
  const { credit } = tally;
  return {
    gateway: peerIdText(tally.gateway),
    carried: sum([tally], 'packetsOut', 'bytesOut'),
    acknowledged: sum([tally], 'ackedPackets', 'ackedBytes'),
    underWay: { packets: tally.underWayPackets, bytes: credit.underWayBytes },
    came: sum([tally], 'packetsIn', 'bytesIn'),
    balanceBytes: credit.balanceBytes,
    creditBytesFree: credit.freeBytes,
  };
}

function trafficOf({ carried, came }: GatewayAccountReport): number {
  return carried.bytes + came.bytes;
}

function peerAccount(tally: PeerTally): PeerAccountReport {
  const { packetsOut, bytesOut, packetsIn, bytesIn, credit } = tally;
  return {
    peer: bytesEqual(tally.peer, OTHERS) ? null : peerIdText(tally.peer),
    packetsOut,
    bytesOut,
    packetsIn,
    bytesIn,
    acknowledged: { packets: tally.ackedPackets, bytes: tally.ackedBytes },
    dropped: { packets: tally.droppedPackets, bytes: tally.droppedBytes },
    creditBytesUsed: credit.usedBytes,
    creditBytes: credit.windowBytes,
  };
}

function priceReport({ control, game, bulk, fromMs }: PriceTerms): PriceReport {
  return {
    control: formatAmount(control),
    game: formatAmount(game),
    bulk: formatAmount(bulk),
    fromMs,
  };
}
