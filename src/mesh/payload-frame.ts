// What a link carries once it is established, besides keepalive, how much of it, and how it ends.

import type { FrameType } from '../wire/frame.ts';

/** What a link carries once established, besides keepalive. */
export type PayloadFrameType =
  | typeof FrameType.linkState
  | typeof FrameType.linkStateDigest
  | typeof FrameType.linkStateUpdate
  | typeof FrameType.packet
  | typeof FrameType.presence;

/** All of these but packets. */
export type ControlFrameType = Exclude<PayloadFrameType, typeof FrameType.packet>;

export interface OutgoingFrame {
  readonly type: PayloadFrameType;
  readonly payload: Uint8Array;
  /** The payload is the link's to change, and from `FrameBuffers`. */
  readonly hasHeadroom: boolean;
}

export interface NeighbourClose {
  /** An error code, or `null` after an orderly close without one. */
  readonly code: string | null;
  readonly detail: string;
  /** Who ended the link; `transport`: nobody said goodbye. */
  readonly by: 'local' | 'remote' | 'transport';
}

export interface FrameCounters {
  framesIn: number;
  framesOut: number;
  bytesIn: number;
  bytesOut: number;
}
