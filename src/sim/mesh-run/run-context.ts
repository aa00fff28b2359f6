// What every kind of run shares: the world, the fleet in it, the oracle beside it, and how bytes become rates.

import { toHex } from '../../core/bytes.ts';
import type { Compressor } from '../../env/compressor.ts';
import type { Primitives } from '../../env/primitives.ts';
import type { Location } from '../../routing/node-attributes.ts';
import { presets, type FailureTimings } from '../../resilience/presets.ts';
import type { Topology, TopologyLink } from '../topology/topology.ts';
import { createWorld, WALL_START_MS } from '../world.ts';
import { bytesBetween, BYTE_KINDS, type ByteTotals } from './byte-meter.ts';
import { runUntilConverged } from './convergence.ts';
import { Fleet, type FleetNode } from './fleet.ts';
import type { FleetLink } from './fleet-link.ts';
import { linkTruth } from './link-truth.ts';
import { Oracle } from './oracle.ts';
import { Prober, type ProbeResult } from './probes.ts';
import type { ByteRates, MeshRunReport } from './report.ts';
import type { MeshRunOptions } from './run-options.ts';

export interface MeshRunDeps {
  readonly primitives: Primitives;
  readonly compressor: Compressor;
  /** Where a node says it is and how it moves; default: where the topology has it. */
  readonly locationOf?: (index: number) => Location;
  /** Whether nodes are to be paused in this run. */
  readonly pausable?: boolean;
}

/** Cold starts that take longer count as not converged. */
const COLD_START_MS_MAX = 60_000;
/** The bytes of a cold start are averaged over at least this time. */
const COLD_START_MS_MIN = 10_000;
/** Frames of larger meshes are hashed in part. */
const NODES_HASHED_WHOLE_MAX = 200;
const FRAME_BYTES_HASHED = 48;
/** The bound of a whole run; a 10 000-node grid takes some 10^8. */
const STEPS_MAX = 20_000_000_000;

export class RunContext {
  readonly options: MeshRunOptions;
  readonly timings: FailureTimings;
  readonly fleet: Fleet;
  readonly oracle: Oracle;
  readonly prober: Prober;

  constructor(topology: Topology, options: MeshRunOptions, deps: MeshRunDeps) {
    const nodes = topology.nodes.length;
    this.options = options;
    this.timings = presets[options.preset];
    const world = createWorld({
      seed: options.seed,
      primitives: deps.primitives,
      stepsMax: STEPS_MAX,
      ...(nodes > NODES_HASHED_WHOLE_MAX ? { frameBytesHashedMax: FRAME_BYTES_HASHED } : {}),
    });
    this.fleet = new Fleet({
      world,
      nodes,
      timings: this.timings,
      compressor: deps.compressor,
      nodeConfig: (index) => {
        const location = deps.locationOf?.(index) ?? locationIn(topology, index);
        return { policy: options.policy, attributes: { location } };
      },
      trace: options.trace,
      ...(deps.pausable === undefined ? {} : { pausable: deps.pausable }),
    });
    this.oracle = new Oracle(this.fleet, topology.nodes);
    this.prober = new Prober(this.fleet);
  }

  get nowMs(): number {
    return this.fleet.world.clock.now();
  }

  /** Adds a link to the true graph, with the losses that the run is asked for. */
  addLink(topology: Topology, shape: TopologyLink): FleetLink {
    const { loss } = this.options;
    const link = this.fleet.add(shape, linkTruth(topology, shape, loss));
    if (loss >= 1) this.fleet.mute(link);
    return link;
  }

  /** Lets the mesh find itself; what that took. */
  coldStart(): { readonly convergenceMs: number | null; readonly rates: ByteRates } {
    const before = this.bytes();
    const startMs = this.nowMs;
    const { progress } = this.options;
    const convergenceMs = runUntilConverged(this.fleet, this.oracle, COLD_START_MS_MAX, progress);
    this.fleet.run(Math.max(0, startMs + COLD_START_MS_MIN - this.nowMs));
    return { convergenceMs, rates: this.ratesSince(before, this.nowMs - startMs) };
  }

  /** All bytes so far. */
  bytes(): ByteTotals {
    const { meter } = this.fleet;
    meter.settle(this.fleet.directions(), this.nowMs);
    return meter.totals();
  }

  ratesSince(before: ByteTotals, ms: number): ByteRates {
    const kinds = bytesBetween(before, this.bytes());
    const seconds = ms / 1000;
    const perNode = (bytes: number): number => bytes / this.fleet.nodes.length / seconds;
    const rated = (kind: keyof ByteTotals): { payload: number; headers: number } => ({
      payload: perNode(kinds[kind].payload),
      headers: perNode(kinds[kind].headers),
    });
    const sum = (...parts: readonly (keyof ByteTotals)[]): number =>
      parts.reduce((total, kind) => total + kinds[kind].payload + kinds[kind].headers, 0);
    return {
      seconds,
      total: perNode(sum(...BYTE_KINDS)),
      control: perNode(kinds.heartbeat.payload + kinds.routing.payload),
      controlOnWire: perNode(sum('heartbeat', 'routing', 'handshake')),
      kinds: {
        heartbeat: rated('heartbeat'),
        routing: rated('routing'),
        handshake: rated('handshake'),
        packets: rated('packets'),
      },
    };
  }

  say(what: string): void {
    this.options.progress?.(`${(this.nowMs / 1000).toFixed(1)} s: ${what}`);
  }

  /** What every report says the same way. */
  common(): Pick<
    MeshRunReport,
    | 'seed'
    | 'preset'
    | 'policy'
    | 'virtualSeconds'
    | 'nodes'
    | 'loops'
    | 'stateBytesPerNode'
    | 'hash'
  > {
    const { world, nodes, watch } = this.fleet;
    return {
      seed: this.options.seed,
      preset: this.options.preset,
      policy: this.options.policy,
      virtualSeconds: this.nowMs / 1000,
      nodes: nodes.length,
      loops: watch.loops,
      stateBytesPerNode: stateOf(nodes),
      hash: toHex(world.logHash()),
    };
  }
}

/** Where a node that stands still says it is. */
function locationIn({ nodes }: Topology, index: number): Location | null {
  const node = nodes[index];
  if (node === undefined || node.position === null) return null;
  const { planar, position } = node;
  return { planar, position, atMs: WALL_START_MS, mobility: { kind: 'static' } };
}

function stateOf(nodes: readonly FleetNode[]): { readonly mean: number; readonly max: number } {
  let [sum, max] = [0, 0];
  for (const { mesh } of nodes) {
    const { stateBytes } = mesh;
    sum += stateBytes;
    max = Math.max(max, stateBytes);
  }
  return { mean: sum / nodes.length, max };
}

/** 0–1; `null` of nothing. */
export function deliveryOf(results: readonly ProbeResult[]): number | null {
  if (results.length === 0) return null;
  return results.filter(({ arrivedAtMs }) => arrivedAtMs !== null).length / results.length;
}

/** Cost of the way taken ÷ cost of the best one, over what arrived. */
export function stretchOf(
  ratios: readonly number[],
): { readonly mean: number; readonly p99: number } | null {
  if (ratios.length === 0) return null;
  const sorted = ratios.toSorted((x, y) => x - y);
  const mean = sorted.reduce((sum, ratio) => sum + ratio, 0) / sorted.length;
  return { mean, p99: sorted[Math.ceil(0.99 * sorted.length) - 1] ?? mean };
}

/** Of probes that arrived, while the true graph is still the one that they crossed. */
export function ratiosOf(results: readonly ProbeResult[], oracle: Oracle): readonly number[] {
  return results.flatMap(({ pair, cost }) =>
    cost === null ? [] : [cost / (oracle.cost(pair.from, pair.to) ?? cost)],
  );
}

/** How many were refused at their source, by code. */
export function refusalsOf(results: readonly ProbeResult[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { refused } of results) {
    if (refused !== null) counts[refused] = (counts[refused] ?? 0) + 1;
  }
  return counts;
}
