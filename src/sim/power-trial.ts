// What saving energy costs and saves: one device with a battery, linked to a few nodes on mains, all of production code. Idle,
// how many bytes pass and how often the device wakes; and when one link goes dead, how soon either end says so.

import { utf8 } from '../core/bytes.ts';
import { identityFromSeed } from '../crypto/signing.ts';
import type { Clock } from '../env/clock.ts';
import type { Compressor } from '../env/compressor.ts';
import type { Link } from '../env/link.ts';
import type { Logger } from '../env/logger.ts';
import type { Metrics } from '../env/metrics.ts';
import type { Primitives } from '../env/primitives.ts';
import { createMesh, type Mesh } from '../mesh/mesh.ts';
import { nextPower, ON_MAINS, POWER_DEFAULTS } from '../resilience/power/power-plan.ts';
import { presets, type PresetName } from '../resilience/presets.ts';
import { CURRENT } from '../versioning/protocol-version.ts';
import { createSimNetwork, type SimNetwork } from './network.ts';
import { createWorld, type World } from './world.ts';

const NEIGHBOURS = 3;
/** The device finds its neighbours one by one. */
const LINKS_WITHIN_MS = 20_000;
/** Links shake hands, records spread, round trips settle. */
const SETTLE_MS = 180_000;
/** What happens within so many milliseconds is one waking: processor and radio stay up for longer than that. */
const WAKE_MS = 10;
/** No dead link stays unnoticed for so long. */
const DETECTION_MS_MAX = 600_000;
const DEVICE = 'device';

export interface PowerTrialConfig {
  readonly seed: number;
  readonly preset: PresetName;
  /** 0–1 of the battery; `null` on mains. */
  readonly energy: number | null;
  readonly idleMs: number;
  readonly primitives: Primitives;
  readonly compressor: Compressor;
}

export interface PowerTrial {
  /** Of frames on all links of the device, both ways, without what transports add. */
  readonly bytesPerSecond: number;
  readonly framesPerMinute: number;
  readonly wakingsPerMinute: number;
  /** From the cut of one link until its end at the device, and its other end, stops to use it. */
  readonly deviceNoticedMs: number;
  readonly neighbourNoticedMs: number;
}

const SILENT: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => SILENT,
};
const NO_METRICS: Metrics = {
  counter: () => ({ add: ignore }),
  gauge: () => ({ set: ignore }),
  histogram: () => ({ observe: ignore }),
};

export function runPowerTrial(config: PowerTrialConfig): PowerTrial {
  const world = createWorld({ seed: config.seed, primitives: config.primitives });
  const network = createSimNetwork(world);
  const wakings = new Wakings(world.clock);
  const device = addMesh(config, world, network, DEVICE, wakings.watched(world.clockFor(DEVICE)));
  const names = Array.from({ length: NEIGHBOURS }, (_, index) => `mains-${index}`);
  const neighbours = names.map((name) =>
    addMesh(config, world, network, name, world.clockFor(name)),
  );
  names.forEach((name, index) => {
    // Links begin when they begin, and either end may be the one that dialled.
    world.at(world.rng('links').unit() * LINKS_WITHIN_MS, () => {
      const isDialer = index % 2 === 0;
      const ends = isDialer ? network.pair(DEVICE, name) : network.pair(name, DEVICE);
      const [here, there] = isDialer ? ends : [ends[1], ends[0]];
      device.addLink(wakings.heard(here));
      neighbours[index]?.addLink(there);
    });
  });
  if (config.energy !== null) device.setPower(nextPower(ON_MAINS, config.energy, POWER_DEFAULTS));
  world.runSync(SETTLE_MS);

  const before = { ...network.counters(), wakings: wakings.count };
  world.runSync(SETTLE_MS + config.idleMs);
  const after = { ...network.counters(), wakings: wakings.count };
  const seconds = config.idleMs / 1_000;
  const idle = {
    bytesPerSecond: (after.bytesDelivered - before.bytesDelivered) / seconds,
    framesPerMinute: (60 * (after.framesDelivered - before.framesDelivered)) / seconds,
    wakingsPerMinute: (60 * (after.wakings - before.wakings)) / seconds,
  };

  // At any moment between two beats.
  const beatMs = presets[config.preset].heartbeatMs * device.stretch;
  world.runSync(world.clock.now() + world.rng('cut').unit() * 2 * beatMs);
  const chosen = world.rng('cut').uint32() % NEIGHBOURS;
  const neighbour = neighbours[chosen] ?? device;
  const cutAtMs = world.clock.now();
  const noticed = [noticing(device, neighbour, world), noticing(neighbour, device, world)] as const;
  network.cut(DEVICE, names[chosen] ?? '');
  world.runSync(cutAtMs + DETECTION_MS_MAX);
  for (const mesh of [device, ...neighbours]) mesh.stop();
  return {
    ...idle,
    deviceNoticedMs: noticed[0].atMs - cutAtMs,
    neighbourNoticedMs: noticed[1].atMs - cutAtMs,
  };
}

function addMesh(
  { primitives, compressor, preset }: PowerTrialConfig,
  world: World,
  network: SimNetwork,
  name: string,
  clock: Clock,
): Mesh {
  const seed = primitives.sha256(utf8(`identity ${world.seed} ${name}`));
  const identity = identityFromSeed(primitives, seed);
  network.endpoint(identity.publicKey, name);
  return createMesh(
    {
      identity,
      networkId: 'sim',
      meshName: 'sim',
      version: CURRENT,
      rulesHash: new Uint8Array(32),
      proof: new Uint8Array(8),
      proofBits: 0,
      gateway: false,
      ...presets[preset],
    },
    {
      primitives,
      clock,
      rng: world.rng(name),
      logger: SILENT,
      metrics: NO_METRICS,
      compressor,
      bootEpoch: 1,
    },
  );
}

/** When `mesh` first doubts its link to `other`; `Infinity` as long as it does not. */
function noticing(mesh: Mesh, other: Mesh, world: World): { readonly atMs: number } {
  const noticed = { atMs: Infinity };
  mesh.onLink((event) => {
    const isDoubt = event.kind === 'suspect' || event.kind === 'closed';
    if (isDoubt && event.peer.join() === other.self.join() && noticed.atMs === Infinity)
      noticed.atMs = world.clock.now();
  });
  return noticed;
}

/** Counts the moments at which a node has something to do. */
class Wakings {
  count = 0;
  readonly #clock: Clock;
  #lastAtMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  watched(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      wallMs: () => clock.wallMs(),
      after: (delayMs, run) =>
        clock.after(delayMs, () => {
          this.#wakes();
          run();
        }),
    };
  }

  heard(link: Link): Link {
    return new Proxy(link, {
      get: (target, property) => {
        if (property === 'attach') {
          const attach: Link['attach'] = (handlers) =>
            target.attach({
              ...handlers,
              frame: (bytes) => {
                this.#wakes();
                handlers.frame(bytes);
              },
              drain: () => handlers.drain(),
              close: (reason) => handlers.close(reason),
            });
          return attach;
        }
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  #wakes(): void {
    const nowMs = this.#clock.now();
    if (nowMs - this.#lastAtMs < WAKE_MS) return;
    this.#lastAtMs = nowMs;
    this.count += 1;
  }
}

function ignore(): void {}
