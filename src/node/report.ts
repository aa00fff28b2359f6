// What a node says of itself over its control socket: plain data, JSON as it stands. PeerIds are base32 texts, amounts
// decimal texts in CRAP, durations milliseconds; what was not measured is `null`.

import type { AccountingReport } from '../gateway/accounting/accounting-report.ts';
import type { PayerCounts } from '../gateway/accounting/payer-book.ts';
import type { AdmissionReport } from '../gateway/admission/gate.ts';
import type { BandwidthUsage } from '../gateway/shaping/bandwidth-usage.ts';
import type { HealthLevel } from '../resilience/health/health-score.ts';
import type { QuorumView } from '../resilience/partitions/quorum-view.ts';
import type { Mode } from '../versioning/negotiate.ts';

/** Where the node listens, for its status. */
export interface Listening {
  readonly listen: string;
  readonly gatewayListen: string | null;
  /** Further addresses, of either. */
  readonly alsoListen: readonly string[];
}

export interface StatusReport {
  readonly name: string;
  readonly peerId: string;
  readonly networkId: string;
  readonly mesh: string;
  /** The highest protocol version that this node offers. */
  readonly version: string;
  readonly uptimeMs: number;
  readonly listen: string;
  readonly gatewayListen: string | null;
  readonly alsoListen: readonly string[];
  readonly neighbours: number;
  readonly members: { readonly known: number; readonly reachable: number };
  readonly traffic: TrafficReport;
  readonly bridge: BridgeTrafficReport | null;
  /** What this gateway carried for whom; `null` where it is none. */
  readonly accounting: AccountingReport | null;
  /** What this node had carried to other meshes, as the destinations report it, since its first start. */
  readonly payer: Readonly<PayerCounts>;
  /** What this gateway sent lately, and what held it up; `null` at a node that is none. */
  readonly bandwidth: BandwidthUsage | null;
  /** Who came in and who did not; `null` at a node without a gate. */
  readonly admission: AdmissionReport | null;
  readonly health: HealthLine;
  readonly casino: CasinoReport | null;
}

/** What `bitcraps health` tells at length. */
export interface HealthLine {
  /** The score's, or `critical` where a critical alert is raised, and `degraded` where a warning is. */
  readonly level: HealthLevel;
  /** 0–1. */
  readonly score: number;
  readonly worst: { readonly name: string; readonly why: string } | null;
  /** Alerts that are raised. */
  readonly alerts: number;
}

export interface TrafficReport {
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Packets passed on for others. */
  readonly forwarded: number;
  readonly delivered: number;
  readonly dropped: Readonly<Record<string, number>>;
}

export interface BridgeTrafficReport {
  readonly packetsOut: number;
  readonly bytesOut: number;
  readonly packetsIn: number;
  readonly bytesIn: number;
  /** Packets that left this mesh plus packets that entered it through this gateway. */
  readonly crossMeshMessages: number;
  readonly dropped: Readonly<Record<string, number>>;
}

export interface CasinoReport {
  readonly id: string;
  readonly role: 'validator' | 'player';
  readonly name: string | null;
  /** Shown wherever people look: what the casino's mode means for trust. */
  readonly disclosure: string | null;
  /** The newest block that this node has checked; `null` before the genesis arrived. */
  readonly height: string | null;
  /** That block's hash in hexadecimal: what `bitcraps verify --seen HEIGHT:HASH` asks for. */
  readonly blockHash: string | null;
  /** Whether the sum over all accounts, tables and pots, recounted, is the supply cap. */
  readonly supplyConserved: boolean | null;
  /** Why this node stopped following, or `null`. */
  readonly broken: { readonly code: string; readonly message: string } | null;
  /** Why the casino cannot be reached now, so that all else here is as it was last known; `null` while it answers. */
  readonly unreachable: { readonly code: string; readonly message: string } | null;
  /** On which side of a partition this node is: on the `minority` side what moves value is refused. */
  readonly quorum: QuorumView;
  readonly rounds: number;
  readonly tables: readonly TableReport[];
  readonly account: AccountReport | null;
}

export interface TableReport {
  readonly table: number;
  readonly nextRoll: string;
  readonly phase: 'betting' | 'locked';
  /** 0 on a come-out. */
  readonly point: number;
  readonly shooter: string | null;
  readonly bankroll: string;
  readonly players: number;
  readonly openBets: number;
}

export interface AccountReport {
  readonly account: string;
  readonly balance: string;
  readonly bets: readonly {
    readonly table: number;
    readonly bet: number;
    readonly kind: string;
    readonly stake: string;
    readonly point: number;
  }[];
}

export interface PeerReport {
  readonly peer: string;
  readonly purpose: 'mesh' | 'bridge';
  readonly address: string;
  readonly transport: string;
  /** `null` while the link is opening. */
  readonly mode: Mode | null;
  readonly version: string | null;
  readonly features: readonly string[];
  readonly missing: readonly string[];
  readonly roundTripMs: number | null;
  readonly packetsIn: number;
  readonly packetsOut: number;
}

export interface RouteReport {
  readonly destination: string;
  readonly gateway: boolean;
  /** `gateway`: the hops lead to a gateway of this mesh. `bridge`: this node is it. `null`: there is no route. */
  readonly via: 'direct' | 'gateway' | 'bridge' | null;
  /** Weight by the metrics of the links on the way. */
  readonly cost: number | null;
  /** The peers on the way, the destination or gateway last. */
  readonly hops: readonly string[];
  /** Milliseconds since links of this mesh last led there; `null` if they never did, or it is in another mesh. */
  readonly seenMsAgo: number | null;
}

/** An end-to-end sealed session. */
export interface SessionReport {
  readonly peer: string;
  readonly state: 'opening' | 'open';
  readonly mode: Mode | null;
  readonly features: readonly string[];
  readonly sent: string;
  readonly received: string;
}

export interface GatewayCrossings {
  readonly packetsOut: number;
  readonly bytesOut: number;
  readonly packetsIn: number;
  readonly bytesIn: number;
}

/**
 * What becomes of a gateway in the choice. `equal`: nearly as good as the chosen one, destinations are shared. `unfit`: it
 * misses a criterion, and is used where all do. `last-resort`: it may not work. `never`: no packet goes there.
 */
export type GatewayState =
  | 'self'
  | 'chosen'
  | 'equal'
  | 'worse'
  | 'unfit'
  | 'last-resort'
  | 'never'
  | 'other-mesh';

export interface GatewayReport {
  readonly gateway: string;
  /** `self`: this node. `member`: a gateway of this mesh. `remote`: one that this gateway's bridges lead to. */
  readonly kind: 'self' | 'member' | 'remote';
  readonly mesh: string | null;
  readonly reachable: boolean;
  readonly hops: number | null;
  readonly announcedPeers: number | null;
  readonly crossings: GatewayCrossings | null;
  readonly state: GatewayState;
  /** Why, for people. */
  readonly why: string;
  /** 0–1: of each dimension, and their weighted sum times trust. */
  readonly score: {
    readonly total: number;
    readonly dimensions: Readonly<Record<string, number>>;
  } | null;
  /** The criteria that it does not meet. */
  readonly obstacles: readonly {
    readonly filter: string;
    readonly has: string;
    readonly wants: string;
  }[];
  /** Destinations whose packets this node sends through it. */
  readonly destinations: number;
  /** The worse of what it claims and what was measured; bandwidth: free bytes per second. */
  readonly load: number | null;
  readonly uptime: number | null;
  readonly bandwidth: number | null;
  readonly claimed: {
    readonly load: number;
    readonly uptime: number;
    readonly capacity: number | null;
  } | null;
  readonly transports: readonly string[];
  readonly draining: boolean;
  /** CRAP for a MiB of game traffic. */
  readonly price: string | null;
  readonly roundTripMs: number | null;
  readonly jitterMs: number | null;
  /** Of probes and packets. */
  readonly successRate: number | null;
  /** Bytes per second at best, as destinations reported. */
  readonly throughput: number | null;
  /** 0–1; lost where measurement contradicts what it claims. */
  readonly trust: number | null;
  readonly contradictions: Readonly<Record<string, number>>;
  readonly ejectedMs: number;
}

export interface GatewaysReport {
  /** `null` for a version that has no gateways. */
  readonly criteria: {
    readonly preference: string;
    readonly maxLoad: number;
    readonly minUptime: number;
    readonly maxPrice: string | null;
    readonly transports: readonly string[];
  } | null;
  readonly chosen: string | null;
  /** Whether the chosen one meets the criteria. */
  readonly fit: boolean;
  /** How often the choice has changed, and destinations have moved. */
  readonly switches: number;
  readonly moves: number;
  readonly probes: number;
  readonly gateways: readonly GatewayReport[];
}
