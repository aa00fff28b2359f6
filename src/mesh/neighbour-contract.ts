// A link that is made part of a mesh, as its owner sees it: what it is given, what it can do. `neighbour.ts`
// is the one implementation.

import type { BitcrapsError, Result } from '../core/errors.ts';
import type { Identity } from '../crypto/signing.ts';
import type { Clock } from '../env/clock.ts';
import type { Link } from '../env/link.ts';
import type { Logger } from '../env/logger.ts';
import type { Primitives } from '../env/primitives.ts';
import type { LocalHealth } from '../resilience/detector/local-health.ts';
import type { PhiDetectors } from '../resilience/detector/phi-accrual.ts';
import type { FailureTimings } from '../resilience/presets.ts';
import type { Hello } from '../versioning/hello.ts';
import type { Negotiation } from '../versioning/negotiate.ts';
import type { NeighbourHandlers } from './neighbour-handlers.ts';
import type { PacketQueue } from './packet-queue.ts';
import type { FrameCounters, PayloadFrameType } from './payload-frame.ts';
import type { CheckProof } from './proof-checks.ts';

export interface NeighbourConfig extends FailureTimings {
  readonly primitives: Primitives;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of this node: how long its neighbours are usually silent, and how far it trusts itself. */
  readonly detectors: PhiDetectors;
  readonly localHealth: LocalHealth;
  /** Fresh for this link; its purpose says whether this is a link of the mesh or a bridge. */
  readonly hello: Hello;
  readonly proofBits: number;
  /** Default: on this thread, at once. */
  readonly checkProof?: CheckProof;
  /** Default `HANDSHAKE_TIMEOUT_MS`. */
  readonly handshakeTimeoutMs?: number;
  /** Where packets wait for the link; default: a `FifoPacketQueue`. */
  readonly packetQueue?: (link: Link) => PacketQueue;
  readonly handlers: NeighbourHandlers;
}

export type SendErrorCode =
  | 'MESH_LINK_CLOSED'
  | 'MESH_FRAME_TOO_LONG'
  | 'MESH_QUEUE_FULL'
  | 'MESH_CONTROL_OVERRUN';

export interface Neighbour {
  readonly link: Link;
  readonly state: 'opening' | 'established' | 'closed';
  /** `null` until established, as is `remote`. */
  readonly negotiation: Negotiation | null;
  readonly remote: Hello | null;
  /** The last measured one; `null` before the first. */
  readonly roundTripMs: number | null;
  /** When anything was last heard, by the clock; `null` until established. */
  readonly heardAtMs: number | null;
  /** Whether it has stopped to answer, and packets should take another way. */
  readonly suspect: boolean;
  /** φ of its silence until now; `null` until established. */
  readonly phi: number | null;
  /** Bytes that wait here for the link to take more. */
  readonly pendingBytes: number;
  readonly counters: Readonly<FrameCounters>;
  /**
   * Sends a frame or queues it. A packet that finds its queue full is dropped (`MESH_QUEUE_FULL`); another frame that
   * finds its queue full closes the link (`MESH_CONTROL_OVERRUN`). Only once established.
   */
  send(type: PayloadFrameType, payload: Uint8Array): Result<void, SendErrorCode>;
  /** `send` for a packet that came in a frame, which is this neighbour's from now on: so it is not copied once more. */
  pass(frame: Uint8Array, nowMs: number): Result<void, SendErrorCode>;
  /** Offers the packets that are not acknowledged or wait, oldest first; what `takes` takes is not sent from here. */
  handOver(takes: (packet: Uint8Array) => boolean): void;
  /** `nextControl` may have something. */
  wake(): void;
  /** Pings now, unless heard just now, and suspects the link sooner than at the next heartbeat. */
  nudge(): void;
  /** Pings now and closes with `MESH_LINK_SILENT` if nothing at all is heard within `timeoutMs`. */
  probe(timeoutMs: number): void;
  /** Counts a faulty frame against the neighbour; closes the link after `FAULTS_MAX`. */
  fault(error: BitcrapsError): void;
  /** Says goodbye with the error's code, or without one, and closes. */
  close(error: BitcrapsError | null): void;
}
