// Runs the production mesh on a network that changes frame by frame, as the meshnet-lab project measures mobility: let it
// settle, change the links, wait for the length of a frame, send messages for two seconds, change the links again.
// (https://github.com/mwarning/meshnet-lab, tests/mobility2.)

import { assert } from '../../core/assert.ts';
import type { Topology, TopologyLink, TopologySequence } from '../topology/topology.ts';
import type { FleetLink } from './fleet-link.ts';
import { samplePairs, type ProbeResult } from './probes.ts';
import type { FrameReport, MeshRunReport } from './report.ts';
import { deliveryOf, ratiosOf, RunContext, stretchOf, type MeshRunDeps } from './run-context.ts';
import { reportOfChanging } from './report-of-changing.ts';
import type { MeshRunOptions } from './run-options.ts';

/** Messages of a frame are sent over this time. */
const PROBES_SPREAD_MS = 2_000;
/** The last of them arrive within this time; then the links change. */
const PROBES_WAIT_MS = 1_000;

export function runSequence(
  sequence: TopologySequence,
  options: MeshRunOptions,
  deps: MeshRunDeps,
): MeshRunReport {
  const [first, ...later] = sequence.frames;
  assert(first !== undefined, 'a sequence has a frame');
  const context = new RunContext(first, options, deps);
  const { fleet, oracle } = context;
  change(context, first);
  const { convergenceMs, rates: coldStart } = context.coldStart();
  fleet.run(Math.max(0, 1000 * sequence.settleSeconds - context.nowMs));
  const before = context.bytes();
  const startMs = context.nowMs;
  const results: ProbeResult[] = [];
  const frames: FrameReport[] = [];
  const ratios: number[] = [];
  let reachablePairs = 0;
  for (const [at, frame] of later.entries()) {
    context.say(`frame ${at + 1} of ${later.length}`);
    change(context, frame);
    fleet.run(1000 * sequence.frameSeconds);
    reachablePairs += oracle.reachablePairs;
    const pairs = samplePairs(fleet, oracle, fleet.world.rng('pairs'), options.pairsMax);
    const sent = context.prober.sendAll(pairs, PROBES_SPREAD_MS, PROBES_WAIT_MS);
    ratios.push(...ratiosOf(sent, oracle));
    frames.push({
      frame: at + 1,
      links: frame.links.length,
      reachablePairs: oracle.reachablePairs,
      messages: sent.length,
      delivery: deliveryOf(sent),
    });
    // What comes later than the next change does not count as delivered in this frame.
    results.push(...sent.map((result) => ({ ...result })));
  }
  const moving = context.ratesSince(before, context.nowMs - startMs);
  return reportOfChanging(context, {
    links: first.links.length,
    reachablePairs,
    results,
    stretch: stretchOf(ratios),
    convergenceMs,
    coldStart,
    moving,
    frames,
  });
}

/** Makes the true graph that of the frame. */
function change(context: RunContext, frame: Topology): void {
  const { fleet } = context;
  const wanted = new Set<FleetLink>();
  const fresh: TopologyLink[] = [];
  for (const link of frame.links) {
    const known = fleet.between(link.a, link.b);
    if (known === undefined) fresh.push(link);
    else wanted.add(known);
  }
  for (const link of fleet.links) if (link.wanted && !wanted.has(link)) fleet.cut(link);
  for (const link of wanted) fleet.restore(link);
  for (const link of fresh) context.addLink(frame, link);
}
