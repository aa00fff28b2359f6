// A destination's part in congestion feedback: counts what comes of each flow and says when a report is due. ECN's echo
// (RFC 3168) as counts, as QUIC and RTP carry it (RFC 9000 section 19.3.2, RFC 8888), since datagrams have no other answer.

import type { Clock, Timer } from '../env/clock.ts';
import { byteKey, type ByteKey } from '../routing/byte-key.ts';
import { encodeFlowReports, FLOWS_PER_REPORT_MAX, type FlowReport } from '../wire/flow-report.ts';

/** Sources that are counted; the one heard of longest ago goes first. */
export const COUNTED_SOURCES_MAX = 256;
/** Flows of one source that are counted. One that is forgotten counts anew, which its source takes for loss. */
export const COUNTED_FLOWS_MAX = 256;
/** While many packets or marked ones come, one source gets a report so often; else so often. */
export const REPORT_MS_MIN = 200;
export const REPORT_MS_QUIET = 1_000;
const MANY_PACKETS = 8;

interface FlowCount {
  received: number;
  marked: number;
  lastPacketId: bigint;
  lastAtMs: number;
  unreported: boolean;
}

interface SourceCounts {
  readonly peer: Uint8Array;
  /** The one heard of longest ago first, at most `COUNTED_FLOWS_MAX`. */
  readonly flows: Map<number, FlowCount>;
  fresh: number;
  reportedAtMs: number;
  timer: { readonly atMs: number; readonly timer: Timer } | null;
}

export class FlowCounts {
  readonly #clock: Clock;
  readonly #send: (peer: Uint8Array, payload: Uint8Array) => void;
  readonly #sources = new Map<ByteKey, SourceCounts>();

  /** `send` carries a report to a source. */
  constructor(clock: Clock, send: (peer: Uint8Array, payload: Uint8Array) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** A packet of `peer`, opened, came. */
  received(peer: Uint8Array, flowId: number, packetId: bigint, isMarked: boolean): void {
    const source = this.#sourceOf(peer);
    const nowMs = this.#clock.now();
    const flow = source.flows.get(flowId) ?? {
      received: 0,
      marked: 0,
      lastPacketId: 0n,
      lastAtMs: 0,
      unreported: false,
    };
    source.flows.delete(flowId);
    const oldest =
      source.flows.size >= COUNTED_FLOWS_MAX ? source.flows.keys().next().value : undefined;
    if (oldest !== undefined) source.flows.delete(oldest);
    source.flows.set(flowId, flow);
    flow.received = (flow.received + 1) >>> 0;
    if (isMarked) flow.marked = (flow.marked + 1) >>> 0;
    flow.lastPacketId = packetId;
    flow.lastAtMs = nowMs;
    flow.unreported = true;
    source.fresh += 1;
    const isUrgent = isMarked || source.fresh >= MANY_PACKETS;
    const atMs = isUrgent
      ? Math.max(nowMs, source.reportedAtMs + REPORT_MS_MIN)
      : nowMs + REPORT_MS_QUIET;
    this.#arm(source, atMs);
  }

  stop(): void {
    for (const { timer } of this.#sources.values()) timer?.timer.cancel();
    this.#sources.clear();
  }

  #sourceOf(peer: Uint8Array): SourceCounts {
    const key = byteKey(peer);
    const known = this.#sources.get(key) ?? {
      peer: peer.slice(),
      flows: new Map(),
      fresh: 0,
      reportedAtMs: -Infinity,
      timer: null,
    };
    this.#sources.delete(key);
    for (const [oldest, { timer }] of this.#sources) {
      if (this.#sources.size < COUNTED_SOURCES_MAX) break;
      timer?.timer.cancel();
      this.#sources.delete(oldest);
    }
    this.#sources.set(key, known);
    return known;
  }

  #arm(source: SourceCounts, atMs: number): void {
    if (source.timer !== null && source.timer.atMs <= atMs) return;
    source.timer?.timer.cancel();
    const inMs = Math.max(0, atMs - this.#clock.now());
    const timer = this.#clock.after(inMs, () => this.#report(source));
    source.timer = { atMs, timer };
  }

  #report(source: SourceCounts): void {
    const nowMs = this.#clock.now();
    source.timer = null;
    source.fresh = 0;
    source.reportedAtMs = nowMs;
    const reports: FlowReport[] = [];
    for (const [flowId, flow] of source.flows) {
      if (!flow.unreported) continue;
      if (reports.length >= FLOWS_PER_REPORT_MAX) {
        this.#arm(source, nowMs + REPORT_MS_MIN);
        break;
      }
      flow.unreported = false;
      const { received, marked, lastPacketId, lastAtMs } = flow;
      reports.push({ flowId, received, marked, lastPacketId, holdMs: nowMs - lastAtMs });
    }
    if (reports.length > 0) this.#send(source.peer, encodeFlowReports(reports));
  }
}
