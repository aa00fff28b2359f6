// `bitcraps sim`: the production mesh on a topology, in virtual time, measured against an oracle that sees the true graph.

import { Command } from 'commander';
import { zstd } from '../platform/node/zstd.ts';
import { primitives } from '../platform/node/primitives.ts';
import { BitcrapsError } from '../core/errors.ts';
import type { MotionClass } from '../sim/mesh-run/motion.ts';
import type { TopologyFile } from '../sim/topology/topology.ts';
import type { PresetName } from '../resilience/presets.ts';
import type { MeshRunReport } from '../sim/mesh-run/report.ts';
import { runMesh } from '../sim/mesh-run/run-mesh.ts';
import { runMoving } from '../sim/mesh-run/run-moving.ts';
import { runSequence } from '../sim/mesh-run/run-sequence.ts';
import type { Amount } from '../sim/mesh-run/run-options.ts';
import { EXIT_DONE, EXIT_THRESHOLD, printJson, runCommand } from './outcome.ts';
import { reportText } from './sim/report-text.ts';
import {
  amountOption,
  durationOption,
  motionOption,
  positiveOption,
  presetOption,
  probabilityOption,
  rateOption,
  seedOption,
  speedOption,
} from './sim/run-options.ts';
import { pairIn, writeDrawing } from './sim/drawing.ts';
import { topologyIn, topologyOf } from './sim/topology-argument.ts';
import { openTraceFile, type TraceFile } from './sim/trace-file.ts';

interface Options {
  readonly seed: number;
  readonly preset: PresetName;
  readonly pairs: number;
  readonly duration: number;
  readonly loss: number;
  readonly failLinks?: Amount;
  readonly failNodes?: Amount;
  readonly churn: number;
  readonly mobility?: MotionClass;
  readonly speed: number;
  readonly trace?: string;
  readonly svg?: string;
  readonly pair?: string;
  readonly minDelivery?: number;
  readonly json?: boolean;
}

/** The command, to be added to the program. */
export function simCommand(): Command {
  return new Command('sim')
    .argument('<topology>', 'a file, or a generated network such as grid:10x10 or line:50')
    .description('run the mesh on a topology in virtual time and measure it against the true graph')
    .option('--seed <number>', 'of everything random', seedOption, 1)
    .option(
      '--preset <name>',
      'heartbeat and failure timeout: default, local, lan, wan',
      presetOption,
      'default',
    )
    .option('--pairs <count>', 'pairs of nodes whose delivery is measured', positiveOption, 200)
    .option('--duration <time>', 'how long the steady state is measured', durationOption, 60_000)
    .option(
      '--loss <probability>',
      'of each transmission on each link; 1 cuts all',
      probabilityOption,
      0,
    )
    .option(
      '--fail-links <amount>',
      'cut so many links, or a share such as 10%, before delivery is measured',
      amountOption,
    )
    .option('--fail-nodes <amount>', 'turn so many nodes off, or a share', amountOption)
    .option('--churn <rate>', 'links and nodes that go or come back each second', rateOption, 0)
    .option(
      '--mobility <class>',
      'nodes move: static, random, linear, circular, commuter',
      motionOption,
    )
    .option('--speed <metres>', 'how fast, in metres per second', speedOption, 1.4)
    .option('--trace <file>', 'every hop of every packet, one JSON document per line')
    .option('--svg <file>', 'draw the topology, with the routes of --pair')
    .option('--pair <a,b>', 'two nodes by id, name or position in the file, from 0')
    .option(
      '--min-delivery <share>',
      'exit 99 if less than this share (0 to 1) arrives',
      probabilityOption,
    )
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Topologies: meshnet-lab JSON, NetJSON, GraphML, multi-metric JSON; grid:WxH, line:N, ring:N, tree:N, geometric:N,
regular:NxD. The nodes run the code of production, only clock and links are simulated. Figures are measured in the run,
or n/a. The same seed and options give the same run, to the last byte.

Examples:
  bitcraps sim grid:10x10
  bitcraps sim freifunk.json --preset lan --pairs 1000
  bitcraps sim line:50 --fail-nodes 1 --json
  bitcraps sim grid:7x7 --loss 0.05 --trace hops.ndjson --min-delivery 0.999`,
    )
    .action((topology: string, options: Options) =>
      runCommand(options.json === true, () => run(topology, options)),
    );
}

function run(argument: string, options: Options): number {
  const file = topologyOf(argument, options.seed);
  const trace = options.trace === undefined ? null : openTraceFile(options.trace);
  try {
    const report = simulate(file, options, trace);
    if (options.svg !== undefined)
      writeDrawing(options.svg, topologyIn(file), report, options.seed);
    if (options.json === true) printJson(report);
    else process.stdout.write(reportText(report));
    return exitCode(report, options);
  } finally {
    trace?.close();
    if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
  }
}

function simulate(file: TopologyFile, options: Options, trace: TraceFile | null): MeshRunReport {
  const deps = { primitives, compressor: zstd };
  const asked = runOptions(file, options, trace);
  if (file.kind === 'sequence') {
    if (options.mobility !== undefined) {
      throw new BitcrapsError('CLI_USAGE', {
        detail: 'the file says itself how its nodes move: leave --mobility out',
      });
    }
    return runSequence(file.sequence, asked, deps);
  }
  if (options.mobility === undefined) return runMesh(file.topology, asked, deps);
  const motion = { class: options.mobility, speed: options.speed };
  return runMoving(file.topology, motion, asked, deps);
}

function runOptions(
  file: TopologyFile,
  options: Options,
  trace: TraceFile | null,
): Parameters<typeof runMesh>[1] {
  return {
    seed: options.seed,
    preset: options.preset,
    pairsMax: options.pairs,
    durationMs: options.duration,
    loss: options.loss,
    failLinks: options.failLinks ?? null,
    failNodes: options.failNodes ?? null,
    churnPerSecond: options.churn,
    pair: options.pair === undefined ? null : pairIn(topologyIn(file), options.pair),
    trace: trace === null ? null : (hop) => trace.write(hop),
    progress: process.stderr.isTTY ? (line) => process.stderr.write(`\r\u001B[K${line}`) : null,
  };
}

function exitCode({ delivery }: MeshRunReport, { minDelivery }: Options): number {
  return minDelivery !== undefined && (delivery ?? 0) < minDelivery ? EXIT_THRESHOLD : EXIT_DONE;
}
