// What a destination tells a source about its flows, sealed like any message: how many packets of each came, how many of
// them with a congestion mark, and which came last. Counts go on from the flow's beginning, so a report may be lost.
//
//   for each flow: flow id u32 ‖ received u32 ‖ marked u32 ‖ last packet id u64 ‖ hold u16

import { assert } from '../core/assert.ts';
import { readU32, readU64, writeU32, writeU64 } from './big-endian.ts';

export const FLOWS_PER_REPORT_MAX = 64;
const FLOW_BYTES = 22;
const HOLD_MS_MAX = 0xffff;

export interface FlowReport {
  /** Unsigned 32 bits, as in the packets. */
  readonly flowId: number;
  /** Since the destination began to count, modulo 2^32; `marked` of them with a congestion mark. */
  readonly received: number;
  readonly marked: number;
  readonly lastPacketId: bigint;
  /** How long ago that one came, 0…65 535. */
  readonly holdMs: number;
}

/** At most `FLOWS_PER_REPORT_MAX`. */
export function encodeFlowReports(reports: readonly FlowReport[]): Uint8Array {
  assert(reports.length <= FLOWS_PER_REPORT_MAX, 'a report has at most 64 flows');
  const out = new Uint8Array(reports.length * FLOW_BYTES);
  reports.forEach(({ flowId, received, marked, lastPacketId, holdMs }, i) => {
    const at = i * FLOW_BYTES;
    const hold = Math.min(HOLD_MS_MAX, Math.max(0, Math.round(holdMs)));
    writeU32(out, at, flowId);
    writeU32(out, at + 4, received);
    writeU32(out, at + 8, marked);
    writeU64(out, at + 12, lastPacketId);
    out[at + 20] = hold >> 8;
    out[at + 21] = hold & 0xff;
  });
  return out;
}

/** `null` if it is no whole number of flows, none, or too many. */
export function decodeFlowReports(payload: Uint8Array): FlowReport[] | null {
  const flows = payload.length / FLOW_BYTES;
  if (!Number.isInteger(flows) || flows === 0 || flows > FLOWS_PER_REPORT_MAX) return null;
  return Array.from({ length: flows }, (_, i) => {
    const at = i * FLOW_BYTES;
    return {
      flowId: readU32(payload, at),
      received: readU32(payload, at + 4),
      marked: readU32(payload, at + 8),
      lastPacketId: readU64(payload, at + 12),
      holdMs: ((payload[at + 20] ?? 0) << 8) | (payload[at + 21] ?? 0),
    };
  });
}
