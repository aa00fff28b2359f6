// What a link tells the node that has it, and asks of it.

import type { Hello } from '../versioning/hello.ts';
import type { LinkStretch } from '../resilience/power/power-plan.ts';
import type { Negotiation } from '../versioning/negotiate.ts';
import type { SuspicionCause } from './link-watch-config.ts';
import type { PacketArrived } from './packets-under-way.ts';
import type { NeighbourClose, OutgoingFrame, PayloadFrameType } from './payload-frame.ts';

/** Never called from within a call to the neighbour, except `closed` and `nextControl`. */
export interface NeighbourHandlers {
  established(negotiation: Negotiation, remote: Hello): void;
  /** The payload belongs to the receiver. */
  frame(type: PayloadFrameType, payload: Uint8Array): void;
  /** The same for a packet, as the whole frame: a type byte, then the packet. Without it packets come to `frame`. */
  packet?(frame: Uint8Array, nowMs: number): void;
  /** A ping was answered, here or, where both ends share what they measure, there. `queueMs`: what a packet waited. */
  roundTrip?(roundTripMs: number, queueMs: number): void;
  /** The other end has a packet; its frame is a type byte, then the packet. */
  readonly acknowledged?: PacketArrived;
  /** A packet that this link had taken was handed over, or its queue dropped it: it will not be acknowledged. */
  readonly gaveUp?: (frame: Uint8Array) => void;
  /** `bytes` of packets were acknowledged within `ms` in which the link was kept busy. */
  delivered?(bytes: number, ms: number): void;
  /** Bytes per second that the link carries at best, `null` where not known. */
  rate?(): number | null;
  /** See `LinkWatchConfig`; none where it is not given. */
  stretch?(): LinkStretch;
  /** Nothing comes back any more: packets are to take another way until `recovered`. Never, where it is not given. */
  suspected?(cause: SuspicionCause): void;
  recovered?(): void;
  /** The link takes frames: the next control frame, before packets that wait; `null` if there is none. */
  nextControl?(): OutgoingFrame | null;
  /** Exactly once; nothing follows. */
  closed(reason: NeighbourClose): void;
}
