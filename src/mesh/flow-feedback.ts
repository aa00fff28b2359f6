// A source's part in congestion feedback: remembers what it sent of each flow, and tells from the destination's reports, or
// from their absence, what became of it.

import type { Clock, Timer } from '../env/clock.ts';
import { byteKey, type ByteKey } from '../routing/byte-key.ts';
import { decodeFlowReports, type FlowReport } from '../wire/flow-report.ts';

/** Flows that are followed; the one used longest ago goes first. */
export const FOLLOWED_FLOWS_MAX = 1_024;
/** Packets of a flow that wait for a report; older ones are forgotten, neither delivered nor lost. */
export const FOLLOWED_PACKETS_MAX = 512;
/** Without a report for so long, packets count as lost: three quiet reports and a round trip. */
export const REPORT_TIMEOUT_MS = 4_000;

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
}

export class FlowFeedbackTable {
  readonly #clock: Clock;
  readonly #tell: (feedback: FlowFeedback) => void;
  /** By destination and flow, the one used longest ago first. */
  readonly #flows = new Map<string, Flow>();
  #timer: Timer | null = null;

  constructor(clock: Clock, tell: (feedback: FlowFeedback) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  sent(destination: Uint8Array, flowId: number, packetId: bigint, bytes: number): void {
    const key = keyOf(byteKey(destination), flowId);
    const flow = this.#flows.get(key) ?? {
      destination: destination.slice(),
      flowId,
      waiting: [],
      reported: null,
      missing: 0,
    };
    this.#flows.delete(key);
    const oldest =
      this.#flows.size >= FOLLOWED_FLOWS_MAX ? this.#flows.keys().next().value : undefined;
    if (oldest !== undefined) this.#flows.delete(oldest);
    this.#flows.set(key, flow);
    if (flow.waiting.length >= FOLLOWED_PACKETS_MAX) {
      flow.waiting = flow.waiting.slice(FOLLOWED_PACKETS_MAX / 2);
    }
    flow.waiting.push({ packetId, atMs: this.#clock.now(), bytes });
    this.#timer ??= this.#clock.after(REPORT_TIMEOUT_MS, () => this.#look());
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
    this.#timer?.cancel();
    this.#timer = null;
    this.#flows.clear();
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
    const roundTripMs = Math.max(0, this.#clock.now() - sent.atMs - report.holdMs);
    const { destination, flowId } = flow;
    const deliveredBytes = Math.round((sentBytes * Math.min(delivered, arrived)) / arrived);
    this.#tell({ destination, flowId, delivered, lost, marked, deliveredBytes, roundTripMs });
  }

  /** Looks for packets of which no report came. */
  #look(): void {
    this.#timer = null;
    const nowMs = this.#clock.now();
    let nextAtMs = Infinity;
    for (const flow of this.#flows.values()) {
      const late = flow.waiting.filter(({ atMs }) => nowMs - atMs >= REPORT_TIMEOUT_MS).length;
      if (late > 0) {
        flow.waiting = flow.waiting.slice(late);
        flow.missing = Math.min(FOLLOWED_PACKETS_MAX, flow.missing + late);
        const { destination, flowId } = flow;
        const nothing = { delivered: 0, marked: 0, deliveredBytes: 0, roundTripMs: null };
        this.#tell({ destination, flowId, lost: late, ...nothing });
      }
      const [oldest] = flow.waiting;
      if (oldest !== undefined) nextAtMs = Math.min(nextAtMs, oldest.atMs + REPORT_TIMEOUT_MS);
    }
    if (nextAtMs === Infinity) return;
    // At least a millisecond: sums of fractional times need not be exact.
    this.#timer = this.#clock.after(Math.max(1, nextAtMs - nowMs), () => this.#look());
  }
}

function keyOf(peer: ByteKey, flowId: number): string {
  return peer + flowId.toString(36);
}
