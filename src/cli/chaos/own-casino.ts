// A casino that chaos starts for itself: processes under a supervisor, and each link through a proxy that can be broken.

import type { Rng } from '../../env/rng.ts';
import type { FaultEvent } from '../../sim/faults/fault.ts';
import type { Settings } from '../config/settings.ts';
import { localSettings, type PlannedNode } from '../up/plan.ts';
import { startSupervisor, type ChildEnd, type Supervisor } from '../up/supervisor.ts';
import { PausedProcesses, signal, type ChaosCasino, type ChaosNode } from './chaos-casino.ts';
import { linksOf } from './chaos-plan.ts';
import { startLinkProxy, type LinkProxy } from './link-proxy.ts';

/** A shooter that is away loses the dice after this time, so that a killed player does not hold the table up. */
const SHOOTER_TIMEOUT = '2s';

export interface OwnCasinoOptions {
  readonly plan: readonly PlannedNode[];
  readonly folder: string;
  readonly pace: string;
  /** Of the losses of links. */
  readonly rng: Rng;
  /** A process ended that nobody killed. */
  readonly onEnd: (end: ChildEnd) => void;
  /** Settles when the start is to be given up. */
  readonly givenUp: Promise<unknown>;
}

/** `null` if the start was given up. Error: `CLI_PROCESS_FAILED`. */
export async function startOwnCasino(options: OwnCasinoOptions): Promise<ChaosCasino | null> {
  const casino = new OwnCasino(options);
  try {
    if (await casino.start()) return casino;
  } catch (error) {
    await casino.stop();
    throw error;
  }
  await casino.stop();
  return null;
}

class OwnCasino implements ChaosCasino {
  readonly gone = null;
  readonly #options: OwnCasinoOptions;
  readonly #proxies = new Map<string, LinkProxy>();
  readonly #paused = new PausedProcesses();
  /** Killed, and not back yet. */
  readonly #killed = new Set<string>();
  readonly #kills = new Map<string, number>();
  /** How wrong a node's clock is, kept over its restarts. */
  readonly #skews = new Map<string, number>();
  #supervisor: Supervisor | null = null;

  constructor(options: OwnCasinoOptions) {
    this.#options = options;
  }

  get nodes(): readonly ChaosNode[] {
    return (this.#supervisor?.nodes ?? []).map(({ planned, folder }) => ({
      name: planned.name,
      role: planned.role,
      folder,
    }));
  }

  async start(): Promise<boolean> {
    const { plan, folder, givenUp, onEnd } = this.#options;
    for (const { name, to } of linksOf(plan)) {
      const purpose = isBridge(plan, name) ? 'bridge' : 'mesh';
      this.#proxies.set(
        name,
        await startLinkProxy(() => this.#listen(to, purpose), this.#options.rng),
      );
    }
    this.#supervisor = await startSupervisor({
      plan,
      folder,
      settingsOf: (planned) => this.#settingsOf(planned),
      onEnd: (end) => {
        if (!this.#killed.has(end.node.planned.name)) onEnd(end);
      },
      addressOf: (from, { planned: to }) =>
        this.#proxies.get(`${from.name}/${to.name}`)?.address ?? '',
      givenUp,
    });
    return this.#supervisor !== null;
  }

  async inflict(event: FaultEvent, lastsMs: number): Promise<void> {
    switch (event.kind) {
      case 'kill':
        this.#killed.add(event.node);
        this.#kills.set(event.node, (this.#kills.get(event.node) ?? 0) + 1);
        return signal(this.#pid(event.node), 'SIGKILL');
      case 'restart':
        return this.#restart(event.node);
      case 'pause':
        return this.#paused.pause(this.#pid(event.node), lastsMs);
      case 'resume':
        return this.#paused.resume(this.#pid(event.node));
      case 'skew':
        this.#skews.set(event.node, event.byMs);
        return this.#supervisor?.skew(event.node, event.byMs);
      case 'cut':
      case 'mend':
        return this.#proxies.get(event.link)?.cut(event.kind === 'cut');
      case 'slow':
        return this.#proxies.get(event.link)?.slow(event.byMs);
      case 'lose':
        return this.#proxies.get(event.link)?.lose(event.share);
    }
  }

  async stop(): Promise<void> {
    this.#paused.resumeAll();
    await this.#supervisor?.stop();
    for (const proxy of this.#proxies.values()) await proxy.close();
    this.#proxies.clear();
  }

  async #restart(name: string): Promise<void> {
    const kills = this.#kills.get(name);
    try {
      await this.#supervisor?.restart(name);
    } catch (error) {
      // Killed again before it listened: another restart follows.
      if (this.#kills.get(name) === kills) throw error;
      return;
    }
    if (this.#kills.get(name) === kills) this.#killed.delete(name);
    this.#supervisor?.skew(name, this.#skews.get(name) ?? 0);
  }

  #pid(name: string): number {
    return this.#supervisor?.pidOf(name) ?? 0;
  }

  /** Where a node listens; `null` while it does not yet. */
  #listen(name: string, purpose: 'mesh' | 'bridge'): string | null {
    const node = this.#supervisor?.nodes.find(({ planned }) => planned.name === name);
    if (node === undefined) return null;
    return purpose === 'mesh' ? node.ready.listen : node.ready.gatewayListen;
  }

  #settingsOf(planned: PlannedNode): Partial<Settings> {
    const { plan, pace } = this.#options;
    return {
      ...localSettings(planned, plan, pace),
      casinoName: 'chaos-casino',
      shooterTimeout: SHOOTER_TIMEOUT,
    };
  }
}

function isBridge(plan: readonly PlannedNode[], link: string): boolean {
  return plan.some(({ name, bridges }) => bridges.some((to) => `${name}/${to}` === link));
}
