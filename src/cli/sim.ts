// `bitcraps sim`: the production mesh on a topology, in virtual time, measured against an oracle that sees the true graph.

import { Command, Option } from 'commander';
import { POLICY_NAMES } from '../routing/policies/policies.ts';
import { FAULTS_HELP } from '../sim/faults/parse-faults.ts';
import type { Pair } from '../sim/mesh-run/probes.ts';
import type { MeshRunReport } from '../sim/mesh-run/report.ts';
import type { TopologyFile } from '../sim/topology/topology.ts';
import {
  EXIT_DONE,
  EXIT_NO,
  EXIT_THRESHOLD,
  printJson,
  reportError,
  runCommand,
} from './outcome.ts';
import { checkFlags } from './sim/check-flags.ts';
import { comparisonText } from './sim/comparison-text.ts';
import { checkDrawable, writeDrawing } from './sim/drawing.ts';
import { reportText } from './sim/report-text.ts';
import {
  amountOption,
  durationOption,
  motionOption,
  policyOption,
  positiveOption,
  presetOption,
  probabilityOption,
  rateOption,
  faultsOption,
  seedOption,
  speedOption,
} from './sim/run-options.ts';
import { simulate, type SimFlags } from './sim/simulate.ts';
import { topologyIn, topologyOf } from './sim/topology-argument.ts';
import { openTraceFile } from './sim/trace-file.ts';

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
    .addOption(
      new Option('--duration <time>', 'how long the steady state is measured')
        .argParser(durationOption)
        .default(60_000, '60s'),
    )
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
    .option(
      '--policy <name>',
      `how nodes choose ways: ${POLICY_NAMES.join(', ')}`,
      policyOption,
      'dijkstra',
    )
    .option('--compare', 'all five policies, one table')
    .option('--explain <a,b>', 'why packets from a to b go the way they go')
    .option('--churn <rate>', 'links and nodes that go or come back each second', rateOption, 0)
    .option(
      '--faults <script>',
      'break things while acknowledged messages go to and fro: see below',
      faultsOption,
    )
    .option(
      '--mobility <class>',
      'nodes move: static, random, linear, circular, commuter',
      motionOption,
    )
    .option('--speed <metres>', 'how fast, in metres per second', speedOption, 1.4)
    .option('--trace <file>', 'every hop of every packet, one JSON document per line')
    .option('--svg <file>', 'draw the topology, with the routes of --pair or --explain')
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

${FAULTS_HELP}
Nodes go by the ids or names of the file, generated ones 0, 1, …; links by their two nodes. With --faults the report tells what was promised and
what was kept, and a broken promise is exit code 1. --json has the names of \`bitcraps chaos\`: faults, acknowledged, lost,
availability, promises, kept and more beside the figures of the mesh; resolvedTwice and supplyConserved are null, since
nobody bets in a simulated mesh.

--mobility and files of frames change links themselves: no --fail-links, --fail-nodes, --churn, --faults, --explain or
--pair with them, and none of the others with --faults. --compare goes without --explain, --svg and --trace, and
--explain without --pair.

Examples:
  bitcraps sim grid:10x10
  bitcraps sim freifunk.json --preset lan --pairs 1000
  bitcraps sim line:50 --fail-nodes 1 --json
  bitcraps sim Abilene.graphml --compare
  bitcraps sim grid:10x10 --explain 0,99
  bitcraps sim grid:10x10 --fail-links 10% --svg mesh.svg --pair 0,99
  bitcraps sim grid:7x7 --preset lan --faults "10s kill 3; 20s cut 10%; 30s pause 2 for 5s; 45s heal"
  bitcraps sim regular:30x4 --preset lan --faults random:0.5 --seed 7 --json
  bitcraps sim geometric:50 --mobility commuter --preset lan
  bitcraps sim grid:7x7 --loss 0.05 --trace hops.ndjson --min-delivery 0.999`,
    )
    .action((topology: string, flags: SimFlags) =>
      runCommand(flags.json === true, () => run(topology, flags)),
    );
}

function run(argument: string, flags: SimFlags): number {
  const file = topologyOf(argument, flags.seed);
  // Whatever is wrong is told before a file is touched or anybody waits.
  const pair = checkFlags(file, flags);
  if (flags.svg !== undefined) checkDrawable(flags.svg);
  const trace = flags.trace === undefined ? null : openTraceFile(flags.trace);
  try {
    if (flags.compare === true) return compare(file, flags, pair);
    const report = simulate(file, flags, pair, trace);
    if (flags.json === true) printJson(documentOf(report));
    else process.stdout.write(reportText(report, flags.explain !== undefined));
    return draw(file, flags, report) ?? exitCode([report], flags);
  } finally {
    trace?.close();
    if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
  }
}

function compare(file: TopologyFile, flags: SimFlags, pair: Pair | null): number {
  const reports = POLICY_NAMES.map((policy) => simulate(file, { ...flags, policy }, pair, null));
  if (flags.json === true) printJson(reports.map(documentOf));
  else process.stdout.write(comparisonText(reports));
  return exitCode(reports, flags);
}

/** What was kept while things broke stands beside the figures of the mesh, named as `bitcraps chaos` names it. */
function documentOf({ faults, ...figures }: MeshRunReport): unknown {
  return { ...figures, ...faults };
}

/** The exit code if it failed. The report is out by then, and `--json` promises one document: no second one for this. */
function draw(file: TopologyFile, { svg, seed }: SimFlags, report: MeshRunReport): number | null {
  if (svg === undefined) return null;
  try {
    writeDrawing(svg, topologyIn(file), report, seed);
    return null;
  } catch (error) {
    return reportError(error);
  }
}

/** A missed threshold says more than a pair without a route. */
function exitCode(reports: readonly MeshRunReport[], flags: SimFlags): number {
  const { minDelivery = 0, explain } = flags;
  if (reports.some(({ delivery }) => (delivery ?? 0) < minDelivery)) return EXIT_THRESHOLD;
  if (reports.some(({ faults }) => faults?.kept === false)) return EXIT_NO;
  const noRoute = reports.some(({ detail }) => detail.routes?.length === 0);
  return explain !== undefined && noRoute ? EXIT_NO : EXIT_DONE;
}
