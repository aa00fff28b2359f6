// Watches the energy of this device and tells the mesh what it needs to know of it: little, and before it matters.

import type { Clock, Timer } from '../env/clock.ts';
import type { EnergySource } from '../env/energy.ts';
import type { Logger } from '../env/logger.ts';
import type { Mesh } from '../mesh/mesh.ts';
import {
  heartbeatStretch,
  nextPower,
  ON_MAINS,
  type PowerConfig,
  type PowerState,
} from '../resilience/power/power-plan.ts';

/** A battery loses less than a hundredth in this time. */
const READ_EVERY_MS = 60_000;

/** Plain data, for reports. */
export interface PowerReport {
  /** 0–1 of the battery, as last read; the mesh is told it in steps. `null` on mains. */
  readonly energy: number | null;
  /** Times between heartbeats are so many times the configured ones. */
  readonly stretch: number;
  /** Whether this node carries packets of others. */
  readonly relays: boolean;
}

export interface PowerWatchDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The mesh, or the gateway that tells its meshes. */
  readonly mesh: Pick<Mesh, 'setPower'>;
  readonly source: EnergySource;
  /** Whether it relays while it has energy. */
  readonly relays: boolean;
}

export class PowerWatch {
  readonly #config: PowerConfig;
  readonly #deps: PowerWatchDeps;
  #state: PowerState = ON_MAINS;
  /** As last read. */
  #energy: number | null = null;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(config: PowerConfig, deps: PowerWatchDeps) {
    this.#config = config;
    this.#deps = deps;
    void this.#look();
  }

  report(): PowerReport {
    const { energy: told, relays } = this.#state;
    return {
      energy: this.#energy,
      stretch: heartbeatStretch(told, this.#config),
      relays: relays && this.#deps.relays,
    };
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    const { clock, source } = this.#deps;
    const energy = await source.read();
    if (this.#stopped) return;
    // A battery that cannot be read for a moment has not been charged.
    if (energy !== 'unknown') this.#take(energy);
    this.#timer = clock.after(READ_EVERY_MS, () => void this.#look());
  }

  #take(energy: number | null): void {
    const { logger, mesh } = this.#deps;
    this.#energy = energy;
    const next = nextPower(this.#state, energy, this.#config);
    if (next === this.#state) return;
    this.#state = next;
    const { relays, stretch } = this.report();
    mesh.setPower(next);
    logger.info('power', { energy: next.energy, relays, stretch });
  }
}
