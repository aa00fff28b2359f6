// What a run of the mesh measured. Everything was counted in the run or is `null`; nothing is assumed.

import type { PolicyName } from '../../routing/policies/route-policy.ts';
import type { FaultReport } from '../faults/fault-report.ts';
import type { PresetName } from '../../resilience/presets.ts';
import type { FoundRoute } from './routes-of-pair.ts';
import type { ByteKind } from './byte-meter.ts';

/** Bytes per node and second over a stretch of virtual time, each byte counted once, at its sender. */
export interface ByteRates {
  /** Virtual time that was measured. */
  readonly seconds: number;
  /** Everything: all kinds with their headers. */
  readonly total: number;
  /** Heartbeats and routing: frames with their length prefixes. */
  readonly control: number;
  /** The same with link handshakes, and the headers of TLS, TCP and IP. */
  readonly controlOnWire: number;
  readonly kinds: Readonly<
    Record<ByteKind, { readonly payload: number; readonly headers: number }>
  >;
}

/** One frame of a network that changes. */
export interface FrameReport {
  readonly frame: number;
  readonly links: number;
  readonly reachablePairs: number;
  readonly messages: number;
  readonly delivery: number | null;
}

export interface MeshRunReport {
  readonly seed: number;
  readonly preset: PresetName;
  readonly policy: PolicyName;
  /** Virtual time at the end. */
  readonly virtualSeconds: number;
  readonly nodes: number;
  readonly links: number;
  /** Ordered pairs with a path between them in the true graph, where delivery was measured. */
  readonly reachablePairs: number;
  /** How many of these were tried, in how many messages. */
  readonly pairs: number;
  readonly messages: number;
  /** 0–1, of messages between reachable pairs; counted where they arrived. */
  readonly delivery: number | null;
  /** Cost of the way taken ÷ of the best one, by true weights, over messages that arrived. */
  readonly stretch: { readonly mean: number; readonly p99: number } | null;
  readonly bytesPerNodePerSecond: {
    readonly coldStart: number | null;
    /** Of a network that moves: heartbeats, routing and link handshakes with their headers, while it moves. */
    readonly steady: number | null;
  };
  /** From the start until every database equals the truth. */
  readonly convergenceMs: number | null;
  readonly failover: {
    /** From the cut of a link with traffic until an end doubted it, or its upstream end used another way. */
    readonly detectMs: number | null;
    /** Messages of the flow that crossed it and never arrived. */
    readonly packetsLost: number | null;
    /** From the cut of an idle link until an end doubted it: from then on routes avoid it. */
    readonly idleDetectMs: number | null;
  };
  /** Arrivals of packets where they had been by the same plan; see `PacketWatch`. */
  readonly loops: number;
  readonly stateBytesPerNode: { readonly mean: number; readonly max: number } | null;
  /** Node-disjoint paths, up to 3, summed over pairs: by max-flow in the true graph, and in nodes' route sets. */
  readonly disjoint: { readonly possible: number; readonly achieved: number } | null;
  /** Of a run in which things broke as a script said. */
  readonly faults?: FaultReport;
  readonly detail: {
    readonly coldStart: ByteRates | null;
    readonly steady: ByteRates | null;
    /** While messages were under way. */
    readonly loaded: ByteRates | null;
    /** Why messages were refused at their source, by code. */
    readonly refused: Readonly<Record<string, number>>;
    /** What was made to fail, by its place in the topology. */
    readonly failedLinks: readonly number[];
    readonly failedNodes: readonly number[];
    /** Of the pair that was asked about, cheapest first. */
    readonly routes: readonly FoundRoute[] | null;
    /** Why packets of that pair go the way they go. */
    readonly explanation: readonly string[] | null;
    /** Events that the simulator delivered. */
    readonly events: number;
    /** Of a network that changes frame by frame. */
    readonly frames: readonly FrameReport[] | null;
  };
  /** SHA-256 of everything that happened: the same for the same seed and options. */
  readonly hash: string;
}
