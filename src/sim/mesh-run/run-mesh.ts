// Runs the production mesh on a topology in virtual time and measures it: cold start, steady state, failures, delivery,
// failover.

import type { Compressor } from '../../env/compressor.ts';
import type { Primitives } from '../../env/primitives.ts';
import { toHex } from '../../core/bytes.ts';
import { presets, type FailureTimings } from '../../resilience/presets.ts';
import type { Topology } from '../topology/topology.ts';
import { createWorld } from '../world.ts';
import { bytesBetween, BYTE_KINDS, type ByteTotals } from './byte-meter.ts';
import { runUntilConverged } from './convergence.ts';
import { measureFailover, type FailoverResult } from './failover.ts';
import { Fleet } from './fleet.ts';
import { linkTruth } from './link-truth.ts';
import { Oracle } from './oracle.ts';
import { Prober, samplePairs, type Pair, type ProbeResult } from './probes.ts';
import type { ByteRates, MeshRunReport } from './report.ts';
import { amountOf, type MeshRunOptions } from './run-options.ts';

export interface MeshRunDeps {
  readonly primitives: Primitives;
  readonly compressor: Compressor;
}

/** Cold starts that take longer count as not converged. */
const COLD_START_MS_MAX = 60_000;
/** The bytes of a cold start are averaged over at least this time. */
const COLD_START_MS_MIN = 10_000;
/** After the cold start, measured round trips settle for so many heartbeats before the steady state is measured. */
const SETTLE_HEARTBEATS = 6;
/** Messages are sent over this time, and awaited for so long. */
const PROBES_SPREAD_MS = 2_000;
const PROBES_WAIT_MS = 10_000;
/** Frames of larger meshes are hashed in part. */
const NODES_HASHED_WHOLE_MAX = 200;
const FRAME_BYTES_HASHED = 48;
const STEPS_MAX = 20_000_000_000;
const NO_FAILOVER: FailoverResult = { detectMs: null, packetsLost: null, idleDetectMs: null };

export function runMesh(
  topology: Topology,
  options: MeshRunOptions,
  deps: MeshRunDeps,
): MeshRunReport {
  return new MeshRun(topology, options, deps).report();
}

class MeshRun {
  readonly #topology: Topology;
  readonly #options: MeshRunOptions;
  readonly #timings: FailureTimings;
  readonly #fleet: Fleet;
  readonly #oracle: Oracle;
  readonly #prober: Prober;

  constructor(topology: Topology, options: MeshRunOptions, deps: MeshRunDeps) {
    this.#topology = topology;
    this.#options = options;
    this.#timings = presets[options.preset];
    const nodes = topology.nodes.length;
    const world = createWorld({
      seed: options.seed,
      primitives: deps.primitives,
      stepsMax: STEPS_MAX,
      ...(nodes > NODES_HASHED_WHOLE_MAX ? { frameBytesHashedMax: FRAME_BYTES_HASHED } : {}),
    });
    this.#fleet = new Fleet({
      world,
      nodes,
      timings: this.#timings,
      compressor: deps.compressor,
      nodeConfig: () => ({}),
      trace: options.trace,
    });
    this.#oracle = new Oracle(this.#fleet);
    this.#prober = new Prober(this.#fleet);
    for (const link of topology.links) {
      const added = this.#fleet.add(link.a, link.b, linkTruth(link, options.loss));
      if (options.loss >= 1) this.#fleet.mute(added);
    }
  }

  report(): MeshRunReport {
    const { seed, preset, durationMs, pairsMax, progress } = this.#options;
    const fleet = this.#fleet;
    const { clock } = fleet.world;
    const atStart = this.#bytes();
    const convergenceMs = runUntilConverged(fleet, this.#oracle, COLD_START_MS_MAX, progress);
    fleet.run(Math.max(0, COLD_START_MS_MIN - clock.now()));
    const coldStart = this.#rates(atStart, clock.now());

    this.#say('settling');
    fleet.run(SETTLE_HEARTBEATS * this.#timings.heartbeatMs);
    this.#say('steady state');
    const beforeSteady = this.#bytes();
    fleet.run(durationMs);
    const steady = this.#rates(beforeSteady, durationMs);

    const failed = this.#fail();
    this.#say('messages');
    const pairs = samplePairs(fleet, this.#oracle, fleet.world.rng('pairs'), pairsMax);
    const { reachablePairs } = this.#oracle;
    const beforeLoad = this.#bytes();
    const results = this.#prober.sendAll(pairs, PROBES_SPREAD_MS, PROBES_WAIT_MS);
    const loaded = this.#rates(beforeLoad, PROBES_SPREAD_MS + PROBES_WAIT_MS);
    const stretch = stretchOf(results, this.#oracle);

    const failover = this.#failover(pairs);
    return {
      seed,
      preset,
      policy: null,
      virtualSeconds: clock.now() / 1000,
      nodes: fleet.nodes.length,
      links: this.#topology.links.length,
      reachablePairs,
      pairs: pairs.length,
      messages: results.length,
      delivery: deliveryOf(results),
      stretch,
      bytesPerNodePerSecond: { coldStart: coldStart.total, steady: steady.total },
      convergenceMs,
      failover,
      loops: fleet.watch.loops,
      stateBytesPerNode: null,
      disjoint: null,
      detail: {
        coldStart,
        steady,
        loaded,
        refused: refusalsOf(results),
        ...failed,
        events: fleet.world.steps,
      },
      hash: toHex(fleet.world.logHash()),
    };
  }

  /** Cuts links and turns nodes off as asked, and lets the mesh notice. */
  #fail(): { readonly linksFailed: number; readonly nodesFailed: number } {
    const { failLinks, failNodes } = this.#options;
    const { links, nodes, world } = this.#fleet;
    const rng = world.rng('failures');
    const draw = <T>(from: readonly T[], count: number): readonly T[] =>
      from
        .map((item) => ({ item, order: rng.unit() }))
        .toSorted((x, y) => x.order - y.order)
        .slice(0, count)
        .map(({ item }) => item);
    const lostLinks = draw(links, amountOf(failLinks, links.length));
    const lostNodes = draw(nodes, amountOf(failNodes, nodes.length));
    if (lostLinks.length + lostNodes.length > 0) {
      this.#say('failures');
      for (const link of lostLinks) this.#fleet.cut(link);
      for (const node of lostNodes) this.#fleet.kill(node);
      this.#fleet.run(this.#timings.failureTimeoutMs + this.#timings.heartbeatMs);
    }
    return { linksFailed: lostLinks.length, nodesFailed: lostNodes.length };
  }

  #failover(pairs: readonly Pair[]): FailoverResult {
    if (this.#options.loss >= 1) return NO_FAILOVER;
    this.#say('failover');
    const { failureTimeoutMs } = this.#timings;
    return measureFailover(this.#fleet, this.#oracle, this.#prober, pairs, failureTimeoutMs);
  }

  #bytes(): ByteTotals {
    const { meter, world } = this.#fleet;
    meter.settle(this.#fleet.directions(), world.clock.now());
    return meter.totals();
  }

  #rates(before: ByteTotals, ms: number): ByteRates {
    const kinds = bytesBetween(before, this.#bytes());
    const seconds = ms / 1000;
    const perNode = (bytes: number): number => bytes / this.#fleet.nodes.length / seconds;
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

  #say(what: string): void {
    this.#options.progress?.(`${(this.#fleet.world.clock.now() / 1000).toFixed(1)} s: ${what}`);
  }
}

function deliveryOf(results: readonly ProbeResult[]): number | null {
  if (results.length === 0) return null;
  return results.filter(({ arrivedAtMs }) => arrivedAtMs !== null).length / results.length;
}

function stretchOf(
  results: readonly ProbeResult[],
  oracle: Oracle,
): { readonly mean: number; readonly p99: number } | null {
  const ratios = results
    .flatMap(({ pair, cost }) => (cost === null ? [] : [cost / oracle.cost(pair.from, pair.to)]))
    .toSorted((x, y) => x - y);
  if (ratios.length === 0) return null;
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  return { mean, p99: ratios[Math.ceil(0.99 * ratios.length) - 1] ?? mean };
}

function refusalsOf(results: readonly ProbeResult[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { refused } of results) {
    if (refused !== null) counts[refused] = (counts[refused] ?? 0) + 1;
  }
  return counts;
}
