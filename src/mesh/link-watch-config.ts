// What the watch of a link is given, and whom it tells.

import type { Clock } from '../env/clock.ts';
import type { LocalHealth } from '../resilience/detector/local-health.ts';
import type { PhiDetector } from '../resilience/detector/phi-accrual.ts';
import type { FailureTimings } from '../resilience/presets.ts';
import type { LinkStretch } from '../resilience/power/power-plan.ts';
import type { PacketArrived } from './packets-under-way.ts';

/** Why a link is suspect: it was silent for too long, or did not acknowledge what it was sent. */
export type SuspicionCause = 'silence' | 'acknowledgement';

export interface LinkWatchConfig {
  readonly clock: Clock;
  /** Of this link alone; released by `stop`. */
  readonly detector: PhiDetector;
  /** Of this node. */
  readonly localHealth: LocalHealth;
  readonly timings: FailureTimings;
  readonly role: 'dialer' | 'listener';
  /** Whether pings carry the round trip, so that one end's suffice (EnhancedRouting revision 2). */
  readonly shares: boolean;
  /** How heartbeats and the failure timeout of the idle link stretch, to save the energy of either end. */
  stretch(): LinkStretch;
  /** What the transport has not yet handed on. */
  bufferedBytes(): number;
  /** Bytes per second at best, `null` where not known. */
  rate(): number | null;
  /** A ping is to be sent: call `ping` for it when the link takes it. */
  pingDue(): void;
  measured(roundTripMs: number): void;
  /** A packet was acknowledged. */
  readonly arrived: PacketArrived | null;
  /** `bytes` were acknowledged within `ms` in which the link was kept busy. */
  delivered(bytes: number, ms: number): void;
  /** Nothing came back: packets should take another way. `null`: the link is never suspected. */
  readonly suspected: ((cause: SuspicionCause) => void) | null;
  recovered(): void;
  /** Nothing at all was heard for so long: the link is to end. */
  silent(timeoutMs: number): void;
}
