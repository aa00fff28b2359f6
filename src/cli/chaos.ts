// `bitcraps chaos`: a casino of real processes is broken on purpose while bets are placed, and held against its promises.

import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { BitcrapsError, unwrap } from '../core/errors.ts';
import { primitives } from '../platform/node/primitives.ts';
import { lockState } from '../platform/node/state-lock.ts';
import type { FaultScript } from '../sim/faults/fault.ts';
import { faultLine, faultsOf } from '../sim/faults/fault-list.ts';
import { FAULTS_HELP } from '../sim/faults/parse-faults.ts';
import { leftOutText, scheduleFaults, type FaultSchedule } from '../sim/faults/schedule-faults.ts';
import { createSeededRng } from '../sim/seeded-rng.ts';
import type { ChaosCasino } from './chaos/chaos-casino.ts';
import { checkPlayable, nodesOption, playableEvents } from './chaos/chaos-options.ts';
import {
  CHAOS_NODES_MAX,
  CHAOS_NODES_MIN,
  chaosPlan,
  linksOf,
  type PlannedLink,
} from './chaos/chaos-plan.ts';
import {
  ALL_BACK_WITHIN_MS,
  chaosText,
  LISTENS_WITHIN_MS,
  TABLE_BACK_WITHIN_MS,
} from './chaos/chaos-report.ts';
import { startOwnCasino } from './chaos/own-casino.ts';
import { runChaos } from './chaos/run-chaos.ts';
import { findRunningCasino, lockRunningCasino } from './chaos/running-casino.ts';
import {
  errorDocument,
  EXIT_DONE,
  EXIT_NO,
  printJson,
  reportError,
  runCommand,
} from './outcome.ts';
import { shellQuoted } from './shell-quoted.ts';
import { durationOption, faultsOption, seedOption } from './sim/run-options.ts';
import { watchForEnd } from './up/end-of-run.ts';
import { makeFolderWithin, makeRunFolder } from './up/run-folder.ts';
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
      new Option('--duration <time>', 'how long things break; longer where the script is')
        .argParser(durationOption)
        .default(30_000, '30s'),
    )
    .option('--seed <number>', 'of what breaks when', seedOption, 1)
    .option(
      '--nodes <count>',
      `processes of the casino, ${CHAOS_NODES_MIN} to ${CHAOS_NODES_MAX}, default ${NODES_DEFAULT}`,
      nodesOption,
    )
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

Without --state it starts a casino of its own: the table and two meshes, each with a relay, a gateway and a player at
least, so that ${CHAOS_NODES_MIN} nodes are the fewest; every link through a wire that it can break; bots and bettors that note each bet of
which they hear that it is final. Afterwards every ledger is verified, and each of these bets is looked for. Its nodes are
a-table, a-relay-1, a-gateway-1, a-player-1, b-relay-1 and so on; --dry-run names what breaks. With --state, whatever was
killed runs again at the end, also after Ctrl-C, and all that chaos writes is in DIR.

Promised: no acknowledged bet is lost or resolved twice; supply is conserved; every transcript verifies. One validator
keeps the ledger, on its disk: while its process is down nobody bets. Started again it listens within ${LISTENS_WITHIN_MS / 1000} s; once it does and
a player has a way to it, the table is back within ${TABLE_BACK_WITHIN_MS / 1000} s, and within ${ALL_BACK_WITHIN_MS / 1000} s of the last fault everybody bets again.

--json: { faults, acknowledged, lost, resolvedTwice, supplyConserved, availability, promises, kept, and the rest of the
report }, or { error: { code, message, cure } }. faults has one entry for each fault: kind, node or link, atMs and untilMs as
planned, doneAtMs and endedAtMs as done, from the start; --dry-run gives { seed, durationMs, faults, leftOut }.

Exit codes: 0 all was kept, 1 something was not, or it ended before that could be seen, 2 bad usage.

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
    const running = await findRunningCasino(state, say);
    return { plan: null, running, nodes: running.nodes.map(({ name }) => name), links: null };
  }
  const plan = chaosPlan(nodes ?? NODES_DEFAULT);
  return { plan, running: null, nodes: plan.map(({ name }) => name), links: linksOf(plan) };
}

async function run(flags: ChaosFlags): Promise<number> {
  const { state, nodes, faults, dryRun } = flags;
  if (state === undefined) return runOn(flags);
  if (nodes !== undefined) {
    throw new BitcrapsError('CLI_USAGE', {
      detail: '--nodes does not go with --state, which has its nodes',
    });
  }
  checkPlayable(faults);
  const lock = dryRun === true ? null : lockRunningCasino(state);
  try {
    return await runOn(flags);
  } finally {
    lock?.release();
  }
}

async function runOn(flags: ChaosFlags): Promise<number> {
  const ground = await groundOf(flags);
  const schedule = scheduleOf(flags, ground);
  for (const step of schedule.leftOut) say(`left out: ${leftOutText(step)}`);
  if (flags.dryRun === true) return tellSchedule(schedule, flags);
  const end = watchForEnd();
  try {
    const gone = ground.running?.gone ?? null;
    const givenUp = gone === null ? end.asked : Promise.race([end.asked, gone]);
    return await breakThings(flags, ground, schedule, givenUp);
  } finally {
    end.release();
  }
}

function scheduleOf({ seed, faults, duration }: ChaosFlags, ground: Ground): FaultSchedule {
  const links = ground.links?.map(({ name }) => name) ?? [];
  const schedule = unwrap(
    scheduleFaults(
      faults,
      { nodes: ground.nodes, links, durationMs: duration },
      createSeededRng(primitives, seed, 'faults'),
    ),
  );
  if (ground.running === null) return schedule;
  return { ...schedule, events: playableEvents(schedule.events) };
}

function tellSchedule(schedule: FaultSchedule, { seed, json }: ChaosFlags): number {
  const { durationMs, leftOut } = schedule;
  const faults = faultsOf(schedule.events);
  if (json === true) printJson({ seed, durationMs, faults, leftOut });
  else if (faults.length === 0) say('nothing would break');
  else for (const fault of faults) process.stdout.write(`${faultLine(fault)}\n`);
  return EXIT_DONE;
}

/** Progress; stdout is for the report. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function breakThings(
  { seed, json, state }: ChaosFlags,
  ground: Ground,
  schedule: FaultSchedule,
  givenUp: Promise<string>,
): Promise<number> {
  const now = new Date();
  const folder = state === undefined ? makeRunFolder(undefined, now) : makeFolderWithin(state, now);
  const lock = lockState(folder.path);
  const unexpected: string[] = [];
  let casino = ground.running;
  // For whoever wants to know what went wrong.
  let keepsFolder = true;
  try {
    const count = faultsOf(schedule.events).length;
    const faults = count === 1 ? '1 fault' : `${count} faults`;
    const seconds = schedule.durationMs / 1000;
    say(`${ground.nodes.length} processes, ${faults} in ${seconds} s, seed ${seed}`);
    casino ??= await startCasino(ground, folder.path, seed, unexpected, givenUp);
    const report =
      casino === null
        ? null
        : await runChaos({
            casino,
            links: ground.links,
            schedule,
            seed,
            folder,
            closes: ground.running === null,
            unexpected,
            say,
            givenUp,
          });
    if (report === null) {
      keepsFolder = false;
      throw new BitcrapsError('CLI_CHAOS_ENDED_EARLY', { why: await givenUp });
    }
    if (json === true) printJson(report);
    else process.stdout.write(chaosText(report));
    keepsFolder = !report.kept;
    return report.kept ? EXIT_DONE : EXIT_NO;
  } catch (error) {
    // The usage was good: what was promised was just not seen kept.
    if (json === true) printJson(errorDocument(error));
    reportError(error);
    return EXIT_NO;
  } finally {
    await casino?.stop();
    lock.release();
    folder.end(keepsFolder);
    if (keepsFolder) say(whatStays(folder.path, state));
  }
}

function whatStays(folder: string, state: string | undefined): string {
  if (state === undefined) return `the nodes’ state and logs stay in ${shellQuoted(folder)}`;
  const logs = shellQuoted(resolve(state));
  return `the players’ ledgers stay in ${shellQuoted(folder)}, the nodes’ logs in ${logs}`;
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
