// Runs the production mesh on a topology in virtual time and measures it: cold start, steady state, failures or churn,
// delivery, failover.

import type { Topology } from '../topology/topology.ts';
import { churn } from './churn.ts';
import { measureDisjoint } from './disjoint.ts';
import { measureFailover, type FailoverResult } from './failover.ts';
import { samplePairs, type Pair, type ProbeResult } from './probes.ts';
import { explainPair, routesOfPair } from './routes-of-pair.ts';
import type { MeshRunReport } from './report.ts';
import {
  deliveryOf,
  ratiosOf,
  refusalsOf,
  RunContext,
  stretchOf,
  type MeshRunDeps,
} from './run-context.ts';
import { amountOf, type MeshRunOptions } from './run-options.ts';

/** After the cold start, measured round trips settle for so many heartbeats before the steady state is measured. */
const SETTLE_HEARTBEATS = 6;
/** Messages are sent over this time, and awaited for so long. */
const PROBES_SPREAD_MS = 2_000;
const PROBES_WAIT_MS = 10_000;
const NO_FAILOVER: FailoverResult = { detectMs: null, packetsLost: null, idleDetectMs: null };

export function runMesh(
  topology: Topology,
  options: MeshRunOptions,
  deps: MeshRunDeps,
): MeshRunReport {
  const context = new RunContext(topology, options, deps);
  const { fleet, oracle, timings } = context;
  for (const link of topology.links) context.addLink(topology, link);
  const { convergenceMs, rates: coldStart } = context.coldStart();
  context.say('settling');
  fleet.run(SETTLE_HEARTBEATS * timings.heartbeatMs);
  context.say('steady state');
  const beforeSteady = context.bytes();
  fleet.run(options.durationMs);
  const steady = context.ratesSince(beforeSteady, options.durationMs);

  const failed = failSome(context);
  context.say('messages');
  const pairs = samplePairs(fleet, oracle, fleet.world.rng('pairs'), options.pairsMax);
  const { reachablePairs } = oracle;
  const beforeLoad = context.bytes();
  const loadedAtMs = context.nowMs;
  const results = sendProbes(context, pairs);
  const loaded = context.ratesSince(beforeLoad, context.nowMs - loadedAtMs);
  // While links come and go there is no one graph to compare a way with.
  const stretch = options.churnPerSecond > 0 ? null : stretchOf(ratiosOf(results, oracle));
  context.say('routes');
  const disjoint = measureDisjoint(fleet, oracle, pairs);
  const explanation = options.pair === null ? null : explainPair(fleet, options.pair);
  const routes = options.pair === null ? null : routesOfPair(fleet, options.pair);
  const failover = failoverOf(context, pairs);
  return {
    ...context.common(),
    links: topology.links.length,
    reachablePairs,
    pairs: pairs.length,
    messages: results.length,
    delivery: deliveryOf(results),
    stretch,
    bytesPerNodePerSecond: { coldStart: coldStart.total, steady: steady.total },
    convergenceMs,
    failover,
    disjoint,
    detail: {
      coldStart,
      steady,
      loaded,
      refused: refusalsOf(results),
      ...failed,
      routes,
      explanation,
      events: fleet.world.steps,
      frames: null,
    },
  };
}

/** One message for each pair; under churn they are spread over its time. */
function sendProbes(context: RunContext, pairs: readonly Pair[]): readonly ProbeResult[] {
  const { churnPerSecond, durationMs } = context.options;
  if (churnPerSecond === 0) return context.prober.sendAll(pairs, PROBES_SPREAD_MS, PROBES_WAIT_MS);
  context.say('churn');
  churn(context.fleet, churnPerSecond, durationMs);
  const { oracle, prober, fleet } = context;
  const first = prober.results.length;
  for (const [i, pair] of pairs.entries()) {
    fleet.world.clock.after((i * durationMs) / pairs.length, () => {
      if (oracle.reaches(pair.from, pair.to)) prober.send(pair);
    });
  }
  fleet.run(durationMs + PROBES_WAIT_MS);
  return prober.results.slice(first);
}

/** Cuts links and turns nodes off as asked, and lets the mesh notice. */
function failSome({ fleet, options, timings }: RunContext): {
  readonly failedLinks: readonly number[];
  readonly failedNodes: readonly number[];
} {
  const { links, nodes, world } = fleet;
  const rng = world.rng('failures');
  const draw = <T>(from: readonly T[], count: number): readonly T[] =>
    from
      .map((item) => ({ item, order: rng.unit() }))
      .toSorted((x, y) => x.order - y.order)
      .slice(0, count)
      .map(({ item }) => item);
  const lostLinks = draw(links, amountOf(options.failLinks, links.length));
  const lostNodes = draw(nodes, amountOf(options.failNodes, nodes.length));
  if (lostLinks.length + lostNodes.length > 0) {
    for (const link of lostLinks) fleet.cut(link);
    for (const node of lostNodes) fleet.kill(node);
    fleet.run(timings.failureTimeoutMs + timings.heartbeatMs);
  }
  return {
    failedLinks: lostLinks.map(({ index }) => index).toSorted((x, y) => x - y),
    failedNodes: lostNodes.map(({ index }) => index).toSorted((x, y) => x - y),
  };
}

function failoverOf(context: RunContext, pairs: readonly Pair[]): FailoverResult {
  const { fleet, oracle, prober, options, timings } = context;
  if (options.loss >= 1 || options.churnPerSecond > 0) return NO_FAILOVER;
  context.say('failover');
  return measureFailover(fleet, oracle, prober, pairs, timings.failureTimeoutMs);
}
