// A source's part in congestion feedback: remembers what it sent of each flow, and tells from the destination's reports, or
// from their absence, what became of it.

import type { Clock, Timer } from '../env/clock.ts';
import { byteKey, type ByteKey } from '../routing/byte-key.ts';
import { createRoundTrip, type RoundTrip } from '../resilience/round-trip.ts';
import { decodeFlowReports, type FlowReport } from '../wire/flow-report.ts';
import { REPORT_MS_QUIET } from './flow-counts.ts';

/** Flows that are followed; the one used longest ago goes first. */
export const FOLLOWED_FLOWS_MAX = 1_024;
/** Packets of a flow that wait for a report; older ones are forgotten, neither delivered nor lost. */
export const FOLLOWED_PACKETS_MAX = 512;
/** Without a report for so long, packets count as lost: three quiet reports and a round trip. */
export const REPORT_TIMEOUT_MS = 4_000;
/** A report is overdue once a quiet one and a round trip have passed: RFC 6298's, within these bounds. */
const ROUND_TRIP_MS_MIN = 350;
const ROUND_TRIP_MS_MAX: number = REPORT_TIMEOUT_MS - REPORT_MS_QUIET;

/** What became of packets of one flow since the last time. */
export interface FlowFeedback {
  /** PeerId. */
  readonly destination: Uint8Array;
  readonly flowId: number;
  readonly delivered: number;
  /** An estimate: what overtakes is counted as lost for a moment, and not taken back. */
  readonly lost: number;
  /** Of the delivered ones. */
  readonly marked: number;
  /** Of the bodies of the delivered ones; where some were lost, their mean share of what was sent. */
  readonly deliveredBytes: number;
  /** End to end and back; `null` where nothing came back. */
  readonly roundTripMs: number | null;
}

interface Sent {
  readonly packetId: bigint;
  readonly atMs: number;
  readonly bytes: number;
}

interface Flow {
  readonly destination: Uint8Array;
  readonly flowId: number;
  /** Not yet reported, oldest first, at most `FOLLOWED_PACKETS_MAX`. */
  waiting: Sent[];
  /** Counts of the last report; `null` before the first. */
  reported: { readonly received: number; readonly marked: number } | null;
  /** Packets that a report has shown not to have arrived, perhaps overtaken: they may still come and are not counted twice. */
  missing: number;
  readonly roundTrip: RoundTrip;
  /** The packet that was found overdue, so that it is told of once. */
  overdue: bigint | null;
}

export class FlowFeedbackTable {
  readonly #clock: Clock;
  readonly #tell: (feedback: FlowFeedback) => void;
  readonly #tellOverdue: (destination: Uint8Array, flowId: number) => void;
  /** By destination and flow, the one used longest ago first. */
  readonly #flows = new Map<string, Flow>();
  #timer: { readonly atMs: number; readonly timer: Timer } | null = null;

  /** `tellOverdue`: a packet of the flow should have been reported by now; long before it counts as lost. */
  constructor(
    clock: Clock,
    tell: (feedback: FlowFeedback) => void,
    tellOverdue: (destination: Uint8Array, flowId: number) => void = () => {},
  ) {
    this.#clock = clock;
    this.#tell = tell;
    this.#tellOverdue = tellOverdue;
  }

  sent(destination: Uint8Array, flowId: number, packetId: bigint, bytes: number): void {
    const key = keyOf(byteKey(destination), flowId);
    const flow = this.#flows.get(key) ?? {
      destination: destination.slice(),
      flowId,
      waiting: [],
      reported: null,
      missing: 0,
      roundTrip: createRoundTrip(),
      overdue: null,
    };
    this.#flows.delete(key);
    const oldest =
      this.#flows.size >= FOLLOWED_FLOWS_MAX ? this.#flows.keys().next().value : undefined;
    if (oldest !== undefined) this.#flows.delete(oldest);
    this.#flows.set(key, flow);
    if (flow.waiting.length >= FOLLOWED_PACKETS_MAX) {
      flow.waiting = flow.waiting.slice(FOLLOWED_PACKETS_MAX / 2);
    }
    const nowMs = this.#clock.now();
    flow.waiting.push({ packetId, atMs: nowMs, bytes });
    if (flow.waiting.length === 1) this.#arm(nowMs + overdueMs(flow, nowMs));
  }

  /** A report of `peer` came. `false` if it is malformed. */
  report(peer: Uint8Array, payload: Uint8Array): boolean {
    const reports = decodeFlowReports(payload);
    if (reports === null) return false;
    const peerKey = byteKey(peer);
    for (const report of reports) {
      const flow = this.#flows.get(keyOf(peerKey, report.flowId));
      if (flow !== undefined) this.#settle(flow, report);
    }
    return true;
  }

  stop(): void {
    this.#timer?.timer.cancel();
    this.#timer = null;
    this.#flows.clear();
  }

  #arm(atMs: number): void {
    if (this.#timer !== null && this.#timer.atMs <= atMs) return;
    this.#timer?.timer.cancel();
    // At least a millisecond: sums of fractional times need not be exact.
    const inMs = Math.max(1, atMs - this.#clock.now());
    this.#timer = { atMs, timer: this.#clock.after(inMs, () => this.#look()) };
  }

  #settle(flow: Flow, report: FlowReport): void {
    const last = flow.waiting.findIndex(({ packetId }) => packetId === report.lastPacketId);
    const sent = flow.waiting[last];
    // An older report that was overtaken, or one of packets that were forgotten.
    if (sent === undefined) return;
    const before = flow.reported ?? { received: 0, marked: 0 };
    const sentBytes = flow.waiting.slice(0, last + 1).reduce((sum, { bytes }) => sum + bytes, 0);
    flow.waiting = flow.waiting.slice(last + 1);
    flow.reported = { received: report.received, marked: report.marked };
    const arrived = last + 1;
    // A destination that forgot the flow counts anew; no count can be believed beyond what was sent.
    const delivered = Math.min((report.received - before.received) >>> 0, arrived + flow.missing);
    const marked = Math.min((report.marked - before.marked) >>> 0, delivered);
    const late = Math.max(0, delivered - arrived);
    const lost = Math.max(0, arrived - delivered);
    flow.missing = Math.min(FOLLOWED_PACKETS_MAX, flow.missing - late + lost);
    const nowMs = this.#clock.now();
    const roundTripMs = Math.max(0, nowMs - sent.atMs - report.holdMs);
    flow.roundTrip.measured(roundTripMs, nowMs);
    const { destination, flowId } = flow;
    const deliveredBytes = Math.round((sentBytes * Math.min(delivered, arrived)) / arrived);
    this.#tell({ destination, flowId, delivered, lost, marked, deliveredBytes, roundTripMs });
  }

  /** Looks for packets of which no report came, or not yet. */
  #look(): void {
    this.#timer = null;
    const nowMs = this.#clock.now();
    let nextAtMs = Infinity;
    const late: Flow[] = [];
    for (const flow of this.#flows.values()) {
      const lost = flow.waiting.filter(({ atMs }) => nowMs - atMs >= REPORT_TIMEOUT_MS).length;
      if (lost > 0) {
        flow.waiting = flow.waiting.slice(lost);
        flow.missing = Math.min(FOLLOWED_PACKETS_MAX, flow.missing + lost);
        const { destination, flowId } = flow;
        const nothing = { delivered: 0, marked: 0, deliveredBytes: 0, roundTripMs: null };
        this.#tell({ destination, flowId, lost, ...nothing });
      }
      const [oldest] = flow.waiting;
      if (oldest === undefined) continue;
      const overdueAtMs = oldest.atMs + overdueMs(flow, nowMs);
      const isOverdue = overdueAtMs <= nowMs;
      if (isOverdue && flow.overdue !== oldest.packetId) {
        flow.overdue = oldest.packetId;
        late.push(flow);
      }
      nextAtMs = Math.min(nextAtMs, isOverdue ? oldest.atMs + REPORT_TIMEOUT_MS : overdueAtMs);
    }
    if (nextAtMs !== Infinity) this.#arm(nextAtMs);
    // Last: what listeners send makes flows.
    for (const { destination, flowId } of late) this.#tellOverdue(destination, flowId);
  }
}

function overdueMs({ roundTrip }: Flow, nowMs: number): number {
  return REPORT_MS_QUIET + roundTrip.timeoutMs(ROUND_TRIP_MS_MIN, ROUND_TRIP_MS_MAX, nowMs);
}

function keyOf(peer: ByteKey, flowId: number): string {
  return peer + flowId.toString(36);
}
