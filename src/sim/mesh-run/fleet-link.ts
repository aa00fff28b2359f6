// A link of the simulated mesh as the harness sees it: whether it should be there, and what passes each of its two
// directions. The production code gets an ordinary `Link`, through which the harness listens.

import type { Link, LinkClose, LinkHandlers, SendResult } from '../../env/link.ts';
import type { TopologyLink } from '../topology/topology.ts';
import type { LinkTruth } from './link-truth.ts';
import { newWireState, type WireState } from './wire-model.ts';

/** A packet between the two ends of a link, as the trace tells of it. */
export interface TravellingPacket {
  readonly id: bigint;
  readonly type: number;
  readonly source: number;
  readonly destination: number;
  readonly port: number | null;
  readonly ttl: number;
  readonly cursor: number;
  readonly detours: number;
  readonly direction: Direction;
}

/** One direction of a link. */
export interface Direction {
  /** Index of a node, as is `to`. */
  readonly from: number;
  readonly to: number;
  /** What crossing it truly costs, 1…65 535. */
  readonly weight: number;
  readonly wire: WireState;
  /** What the last frame that arrived was for, an index of `BYTE_KINDS`. */
  lastKind: number;
  /** Oldest first; kept for a trace only. */
  readonly travelling: TravellingPacket[];
}

export interface FleetLink {
  /** Position in the fleet's list. */
  readonly index: number;
  /** As the topology has it. */
  readonly shape: TopologyLink;
  /** The lower end, which dials. */
  readonly a: number;
  readonly b: number;
  /** How it behaves when nothing disturbs it. */
  readonly truth: LinkTruth;
  readonly toB: Direction;
  readonly toA: Direction;
  /** How long a dial takes. */
  readonly dialMs: number;
  /** It is in the true graph and yet carries nothing: every transmission is lost. */
  mute: boolean;
  /** It is in the true graph: in range, not cut. */
  wanted: boolean;
  /** Transports between the two whose dialling end lives. */
  open: number;
  /** A dial is under way or waits for its time. */
  dialling: boolean;
}

export function newDirection(from: number, to: number, weight: number): Direction {
  return { from, to, weight, wire: newWireState(), lastKind: 0, travelling: [] };
}

/** Who hears what passes. */
export interface LinkTap {
  sent(out: Direction, back: Direction, frame: Uint8Array): void;
  arrived(direction: Direction, frame: Uint8Array): void;
}

/** A link end with an ear. Delegation by hand: a proxy costs more than the link. */
export class TappedLink implements Link {
  readonly #inner: Link;
  readonly #out: Direction;
  readonly #back: Direction;
  readonly #tap: LinkTap;
  readonly #closed: (reason: LinkClose) => void;

  constructor(
    inner: Link,
    out: Direction,
    back: Direction,
    tap: LinkTap,
    closed: (reason: LinkClose) => void,
  ) {
    this.#inner = inner;
    this.#out = out;
    this.#back = back;
    this.#tap = tap;
    this.#closed = closed;
  }

  get transport(): string {
    return this.#inner.transport;
  }

  get role(): 'dialer' | 'listener' {
    return this.#inner.role;
  }

  get remoteKey(): Uint8Array {
    return this.#inner.remoteKey;
  }

  get remoteAddress(): string {
    return this.#inner.remoteAddress;
  }

  get channelBinding(): Uint8Array {
    return this.#inner.channelBinding;
  }

  get reliable(): boolean {
    return this.#inner.reliable;
  }

  get frameBytesMax(): number {
    return this.#inner.frameBytesMax;
  }

  get queueBytesMax(): number {
    return this.#inner.queueBytesMax;
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes;
  }

  attach(handlers: LinkHandlers): void {
    this.#inner.attach({
      frame: (bytes) => {
        this.#tap.arrived(this.#back, bytes);
        handlers.frame(bytes);
      },
      drain: () => handlers.drain(),
      close: (reason) => {
        this.#closed(reason);
        handlers.close(reason);
      },
    });
  }

  send(frame: Uint8Array): SendResult {
    const result = this.#inner.send(frame);
    if (result === 'sent') this.#tap.sent(this.#out, this.#back, frame);
    return result;
  }

  close(): void {
    this.#inner.close();
  }

  destroy(reason: LinkClose): void {
    this.#inner.destroy(reason);
  }
}
