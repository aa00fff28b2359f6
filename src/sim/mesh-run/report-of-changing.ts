// The report of a network that changes while it is measured, frame by frame or by walking nodes.

import type { ProbeResult } from './probes.ts';
import type { ByteRates, FrameReport, MeshRunReport } from './report.ts';
import { deliveryOf, refusalsOf, type RunContext } from './run-context.ts';

/** What a run of such a network has counted. */
export interface ChangingRun {
  readonly links: number;
  readonly reachablePairs: number;
  readonly results: readonly ProbeResult[];
  readonly stretch: MeshRunReport['stretch'];
  readonly convergenceMs: number | null;
  readonly coldStart: ByteRates;
  /** While it changed. */
  readonly moving: ByteRates;
  readonly frames: readonly FrameReport[] | null;
}

/** Failover and disjoint ways are of one network, so there are none. */
export function reportOfChanging(context: RunContext, run: ChangingRun): MeshRunReport {
  const { links, reachablePairs, results, stretch, convergenceMs, coldStart, moving, frames } = run;
  return {
    ...context.common(),
    links,
    reachablePairs,
    pairs: results.length,
    messages: results.length,
    delivery: deliveryOf(results),
    stretch,
    bytesPerNodePerSecond: { coldStart: coldStart.total, steady: moving.controlOnWire },
    convergenceMs,
    failover: { detectMs: null, packetsLost: null, idleDetectMs: null },
    disjoint: null,
    detail: {
      coldStart,
      steady: moving,
      loaded: null,
      refused: refusalsOf(results),
      failedLinks: [],
      failedNodes: [],
      routes: null,
      explanation: null,
      events: context.fleet.world.steps,
      frames,
    },
  };
}
