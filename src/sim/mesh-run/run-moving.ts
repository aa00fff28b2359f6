// Runs the production mesh on nodes that move: links are there while two radios are in range of each other, and messages go
// between nodes with a way between them at that moment.

import type { Location } from '../../routing/node-attributes.ts';
import { createSeededRng } from '../seeded-rng.ts';
import type { LinkDirection, Topology, TopologyLink } from '../topology/topology.ts';
import type { FleetLink } from './fleet-link.ts';
import { Motion, pairsWithin, rangeFor, type MotionClass } from './motion.ts';
import { samplePairs, type ProbeResult } from './probes.ts';
import type { MeshRunReport } from './report.ts';
import { RunContext, type MeshRunDeps } from './run-context.ts';
import { reportOfChanging } from './report-of-changing.ts';
import type { MeshRunOptions } from './run-options.ts';

export interface MotionOptions {
  readonly class: MotionClass;
  /** Metres per second. */
  readonly speed: number;
}

/** Positions and links are looked at anew so often. */
const STEP_MS = 1_000;
/** Before anything moves. */
const SETTLE_MS = 30_000;
/** The last messages arrive within this time, while nodes go on moving. */
const WAIT_MS = 5_000;

/** The radio range is the one at which as many pairs hear each other as the topology has links. */
export function runMoving(
  topology: Topology,
  motionOptions: MotionOptions,
  options: MeshRunOptions,
  deps: MeshRunDeps,
): MeshRunReport {
  const rng = createSeededRng(deps.primitives, options.seed, 'motion');
  const motion = new Motion(topology, motionOptions.class, motionOptions.speed, rng);
  const locationOf = (index: number): Location => motion.locationOf(index);
  const context = new RunContext(topology, options, { ...deps, locationOf });
  const { fleet, oracle, prober } = context;
  const range = rangeFor(motion.positions, topology.links.length);
  relink(context, topology, motion, range);
  const links = fleet.links.length;
  const { convergenceMs, rates: coldStart } = context.coldStart();
  fleet.run(Math.max(0, SETTLE_MS - context.nowMs));
  const before = context.bytes();
  const startMs = context.nowMs;
  const { reachablePairs } = oracle;
  const steps = Math.ceil(options.durationMs / STEP_MS);
  const results: ProbeResult[] = [];
  for (let step = 0; step < steps + WAIT_MS / STEP_MS; step += 1) {
    if (step % 10 === 0) context.say(`moving, ${step} of ${steps} s`);
    for (const node of motion.step(STEP_MS)) {
      fleet.nodes[node]?.mesh.setLocation(motion.locationOf(node));
    }
    relink(context, topology, motion, range);
    if (step < steps) {
      const share = sharePerStep(options.pairsMax, steps, step);
      for (const pair of share === 0 ? [] : samplePairs(fleet, oracle, rng, share)) {
        if (results.length >= options.pairsMax) break;
        results.push(prober.send(pair));
      }
    }
    fleet.run(STEP_MS);
  }
  const moving = context.ratesSince(before, context.nowMs - startMs);
  return reportOfChanging(context, {
    links,
    reachablePairs,
    results,
    stretch: null,
    convergenceMs,
    coldStart,
    moving,
    frames: null,
  });
}

/** How many of `total` fall into this step, evenly. */
function sharePerStep(total: number, steps: number, step: number): number {
  return Math.floor(((step + 1) * total) / steps) - Math.floor((step * total) / steps);
}

/** Makes the true graph that of who hears whom. */
function relink(context: RunContext, topology: Topology, motion: Motion, range: number): void {
  const { fleet } = context;
  const inRange = new Set<FleetLink>();
  for (const [a, b] of pairsWithin(motion.positions, range)) {
    const known = fleet.between(a, b);
    if (known === undefined) inRange.add(context.addLink(topology, radioLink(a, b)));
    else inRange.add(known);
  }
  for (const link of fleet.links) {
    if (inRange.has(link)) fleet.restore(link);
    else fleet.cut(link);
  }
}

function radioLink(a: number, b: number): TopologyLink {
  const unknown: LinkDirection = { quality: null, cost: null, bytesPerSecond: null };
  return { a, b, toB: unknown, toA: unknown, latencyMs: null, kind: 'wifi' };
}
