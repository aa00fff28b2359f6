// `bitcraps health`: how well a running node and its mesh are, what is wrong and what to do about it.

import { Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../core/units.ts';
import type { HealthReport } from '../node/health-report.ts';
import type { Alert } from '../env/alert-sink.ts';
import { ageText } from './age-text.ts';
import { askNode, withNodeChoice, type AskOptions } from './ask-node.ts';
import { colour } from './colour.ts';
import { recoveriesLine, recoveriesText } from './health-recoveries.ts';
import { EXIT_DONE, EXIT_NO, printJson, runCommand } from './outcome.ts';
import { shortPeer, tableText } from './table-text.ts';

/** Alerts that have ended, as shown; `--json` has all that are kept. */
const HISTORY_SHOWN = 5;
const WATCH_MS_DEFAULT = '5s';
const WATCH_MS_MIN = 200;

interface HealthOptions extends AskOptions {
  readonly watch?: number | true;
}

/** The command, to be added to the program. */
export function healthCommand(): Command {
  return withNodeChoice(new Command('health'))
    .description(
      'how well a running node and its mesh are, what is wrong and what to do; exit 1 when critical',
    )
    .option(
      '--watch [every]',
      `again and again until a signal, each ${WATCH_MS_DEFAULT} unless told otherwise; with --json a document a line`,
      watchOption,
    )
    .addHelpText(
      'after',
      `
The score is 0 to 1: the weighted geometric mean of its categories, each measured by this node. Below 0.8, or with a
warning, a node is degraded; below 0.5, or with a critical alert, it is critical.

Examples:
  bitcraps health                        the node with the default state folder
  bitcraps health --node b-carol         a node of the casino that \`bitcraps up\` runs
  bitcraps health --state DIR --json     everything, for programs
  bitcraps health --watch 2s             as it changes
  bitcraps health || echo look at it     exit 1 when critical`,
    )
    .action((options: HealthOptions) =>
      runCommand(options.json === true, () =>
        options.watch === undefined ? once(options) : watch(options, options.watch),
      ),
    );
}

function watchOption(text: string): number {
  const parsed = parseDuration(text);
  if (parsed.ok && parsed.value >= WATCH_MS_MIN) return parsed.value;
  throw new InvalidArgumentError(`a duration such as 2s, at least ${WATCH_MS_MIN}ms`);
}

async function once(options: HealthOptions): Promise<number> {
  // The answer of a node of this build.
  const report = (await askNode(options, 'health')) as HealthReport;
  if (options.json === true) printJson(report);
  else process.stdout.write(healthText(report));
  return report.level === 'critical' ? EXIT_NO : EXIT_DONE;
}

/** Until a signal ends the process, or the node is gone. */
async function watch(options: HealthOptions, every: number | true): Promise<number> {
  const parsed = parseDuration(WATCH_MS_DEFAULT);
  const everyMs = typeof every === 'number' ? every : parsed.ok ? parsed.value : WATCH_MS_MIN;
  for (let isFirst = true; ; isFirst = false) {
    if (!isFirst) {
      await new Promise<void>((resolve) => setTimeout(resolve, everyMs));
      if (options.json !== true) process.stdout.write('\n');
    }
    await once(options);
  }
}

/** The report for people. */
export function healthText(report: HealthReport): string {
  const { score, level, worst, categories, absent, ways, statistics, alerts, alertHistory } =
    report;
  const paint =
    level === 'healthy' ? colour.green : level === 'degraded' ? colour.yellow : colour.red;
  const heading: string[][] = [
    ['health', `${paint(level)}, ${score.toFixed(2)} of 1, ${ageText(report.judgedMsAgo)} ago`],
    ...(worst === null ? [] : [['worst', `${worst.name}: ${worst.why}`]]),
  ];
  const judged = categories.map(({ name, score: one, weight, why }) => [
    name,
    one === null ? 'n/a' : one.toFixed(2),
    weight.toFixed(2),
    why,
  ]);
  const { backupRoutes, primaryRoutes } = statistics;
  const rows: string[][] = [
    [
      'failures',
      `${statistics.suspectedFailures} suspected, ${statistics.confirmedFailures} gone; so far ${statistics.suspicions} suspicions, ${statistics.refutations} disproved, ${statistics.confirmations} confirmed, ${statistics.departures} goodbyes`,
    ],
    [
      'ways',
      `${primaryRoutes} destinations in use, ${backupRoutes} disjoint ways beside the first; ${statistics.switchedByDetector} packets sent round a suspect link, ${statistics.switchedByAcknowledgement} for want of acknowledgements`,
    ],
    ['recoveries', recoveriesLine(statistics)],
    [
      'risks',
      `${statistics.bridgeLinks} links and ${statistics.cutMembers} members without which the mesh would fall apart`,
    ],
  ];
  const { power } = report;
  if (power !== null) rows.push(['power', powerLine(power)]);
  return [
    tableText(heading),
    '\n',
    tableText([['category', 'score', 'weight', 'why'], ...judged]),
    '\n',
    tableText(rows),
    absentText(absent),
    waysText(ways),
    partitionsText(report.partitions),
    risksText(report.risks),
    recoveriesText(report.recoveries),
    alertsText(alerts),
    historyText(alertHistory),
    deliveriesText(report.deliveries),
  ].join('');
}

function powerLine({ energy, stretch, relays }: NonNullable<HealthReport['power']>): string {
  if (energy === null) return 'on mains';
  const saving = stretch === 1 ? '' : `, heartbeats ${stretch.toFixed(1)} times as rare`;
  const relaying = relays ? '' : ', carries nothing of others';
  return `${Math.round(100 * energy)} % of the battery${saving}${relaying}`;
}

function absentText(absent: HealthReport['absent']): string {
  if (absent.length === 0) return '';
  const rows = absent.map(({ peer, state, forMs }) => [
    shortPeer(peer),
    state,
    forMs === null ? 'n/a' : ageText(forMs),
  ]);
  return `\n${tableText([['member', 'state', 'for'], ...rows])}`;
}

function waysText(ways: HealthReport['ways']): string {
  if (ways.length === 0) return '';
  const rows = ways.map((one) => [shortPeer(one.destination), String(one.ways)]);
  return `\n${tableText([['destination', 'disjoint ways'], ...rows])}`;
}

function partitionsText(partitions: HealthReport['partitions']): string {
  if (partitions.length === 0) return '';
  const rows = partitions
    .slice(0, HISTORY_SHOWN)
    .map(({ scope, cause, lost, stillLost, beganAtMs, lastedMs, outcome }) => [
      outcome ?? 'LASTS',
      scope,
      `${stillLost} of ${lost}`,
      cause,
      time(beganAtMs),
      ageText(lastedMs),
    ]);
  return `\n${tableText([['partition', 'of', 'still lost', 'cause', 'since', 'lasted'], ...rows])}`;
}

/** What would cut off several members at once. */
function risksText(risks: HealthReport['risks']): string {
  const rows = risks
    .filter(({ cutsOff }) => cutsOff > 1)
    .slice(0, HISTORY_SHOWN)
    .map(({ from, to, cutsOff }) => [
      to === null ? shortPeer(from) : `${shortPeer(from)} to ${shortPeer(to)}`,
      to === null ? 'member' : 'link',
      `cuts off ${cutsOff}`,
    ]);
  return rows.length === 0 ? '' : `\n${tableText([['without', '', 'the mesh'], ...rows])}`;
}

function alertsText(alerts: readonly Alert[]): string {
  if (alerts.length === 0) return '\nno alerts\n';
  const lines = alerts.flatMap(({ severity, rule, why, cure, raisedMs }) => [
    `${severity === 'critical' ? colour.red(severity) : colour.yellow(severity)}  ${rule}: ${why} (since ${time(raisedMs)})\n`,
    `  ${cure}\n`,
  ]);
  return `\n${lines.join('')}`;
}

function historyText(history: readonly Alert[]): string {
  if (history.length === 0) return '';
  const rows = history
    .slice(-HISTORY_SHOWN)
    .toReversed()
    .map(({ rule, why, raisedMs, clearedMs }) => [
      rule,
      why,
      `${time(raisedMs)} to ${clearedMs === null ? 'now' : time(clearedMs)}`,
    ]);
  return `\n${tableText([['over', 'was', 'from'], ...rows])}`;
}

function deliveriesText(deliveries: HealthReport['deliveries']): string {
  if (deliveries.length === 0) return '';
  const rows = deliveries.map(({ to, delivered, waiting, givenUp, overflowed, trouble }) => [
    to,
    `${delivered} delivered, ${waiting} wait, ${givenUp + overflowed} given up${trouble === null ? '' : `; the last attempt failed: ${trouble}`}`,
  ]);
  return `\n${tableText([['alerts go to', ''], ...rows])}`;
}

/** The time of day where the command runs. */
function time(wallMs: number): string {
  return new Date(wallMs).toLocaleTimeString('en-GB');
}
