// Bytes on the wire, by what they are for: the real lengths of the frames on the simulated links, and beside them what
// `wire-model.ts` says that transports add. Each byte counts once, at the node that sends it.

import { FrameType } from '../../wire/frame.ts';
import {
  acksBeforeReply,
  acksOfArrived,
  FRAME_PREFIX_BYTES,
  headersOfSent,
  overdueAcks,
  SEGMENT_HEADER_BYTES,
  TLS_HANDSHAKE_BYTES,
  TLS_HANDSHAKE_SEGMENTS,
} from './wire-model.ts';
import type { Direction } from './fleet-link.ts';

/** What bytes are for. `packets`: of users and their sessions, and their acknowledgements on links. */
export const BYTE_KINDS = ['heartbeat', 'routing', 'handshake', 'packets'] as const;
export type ByteKind = (typeof BYTE_KINDS)[number];

/** Bytes of all nodes. `payload`: frames with their length prefixes. `headers`: of TLS, TCP and IP, by the model. */
export type ByteTotals = Readonly<
  Record<ByteKind, { readonly payload: number; readonly headers: number }>
>;

const KIND_OF_FRAME: ReadonlyMap<number, ByteKind> = new Map([
  [FrameType.hello, 'handshake'],
  [FrameType.helloBinding, 'handshake'],
  [FrameType.goodbye, 'handshake'],
  [FrameType.ping, 'heartbeat'],
  [FrameType.pong, 'heartbeat'],
  [FrameType.packet, 'packets'],
  [FrameType.presence, 'packets'],
]);
const HEARTBEAT = BYTE_KINDS.indexOf('heartbeat');
const HANDSHAKE = BYTE_KINDS.indexOf('handshake');
const KIND_INDEX: readonly number[] = Array.from({ length: 256 }, (_, type) =>
  BYTE_KINDS.indexOf(KIND_OF_FRAME.get(type) ?? 'routing'),
);

export class ByteMeter {
  /** Frames and their bytes without prefixes, to be held against the network's own counters. */
  readonly frames = { sent: 0, arrived: 0, bytesArrived: 0 };
  readonly #payload = new Float64Array(BYTE_KINDS.length);
  readonly #headers = new Float64Array(BYTE_KINDS.length);

  sent(direction: Direction, back: Direction, frame: Uint8Array, nowMs: number): void {
    const kind = KIND_INDEX[frame[0] ?? 0] ?? 0;
    this.frames.sent += 1;
    this.#add(this.#payload, kind, frame.length + FRAME_PREFIX_BYTES);
    this.#add(this.#headers, kind, headersOfSent(direction.wire, frame.length, nowMs));
    this.#acked(back, acksBeforeReply(back.wire, nowMs));
  }

  arrived(direction: Direction, frame: Uint8Array, nowMs: number): void {
    this.frames.arrived += 1;
    this.frames.bytesArrived += frame.length;
    const acks = acksOfArrived(direction.wire, frame.length, nowMs);
    direction.lastKind = KIND_INDEX[frame[0] ?? 0] ?? 0;
    this.#acked(direction, acks);
  }

  /** A transport was opened: what TCP and TLS exchange before the first frame. */
  opened(): void {
    const bytes = TLS_HANDSHAKE_BYTES.dialer + TLS_HANDSHAKE_BYTES.listener;
    const segments = TLS_HANDSHAKE_SEGMENTS.dialer + TLS_HANDSHAKE_SEGMENTS.listener;
    this.#add(this.#headers, HANDSHAKE, bytes + segments * SEGMENT_HEADER_BYTES);
  }

  /** Acknowledgements that are due by now. */
  settle(directions: Iterable<Direction>, nowMs: number): void {
    for (const direction of directions) this.#acked(direction, overdueAcks(direction.wire, nowMs));
  }

  totals(): ByteTotals {
    const of = (kind: ByteKind): { payload: number; headers: number } => {
      const index = BYTE_KINDS.indexOf(kind);
      return { payload: this.#payload[index] ?? 0, headers: this.#headers[index] ?? 0 };
    };
    return {
      heartbeat: of('heartbeat'),
      routing: of('routing'),
      handshake: of('handshake'),
      packets: of('packets'),
    };
  }

  /** They count for what was last received. */
  #acked(direction: Direction, acks: number): void {
    if (acks > 0)
      this.#add(this.#headers, direction.lastKind ?? HEARTBEAT, acks * SEGMENT_HEADER_BYTES);
  }

  #add(to: Float64Array, kind: number, bytes: number): void {
    to[kind] = (to[kind] ?? 0) + bytes;
  }
}

/** What came between two readings. */
export function bytesBetween(before: ByteTotals, after: ByteTotals): ByteTotals {
  const of = (kind: ByteKind): { payload: number; headers: number } => ({
    payload: after[kind].payload - before[kind].payload,
    headers: after[kind].headers - before[kind].headers,
  });
  return {
    heartbeat: of('heartbeat'),
    routing: of('routing'),
    handshake: of('handshake'),
    packets: of('packets'),
  };
}
