// One run of `bitcraps sim`: its flags as the simulator takes them.

import { zstd } from '../../platform/node/zstd.ts';
import { primitives } from '../../platform/node/primitives.ts';
import type { PresetName } from '../../resilience/presets.ts';
import type { PolicyName } from '../../routing/policies/route-policy.ts';
import type { FaultScript } from '../../sim/faults/fault.ts';
import { runFaults } from '../../sim/faults/run-faults.ts';
import type { MotionClass } from '../../sim/mesh-run/motion.ts';
import type { Pair } from '../../sim/mesh-run/probes.ts';
import type { MeshRunReport } from '../../sim/mesh-run/report.ts';
import { runMesh } from '../../sim/mesh-run/run-mesh.ts';
import { runMoving } from '../../sim/mesh-run/run-moving.ts';
import { runSequence } from '../../sim/mesh-run/run-sequence.ts';
import type { Amount, MeshRunOptions } from '../../sim/mesh-run/run-options.ts';
import type { TopologyFile } from '../../sim/topology/topology.ts';
import type { TraceFile } from './trace-file.ts';

export interface SimFlags {
  readonly seed: number;
  readonly preset: PresetName;
  readonly pairs: number;
  readonly duration: number;
  readonly loss: number;
  readonly failLinks?: Amount;
  readonly failNodes?: Amount;
  readonly policy: PolicyName;
  readonly compare?: boolean;
  readonly explain?: string;
  readonly churn: number;
  readonly faults?: FaultScript;
  readonly mobility?: MotionClass;
  readonly speed: number;
  readonly trace?: string;
  readonly svg?: string;
  readonly pair?: string;
  readonly minDelivery?: number;
  readonly json?: boolean;
}

/** Flags that do not go together were refused before; `pair` is the one that they ask for. */
export function simulate(
  file: TopologyFile,
  options: SimFlags,
  pair: Pair | null,
  trace: TraceFile | null,
): MeshRunReport {
  const deps = { primitives, compressor: zstd };
  const asked = runOptions(options, pair, trace);
  if (file.kind === 'sequence') return runSequence(file.sequence, asked, deps);
  if (options.faults !== undefined) return runFaults(file.topology, options.faults, asked, deps);
  if (options.mobility === undefined) return runMesh(file.topology, asked, deps);
  const motion = { class: options.mobility, speed: options.speed };
  return runMoving(file.topology, motion, asked, deps);
}

function runOptions(options: SimFlags, pair: Pair | null, trace: TraceFile | null): MeshRunOptions {
  return {
    seed: options.seed,
    preset: options.preset,
    policy: options.policy,
    pairsMax: options.pairs,
    durationMs: options.duration,
    loss: options.loss,
    failLinks: options.failLinks ?? null,
    failNodes: options.failNodes ?? null,
    churnPerSecond: options.churn,
    pair,
    trace: trace === null ? null : (hop) => trace.write(hop),
    progress: process.stderr.isTTY ? (line) => process.stderr.write(`\r\u001B[K${line}`) : null,
  };
}
