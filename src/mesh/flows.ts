// Congestion feedback of one node, both parts: what it got it reports to the sources, what it sent it hears of.

import type { Clock } from '../env/clock.ts';
import { FLAG_CONGESTION, type DecodedPacketHeader } from '../wire/packet.ts';
import { FlowCounts } from './flow-counts.ts';
import { FlowFeedbackTable, type FlowFeedback } from './flow-feedback.ts';

export class Flows {
  readonly #counts: FlowCounts;
  readonly #table: FlowFeedbackTable;
  readonly #listeners: ((feedback: FlowFeedback) => void)[] = [];

  /** `send` carries a report to a source; `overdue`: see `FlowFeedbackTable`. */
  constructor(
    clock: Clock,
    send: (peer: Uint8Array, payload: Uint8Array) => void,
    overdue: (destination: Uint8Array, flowId: number) => void,
  ) {
    this.#counts = new FlowCounts(clock, send);
    const tell = (feedback: FlowFeedback): void => {
      for (const listener of this.#listeners) listener(feedback);
    };
    this.#table = new FlowFeedbackTable(clock, tell, overdue);
  }

  listen(listener: (feedback: FlowFeedback) => void): void {
    this.#listeners.push(listener);
  }

  /** A packet with a body of `bytes` went out whose destination reports. */
  sent(destination: Uint8Array, flowId: number, packetId: bigint, bytes: number): void {
    this.#table.sent(destination, flowId, packetId, bytes);
  }

  /** A packet came whose source wants a report. */
  received({ source, flowId, packetId, flags }: DecodedPacketHeader): void {
    this.#counts.received(source, flowId, packetId, (flags & FLAG_CONGESTION) !== 0);
  }

  /** A report came. `false` if it is malformed. */
  report(peer: Uint8Array, payload: Uint8Array): boolean {
    return this.#table.report(peer, payload);
  }

  stop(): void {
    this.#counts.stop();
    this.#table.stop();
  }
}
