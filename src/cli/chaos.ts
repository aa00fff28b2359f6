// `bitcraps chaos`: a casino of real processes is broken on purpose while bets are placed, and held against its promises.

import { Command, Option } from 'commander';
import { BitcrapsError, unwrap } from '../core/errors.ts';
import { primitives } from '../platform/node/primitives.ts';
import { lockState } from '../platform/node/state-lock.ts';
import { endsFault, faultText, type FaultEvent, type FaultScript } from '../sim/faults/fault.ts';
import { FAULTS_HELP, scriptEndMs } from '../sim/faults/parse-faults.ts';
import { scheduleFaults } from '../sim/faults/schedule-faults.ts';
import { createSeededRng } from '../sim/seeded-rng.ts';
import type { ChaosCasino } from './chaos/chaos-casino.ts';
import { nodesOption, playableSchedule } from './chaos/chaos-options.ts';
import { chaosPlan, linksOf, type PlannedLink } from './chaos/chaos-plan.ts';
import {
  ALL_BACK_WITHIN_MS,
  chaosText,
  LISTENS_WITHIN_MS,
  TABLE_BACK_WITHIN_MS,
} from './chaos/chaos-report.ts';
import { startOwnCasino } from './chaos/own-casino.ts';
import { runChaos } from './chaos/run-chaos.ts';
import { findRunningCasino } from './chaos/running-casino.ts';
import { EXIT_DONE, EXIT_NO, printJson, runCommand } from './outcome.ts';
import { shellQuoted } from './shell-quoted.ts';
import { durationOption, faultsOption, seedOption } from './sim/run-options.ts';
import { watchForEnd } from './up/end-of-run.ts';
import { makeRunFolder } from './up/run-folder.ts';
import type { PlannedNode } from './up/plan.ts';

const NODES_DEFAULT = 10;
const RATE_DEFAULT = 'random:0.3';
/** How long shooters leave the others for betting. */
const PACE = '400ms';

interface ChaosFlags {
  readonly duration: number;
  readonly seed: number;
  readonly nodes?: number;
  readonly faults: FaultScript;
  readonly state?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** The command, to be added to the program. */
export function chaosCommand(): Command {
  return new Command('chaos')
    .description(
      'break a casino of real processes on purpose while bets are placed: what was promised, what was kept',
    )
    .addOption(
      new Option('--duration <time>', 'how long things break; a script runs to its end')
        .argParser(durationOption)
        .default(30_000, '30s'),
    )
    .option('--seed <number>', 'of what breaks when', seedOption, 1)
    .option('--nodes <count>', `processes of the casino, default ${NODES_DEFAULT}`, nodesOption)
    .addOption(
      new Option('--faults <script>', 'what breaks: see below')
        .argParser(faultsOption)
        .default(faultsOption(RATE_DEFAULT), RATE_DEFAULT),
    )
    .option(
      '--state <dir>',
      'break the casino that `bitcraps up --state DIR` runs, by kill and pause',
    )
    .option('--dry-run', 'print what would break when, and break nothing')
    .option('--json', 'one JSON document on stdout; progress goes to stderr')
    .addHelpText(
      'after',
      `
${FAULTS_HELP}

Without --state it starts a casino of its own: two meshes, every link through a wire that it can break, bots and bettors
that note each bet of which they hear that it is final. Afterwards every ledger is verified, and each of these bets is
looked for. Its nodes are a-table, a-relay-1, a-gateway-1, a-player-1, b-relay-1 and so on; --dry-run names what breaks.

Promised: no acknowledged bet is lost or resolved twice; supply is conserved; every transcript verifies. One validator
keeps the ledger, on its disk: while its process is down nobody bets. Started again it listens within ${LISTENS_WITHIN_MS / 1000} s; once it
does and a player has a way to it, the table is back within ${TABLE_BACK_WITHIN_MS / 1000} s, and within ${ALL_BACK_WITHIN_MS / 1000} s of the last fault
everybody bets again.

Exit codes: 0 all was kept, 1 something was not, 2 bad usage.

Examples:
  bitcraps chaos
  bitcraps chaos --duration 10m --nodes 20 --seed 7 --json
  bitcraps chaos --faults "5s kill a-table for 2s; 10s cut 20% for 5s; 12s pause 2 for 3s"
  bitcraps chaos --seed 7 --dry-run
  bitcraps up --state DIR             and, in another terminal: bitcraps chaos --state DIR`,
    )
    .action((flags: ChaosFlags) => runCommand(flags.json === true, () => run(flags)));
}

/** What is broken: its names, and how it is had. */
interface Ground {
  readonly plan: readonly PlannedNode[] | null;
  readonly running: ChaosCasino | null;
  readonly nodes: readonly string[];
  readonly links: readonly PlannedLink[] | null;
}

async function groundOf({ state, nodes }: ChaosFlags): Promise<Ground> {
  if (state !== undefined) {
    if (nodes !== undefined) {
      throw new BitcrapsError('CLI_USAGE', {
        detail: '--nodes does not go with --state, which has its nodes',
      });
    }
    const running = await findRunningCasino(state);
    return { plan: null, running, nodes: running.nodes.map(({ name }) => name), links: null };
  }
  const plan = chaosPlan(nodes ?? NODES_DEFAULT);
  return { plan, running: null, nodes: plan.map(({ name }) => name), links: linksOf(plan) };
}

async function run(flags: ChaosFlags): Promise<number> {
  const { seed, faults, state } = flags;
  const ground = await groundOf(flags);
  const durationMs = Math.max(flags.duration, scriptEndMs(faults));
  const links = ground.links?.map(({ name }) => name) ?? [];
  const scheduled = unwrap(
    scheduleFaults(
      faults,
      { nodes: ground.nodes, links, durationMs },
      createSeededRng(primitives, seed, 'faults'),
    ),
  );
  const events = state === undefined ? scheduled : playableSchedule(faults, scheduled);
  if (flags.dryRun === true) return tellSchedule(events, flags);
  const end = watchForEnd();
  try {
    return await breakThings(flags, ground, events, durationMs, end.asked);
  } finally {
    end.release();
  }
}

function tellSchedule(events: readonly FaultEvent[], { seed, json }: ChaosFlags): number {
  if (json === true) printJson({ seed, faults: events });
  else for (const event of events) process.stdout.write(`${faultText(event)}\n`);
  return EXIT_DONE;
}

/** Progress; stdout is for the report. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function breakThings(
  { seed, json }: ChaosFlags,
  ground: Ground,
  events: readonly FaultEvent[],
  durationMs: number,
  givenUp: Promise<string>,
): Promise<number> {
  const folder = makeRunFolder(undefined, new Date());
  const lock = lockState(folder.path);
  const unexpected: string[] = [];
  let casino: ChaosCasino | null = null;
  let kept = true;
  try {
    const faults = events.filter((event) => !endsFault(event)).length;
    say(
      `${ground.nodes.length} processes, ${faults} faults in ${durationMs / 1000} s, seed ${seed}`,
    );
    casino = ground.running ?? (await startCasino(ground, folder.path, seed, unexpected, givenUp));
    if (casino === null) return EXIT_NO;
    folder.note(casino.nodes.map(({ name }) => name));
    const report = await runChaos({
      casino,
      links: ground.links,
      events,
      seed,
      durationMs,
      folder: folder.path,
      transcript: folder.transcript,
      closes: ground.running === null,
      unexpected,
      say,
      givenUp,
    });
    if (report === null) {
      say(`ending (${await givenUp}) without a report`);
      return EXIT_NO;
    }
    if (json === true) printJson(report);
    else process.stdout.write(chaosText(report));
    ({ kept } = report);
    if (!kept) say(`the nodes’ state and logs stay in ${shellQuoted(folder.path)}`);
    return kept ? EXIT_DONE : EXIT_NO;
  } finally {
    await casino?.stop();
    lock.release();
    folder.end(!kept);
  }
}

function startCasino(
  { plan }: Ground,
  folder: string,
  seed: number,
  unexpected: string[],
  givenUp: Promise<string>,
): Promise<ChaosCasino | null> {
  return startOwnCasino({
    plan: plan ?? [],
    folder,
    pace: PACE,
    rng: createSeededRng(primitives, seed, 'losses'),
    onEnd: ({ node, how }) => unexpected.push(`${node.planned.name} ended by itself: ${how}`),
    givenUp,
  });
}
