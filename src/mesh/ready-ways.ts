// The ways that a node keeps ready to the members it sends to: `RedundantWays` over the routes of this mesh, by PeerId.

import type { Clock } from '../env/clock.ts';
import { RESILIENCE_DEFAULTS } from '../resilience/config.ts';
import {
  RedundantWays,
  type LeftReason,
  type RedundancyCounts,
} from '../resilience/redundancy/redundant-ways.ts';
import { byteKey } from '../routing/byte-key.ts';
import type { FlowFeedback } from './flow-feedback.ts';
import type { Route, RoutePlanner } from '../routing/route-planner.ts';
import type { MeshConfig } from './mesh-contract.ts';
import type { ChosenWays } from './packet-switch-config.ts';

/** What links did and what ways were told of may be looked at together after so long: a burst of records is one change. */
const SETTLE_MS = 20;
/** However fast heartbeats are: a probe costs some 130 bytes on each link of its way, and its report as much back. */
const PROBE_MS_MIN = 10_000;

export interface ReadyWaysDeps {
  readonly clock: Clock;
  readonly routes: RoutePlanner;
  /** Sends nothing over a way, so that it is reported on; its flow id, `null` if that could not be sent. */
  probe(peer: Uint8Array, over: Route): number | null;
  left(peer: Uint8Array, reason: LeftReason): void;
  /** Probes are so many times as rare, to save energy. */
  stretch(): number;
  /** See `RedundancyConfig`. */
  silenced(peer: Uint8Array, isSilent: boolean): void;
}

export class ReadyWays implements ChosenWays {
  readonly #clock: Clock;
  readonly #ways: RedundantWays<Route>;
  #isSettling = false;

  constructor(config: MeshConfig, deps: ReadyWaysDeps) {
    const { clock, routes } = deps;
    const { redundancy, adaptiveThreshold } = RESILIENCE_DEFAULTS;
    this.#clock = clock;
    this.#ways = new RedundantWays<Route>({
      clock,
      redundancy: config.redundancy ?? redundancy,
      adaptiveThreshold: config.adaptiveThreshold ?? adaptiveThreshold,
      get probeMs() {
        return deps.stretch() * Math.max(PROBE_MS_MIN, config.heartbeatMs);
      },
      version: () => routes.version,
      waysBeside: (peer, primary, count) => routes.waysBeside(peer, primary, count),
      isIntact: (way) => routes.isIntact(way),
      probe: (peer, over) => deps.probe(peer, over),
      left: (peer, reason) => deps.left(peer, reason),
      silenced: (peer, isSilent) => deps.silenced(peer, isSilent),
    });
  }

  get counts(): RedundancyCounts {
    return this.#ways.counts;
  }

  choose(destination: Uint8Array, primary: Route): Route {
    return this.#ways.choose(byteKey(destination), primary);
  }

  isUnanswered(destination: Uint8Array): boolean {
    return this.#ways.isUnanswered(byteKey(destination));
  }

  /** As in `RedundantWays`; so are the next ones. */
  sent(destination: Uint8Array, way: Route, flowId: number, protocol: number): void {
    this.#ways.sent(byteKey(destination), destination, way, flowId, protocol);
  }

  feedback({ destination, flowId, delivered, lost }: FlowFeedback): void {
    this.#ways.feedback(byteKey(destination), flowId, delivered, lost);
  }

  silent(destination: Uint8Array, protocol: number, sinceMs: number): boolean {
    return this.#ways.silent(byteKey(destination), protocol, sinceMs);
  }

  overdue(destination: Uint8Array, flowId: number): void {
    this.#ways.overdue(byteKey(destination), flowId);
  }

  probeAll(destination: Uint8Array): void {
    this.#ways.probeAll(byteKey(destination));
  }

  told(peer: Uint8Array, port: number): void {
    this.#ways.told(byteKey(peer), peer, port);
  }

  /** Links or what is known of others' may have changed. Cheap while nothing is sent. */
  changed(): void {
    if (this.#isSettling || !this.#ways.isUsed) return;
    this.#isSettling = true;
    this.#clock.after(SETTLE_MS, () => {
      this.#isSettling = false;
      this.#ways.changed();
    });
  }

  stop(): void {
    this.#ways.stop();
  }
}
